"""A guest's text message: acknowledged at once, and the reply sent."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from cabanas.services.inbox import Source
from cabanas_perf.measurement.stages import Estimate
from cabanas_perf.workloads.base import Need, PureWorkload, Reply, Workload, WorkloadContext, WorkloadSpec
from cabanas_perf.workloads.messages import Message, message_stream
from cabanas_perf.workloads.prereservation import run_marker
from cabanas_perf.workloads.webhook_input import (
    Delivery,
    make_guest_number,
    make_text_message,
    make_whatsapp_batch,
    sign_whatsapp_batch,
)
from cabanas_perf.workloads.webhook_replies import remove_messages
from cabanas_perf.workloads.webhook_sender import WebhookSender, open_webhook_sender


class WebhookText:
    """Messages of guests who write for the first time, each with a number of its own."""

    def __init__(self, sender: WebhookSender, context: WorkloadContext) -> None:
        secret = sender.settings.whatsapp_app_secret
        self._sender = sender
        # Without the service's secret it refuses every delivery, and that is what the report then says.
        self._secret = secret.get_secret_value() if secret else "unknown"
        self._name = run_marker(context.run_id)
        self._prefix = f"wamid.{context.run_id}.{context.seed}"
        self._messages: Iterator[Message] = message_stream(
            context.seed, context.total_requests, distinct=context.distinct
        )
        self._drawn = 0
        self.provider_ids: list[str] = []

    @property
    def senders(self) -> list[str]:
        """The numbers that were used, in E.164 form."""
        return [f"+{make_guest_number(position)}" for position in range(self._drawn)]

    def draw(self, count: int) -> Sequence[Delivery]:
        return [self._make() for _ in range(count)]

    def _make(self) -> Delivery:
        number = make_guest_number(self._drawn)
        message_id = f"{self._prefix}.{self._drawn}"
        self._drawn += 1
        self.provider_ids.append(message_id)
        message = make_text_message(number, message_id, next(self._messages).text, int(time.time()))
        return sign_whatsapp_batch(make_whatsapp_batch([message], names={number: self._name}), self._secret)

    async def send(self, request: Delivery) -> Reply:
        return await self._sender.send(request)


@asynccontextmanager
async def _open(context: WorkloadContext) -> AsyncIterator[Workload | PureWorkload]:
    async with open_webhook_sender(context, Source.WHATSAPP) as sender:
        workload = WebhookText(sender, context)
        try:
            yield workload
        finally:
            await remove_messages(sender.database, senders=workload.senders, provider_ids=workload.provider_ids)


SPEC = WorkloadSpec(
    name="webhook-text",
    title="WhatsApp text",
    open=_open,
    default_requests=100,
    needs=frozenset({Need.POSTGRES, Need.REDIS}),
    writes=True,
    estimates={
        "verify_signature": Estimate(20, 30),
        "parse_payload": Estimate(10, 10),
        "nlu": Estimate(100, 200),
        "context_query": Estimate(50, 100),
        "format_response": Estimate(50, 50),
        "send": Estimate(400, 800),
    },
)
