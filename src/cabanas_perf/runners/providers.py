"""What a service needs to take the stubs for its providers, and what the stubs are told for a load run."""

from __future__ import annotations

import secrets
import time

import httpx

from cabanas_perf.stubs import StubAddress
from cabanas_perf.workloads.webhook_input import make_payment

_TIMEOUT_S = 5.0


def provider_environment(stubs: StubAddress) -> dict[str, str]:
    """Settings of a service that takes the stubs for the providers, with secrets made for it."""
    return {
        "CABANAS_GRAPH_BASE_URL": stubs.graph_base_url,
        "CABANAS_MERCADOPAGO_BASE_URL": stubs.mercadopago_base_url,
        "CABANAS_WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "CABANAS_WHATSAPP_VERIFY_TOKEN": secrets.token_hex(16),
        "CABANAS_WHATSAPP_ACCESS_TOKEN": secrets.token_hex(16),
        "CABANAS_WHATSAPP_PHONE_NUMBER_ID": "0",
        "CABANAS_MERCADOPAGO_SECRET": secrets.token_hex(16),
        "CABANAS_MERCADOPAGO_ACCESS_TOKEN": secrets.token_hex(16),
    }


def register_payments(stubs: StubAddress, count: int) -> range:
    """Let the stub know payments that are still pending, for no reservation of ours; answers with their ids.

    A notification about a payment that the provider does not know is worked on again and again, which no real one
    asks for.
    """
    ids = range(first := time.time_ns(), first + count)
    with httpx.Client(base_url=stubs.url, timeout=_TIMEOUT_S, trust_env=False) as client:
        for payment_id in ids:
            body = make_payment("another-shop", "30000.00", status="pending")
            client.put(f"/_payments/{payment_id}", json=body).raise_for_status()
    return ids
