"""A deposit that was paid: the notification acknowledged at once, and the guest told that the stay is confirmed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit

import httpx
import orjson

from cabanas.db.pool import Database
from cabanas.services.inbox import Source
from cabanas_perf.measurement.stages import Estimate
from cabanas_perf.workloads.base import Need, PureWorkload, Reply, Workload, WorkloadContext, WorkloadSpec
from cabanas_perf.workloads.prereservation import run_marker
from cabanas_perf.workloads.webhook_input import Delivery, make_guest_number, make_payment, make_payment_notification
from cabanas_perf.workloads.webhook_replies import remove_messages
from cabanas_perf.workloads.webhook_sender import WebhookSender, open_webhook_sender

_DEPOSIT = "30000.00"

# A cabin of the run's own, which nobody is offered: stays of one night, one after the other, each held and unpaid.
_ADD_CABIN = """
INSERT INTO accommodations (name, capacity, base_price, active) VALUES ($1, 2, 100000, false) RETURNING id
"""
_ADD_HOLDS = """
INSERT INTO reservations (
    code, accommodation_id, check_in, check_out, guests, total_price, deposit_amount, reservation_status, channel,
    contact_name, contact_phone, expires_at
)
SELECT h.code, $1, current_date + h.position::integer, current_date + h.position::integer + 1, 1, 100000, $4,
       'pre_reserved', 'whatsapp', $5, h.phone, now() + interval '1 day'
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS h (code, phone, position)
"""
_REMOVE = (
    "DELETE FROM payments p USING reservations r WHERE r.id = p.reservation_id AND r.accommodation_id = $1",
    "DELETE FROM reservations WHERE accommodation_id = $1",
    "DELETE FROM accommodations WHERE id = $1",
)


class WebhookPayment:
    """One notification for each held stay, whose payment the provider says is approved."""

    def __init__(self, sender: WebhookSender, first_payment_id: int) -> None:
        secret = sender.settings.mercadopago_secret
        self._sender = sender
        # Without the service's secret it refuses every delivery, and that is what the report then says.
        self._secret = secret.get_secret_value() if secret else "unknown"
        self._first_payment_id = first_payment_id
        self._drawn = 0
        self.provider_ids: list[str] = []

    def draw(self, count: int) -> Sequence[Delivery]:
        return [self._make() for _ in range(count)]

    def _make(self) -> Delivery:
        payment_id = str(self._first_payment_id + self._drawn)
        delivery = make_payment_notification(
            payment_id,
            self._secret,
            request_id=f"request-{payment_id}",
            timestamp_ms=round(time.time() * 1000),
        )
        self._drawn += 1
        self.provider_ids.append(delivery.provider_id)
        return delivery

    async def send(self, request: Delivery) -> Reply:
        # The stays are the workload's own and gone with it: nothing that an audit could look for.
        return replace(await self._sender.send(request), reference=None)


@asynccontextmanager
async def _open(context: WorkloadContext) -> AsyncIterator[Workload | PureWorkload]:
    async with open_webhook_sender(context, Source.MERCADOPAGO) as sender:
        count = context.total_requests
        # Short enough for a code, and different for each pass of each run.
        tag = f"{time.time_ns():X}"
        codes = [f"RES{tag}X{position:X}" for position in range(count)]
        phones = [f"+{make_guest_number(position)}" for position in range(count)]
        first_payment_id = time.time_ns()
        async with _held_stays(sender.database, run_marker(context.run_id), tag, codes, phones):
            await _tell_stub(sender, codes, first_payment_id)
            workload = WebhookPayment(sender, first_payment_id)
            try:
                yield workload
            finally:
                await remove_messages(sender.database, senders=phones, provider_ids=workload.provider_ids)


@asynccontextmanager
async def _held_stays(
    database: Database, marker: str, tag: str, codes: Sequence[str], phones: Sequence[str]
) -> AsyncIterator[None]:
    """Stays that are held for the block. The contact's name is not the marker alone: nobody was promised these."""
    async with database.connect() as connection, connection.transaction():
        cabin = await connection.fetchval(_ADD_CABIN, f"{marker} {tag}")
        await connection.execute(_ADD_HOLDS, cabin, codes, phones, Decimal(_DEPOSIT), f"{marker} payments")
    try:
        yield
    finally:
        async with database.connect() as connection, connection.transaction():
            for statement in _REMOVE:
                await connection.execute(statement, cabin)


async def _tell_stub(sender: WebhookSender, codes: Sequence[str], first_payment_id: int) -> None:
    """Let the stand-in for the provider know the payments."""
    address = urlsplit(sender.settings.mercadopago_base_url)
    async with httpx.AsyncClient(base_url=f"{address.scheme}://{address.netloc}", trust_env=False) as client:
        for position, code in enumerate(codes):
            body = orjson.dumps(make_payment(code, _DEPOSIT))
            answer = await client.put(f"/_payments/{first_payment_id + position}", content=body)
            answer.raise_for_status()


SPEC = WorkloadSpec(
    name="webhook-payment",
    title="Mercado Pago payment",
    open=_open,
    default_requests=100,
    default_concurrency=8,  # most of a request is the provider answering
    needs=frozenset({Need.POSTGRES, Need.REDIS}),
    writes=True,
    estimates={
        "verify_signature": Estimate(20, 30),
        "parse_payload": Estimate(10, 10),
        "format_response": Estimate(50, 50),
        "send": Estimate(400, 800),
    },
)
