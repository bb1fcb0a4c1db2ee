"""Verifying who sent a webhook, over the bytes of real deliveries.

pytest benchmarks/test_signatures.py
"""

import pytest

from cabanas.api.signatures import verify_mercadopago, verify_whatsapp
from cabanas_perf.workloads.webhook_input import (
    make_payment_notification,
    make_text_message,
    make_whatsapp_batch,
    sign_whatsapp_batch,
)

SECRET = "0123456789abcdef"


@pytest.mark.parametrize("messages", [1, 50])
def test_whatsapp(benchmark, messages):
    batch = make_whatsapp_batch(
        [make_text_message("5491155500123", f"wamid.{number}", "Hola! Tenés lugar?", 1) for number in range(messages)]
    )
    delivery = sign_whatsapp_batch(batch, SECRET)
    benchmark(verify_whatsapp, SECRET, delivery.body, delivery.headers["x-hub-signature-256"])


def test_mercadopago(benchmark):
    delivery = make_payment_notification("123456", SECRET, request_id="request-1", timestamp_ms=1_760_000_000_000)
    benchmark(
        verify_mercadopago,
        SECRET,
        data_id="123456",
        request_id="request-1",
        signature=delivery.headers["x-signature"],
    )
