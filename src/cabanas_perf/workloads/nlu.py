"""Reading one guest's message."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice

from cabanas import nlu
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stages import Estimate
from cabanas_perf.workloads.base import PureWorkload, Reply, Via, Workload, WorkloadContext, WorkloadSpec
from cabanas_perf.workloads.http import HttpSender, open_http_sender
from cabanas_perf.workloads.messages import REFERENCE_DATE, message_stream

ACCOMMODATIONS = ("Cabaña del Bosque", "Cabaña del Lago", "Cabaña del Arroyo", "Cabaña de la Montaña")

_OK = Reply(Outcome.OK)
_FIELDS = ("intents", "check_in", "check_out", "nights", "guests", "accommodation")


class DirectNlu:
    """Calls `cabanas.nlu.analyze` in this process."""

    def __init__(self, messages: Iterator[str]) -> None:
        self._messages = messages

    def draw(self, count: int) -> Sequence[str]:
        return list(islice(self._messages, count))

    def call(self, request: str) -> Reply:
        self.answer(request)
        return _OK

    def answer(self, request: str) -> nlu.Analysis:
        return nlu.analyze(request, reference_date=REFERENCE_DATE, accommodations=ACCOMMODATIONS)

    def describe(self, answer: nlu.Analysis) -> dict[str, object]:
        return {name: getattr(answer, name, None) for name in _FIELDS}


class HttpNlu:
    """Posts messages to the service."""

    def __init__(self, messages: Iterator[str], sender: HttpSender) -> None:
        self._messages = messages
        self._sender = sender

    def draw(self, count: int) -> Sequence[dict[str, str]]:
        day = REFERENCE_DATE.isoformat()
        return [{"text": text, "reference_date": day} for text in islice(self._messages, count)]

    async def send(self, request: dict[str, str]) -> Reply:
        answer = await self._sender.post("/api/v1/nlu/analyze", request)
        return answer.to_reply(ok=200)


@asynccontextmanager
async def _open(context: WorkloadContext) -> AsyncIterator[Workload | PureWorkload]:
    stream = message_stream(context.seed, context.total_requests, distinct=context.distinct)
    messages = (message.text for message in stream)
    if context.via is Via.DIRECT:
        nlu.warm_up()
        yield DirectNlu(messages)
    else:
        async with open_http_sender(context) as sender:
            yield HttpNlu(messages, sender)


SPEC = WorkloadSpec(
    name="nlu",
    title="NLU analysis",
    open=_open,
    default_requests=1000,
    estimates={"nlu": Estimate(52, 133)},
)
