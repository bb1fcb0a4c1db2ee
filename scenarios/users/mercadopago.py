"""Mercado Pago's servers, telling that something about a payment has changed.

CABANAS_MERCADOPAGO_SECRET=... locust -f scenarios/users/mercadopago.py --headless -u 1 -t 1m --host ...
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

from locust import FastHttpUser, between, tag, task

from cabanas_perf.load import user_classes  # noqa: F401 - adds --user-classes
from cabanas_perf.load.client_settings import MERCADOPAGO_SECRET_VARIABLE, choose_payment_id, make_id, read_secret
from cabanas_perf.load.signing import sign_as_mercadopago


class MercadoPagoWebhookUser(FastHttpUser):
    wait_time = between(3, 7)
    weight = 10
    network_timeout = connection_timeout = 10.0

    def on_start(self) -> None:
        self.secret = read_secret(MERCADOPAGO_SECRET_VARIABLE)

    @tag("webhook-payment")
    @task
    def notify(self) -> None:
        payment_id, request_id = choose_payment_id(random), make_id()
        signature = sign_as_mercadopago(
            self.secret, data_id=payment_id, request_id=request_id, timestamp_ms=time.time_ns() // 1_000_000
        )
        self.client.post(
            f"/api/v1/webhooks/mercadopago?data.id={payment_id}&type=payment",
            json={
                "id": random.randrange(10**9, 10**10),
                "live_mode": False,
                "type": "payment",
                "date_created": datetime.now(UTC).isoformat(),
                "user_id": 44444,
                "api_version": "v1",
                "action": "payment.updated",
                "data": {"id": payment_id},
            },
            headers={"x-signature": signature, "x-request-id": request_id},
            name="webhook-payment",
        )
