"""Who sent a webhook: signatures over exactly the bytes that came in. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

_META_PREFIX = "sha256="
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"\d{1,16}", re.ASCII)
# Mercado Pago writes milliseconds, its own example seconds; as seconds, this many would be the year 5138.
_FIRST_MILLISECONDS = 100_000_000_000


class BadSignature(Exception):
    """The request was not signed with our secret, or was changed on its way."""


def sign_whatsapp(secret: str, body: bytes) -> str:
    """The value of ``X-Hub-Signature-256`` for a body.

    Raises:
        ValueError: for an empty secret, with which everybody could sign.
    """
    return _META_PREFIX + _hmac_hex(secret, body)


def verify_whatsapp(secret: str, body: bytes, signature: str | None) -> None:
    """Pass a body that Meta signed.

    Raises:
        BadSignature, ValueError
    """
    expected = sign_whatsapp(secret, body)
    if signature is None or not hmac.compare_digest(signature.encode(), expected.encode()):
        raise BadSignature("X-Hub-Signature-256 does not match the body")


def verify_mercadopago(
    secret: str,
    *,
    data_id: str | None,
    request_id: str | None,
    signature: str | None,
    tolerance: timedelta | None = None,
    now: datetime | None = None,
) -> None:
    """Pass a notification that Mercado Pago signed; ``data_id`` is the query's ``data.id``.

    The provider's pages lower-case that id before signing, its libraries no longer do: either form may match. With a
    ``tolerance`` the signature may be at most that old, or ahead, at ``now``.

    Raises:
        BadSignature, ValueError
    """
    parts = dict(part.strip().partition("=")[::2] for part in (signature or "").split(","))
    timestamp, given = parts.get("ts", ""), parts.get("v1", "")
    if not _TIMESTAMP.fullmatch(timestamp) or not _DIGEST.fullmatch(given):
        raise BadSignature("x-signature must have ts and v1")
    forms = [data_id] if data_id is None or data_id == data_id.lower() else [data_id, data_id.lower()]
    matches = [hmac.compare_digest(given, _hmac_hex(secret, _manifest(form, request_id, timestamp))) for form in forms]
    if not any(matches):
        raise BadSignature("x-signature does not match the notification")
    if tolerance is not None and abs((now or datetime.now(UTC)) - _parse_timestamp(timestamp)) > tolerance:
        raise BadSignature("x-signature is too old")


def _manifest(data_id: str | None, request_id: str | None, timestamp: str) -> bytes:
    """What is signed; a part that is missing is left out whole."""
    parts = (("id", data_id), ("request-id", request_id), ("ts", timestamp))
    return "".join(f"{name}:{value};" for name, value in parts if value and value.strip()).encode(
        "utf-8", "surrogatepass"
    )


def _parse_timestamp(text: str) -> datetime:
    number = int(text)
    seconds = number / 1000 if number >= _FIRST_MILLISECONDS else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadSignature("ts is no time") from error


def _hmac_hex(secret: str, message: bytes) -> str:
    if not secret:
        raise ValueError("an empty secret signs nothing")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
