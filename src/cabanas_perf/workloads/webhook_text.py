"""A guest's text message: acknowledged at once, and the reply sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cabanas.services.inbox import Source
from cabanas_perf.measurement.stages import Estimate
from cabanas_perf.workloads.base import Need, PureWorkload, Workload, WorkloadContext, WorkloadSpec
from cabanas_perf.workloads.messages import message_stream
from cabanas_perf.workloads.webhook_guests import open_guest_messages
from cabanas_perf.workloads.webhook_sender import open_webhook_sender


@asynccontextmanager
async def _open(context: WorkloadContext) -> AsyncIterator[Workload | PureWorkload]:
    stream = message_stream(context.seed, context.total_requests, distinct=context.distinct)
    parts = ({"body": message.text} for message in stream)
    async with (
        open_webhook_sender(context, Source.WHATSAPP) as sender,
        open_guest_messages(sender, context, "text", parts) as workload,
    ):
        yield workload


SPEC = WorkloadSpec(
    name="webhook-text",
    title="WhatsApp text",
    open=_open,
    default_requests=100,
    default_concurrency=8,  # most of a request is the provider taking the reply
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
