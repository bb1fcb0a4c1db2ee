"""Signatures as the providers make them. Written apart from the service's own, so that each checks the other."""

from __future__ import annotations

import hashlib
import hmac


def sign_as_meta(secret: str, body: bytes) -> str:
    """The ``X-Hub-Signature-256`` that Meta sends with a webhook's body."""
    return f"sha256={_hmac_hex(secret, body)}"


def sign_as_mercadopago(secret: str, *, data_id: str, request_id: str, timestamp_ms: int) -> str:
    """The ``x-signature`` that Mercado Pago sends; `data_id` is the query's ``data.id``."""
    manifest = f"id:{data_id};request-id:{request_id};ts:{timestamp_ms};"
    return f"ts={timestamp_ms},v1={_hmac_hex(secret, manifest.encode())}"


def _hmac_hex(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
