"""The document's endpoints, before and after any of its steps, each as something that a batch is sent to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from time import perf_counter_ns
from typing import Any

from cabanas import nlu
from cabanas.bootstrap import Service
from cabanas.domain.reservation import Channel, StayWish
from cabanas.settings import Settings
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.runners.errors import TargetNotReached
from cabanas_perf.runners.optimizations.holds import FreeStays
from cabanas_perf.workloads.before.nlu import BeforeNlu
from cabanas_perf.workloads.before.service import DocumentService, open_document_service
from cabanas_perf.workloads.messages import REFERENCE_DATE
from cabanas_perf.workloads.nlu import ACCOMMODATIONS
from cabanas_perf.workloads.webhook_input import (
    Delivery,
    make_guest_number,
    make_text_message,
    make_whatsapp_batch,
    sign_whatsapp_batch,
)
from cabanas_perf.workloads.webhook_sender import WebhookSender

BEFORE = "before"
SHIPPED = "as shipped"
"""The service as it is, whose parts differ from the document's in more than the nine."""
STEPS: Mapping[str, tuple[str, ...]] = {
    BEFORE: (),
    "O1-O3": ("O1", "O2", "O3"),
    "O1-O6": ("O1", "O2", "O3", "O4", "O5", "O6"),
    "O1-O9": ("O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9"),
}

Send = Callable[[Sequence[Any]], Awaitable[Sequence[int]]]
"""Sends a batch; answers with each request's latency in nanoseconds."""


class NotAnswered(TargetNotReached):
    """A request failed that nothing should have hindered; the text says how."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint by its steps. ``draw`` makes a batch that every step is sent."""

    name: str
    draw: Callable[[int], Sequence[Any]]
    steps: Mapping[str, Send]


@asynccontextmanager
async def open_document_steps(settings: Settings) -> AsyncIterator[Mapping[str, DocumentService]]:
    """The document's service at each of its steps, for the block."""
    async with AsyncExitStack() as stack:
        yield {
            step: await stack.enter_async_context(open_document_service(settings, applied))
            for step, applied in STEPS.items()
        }


def hold_endpoint(services: Mapping[str, DocumentService], shipped: Service, free_stays: FreeStays) -> Endpoint:
    """Pre-reservations, all of a batch at once, of nights that are free again for every step."""

    async def hold_as_shipped(wish: StayWish) -> object:
        return await shipped.hold_stay(replace(wish, channel=Channel.WHATSAPP))

    def sending(hold: Callable[[StayWish], Awaitable[object]]) -> Send:
        async def send(batch: Sequence[StayWish]) -> Sequence[int]:
            await free_stays.free()
            return await asyncio.gather(*(_time(hold(wish)) for wish in batch))

        return send

    steps = {step: sending(service.hold) for step, service in services.items()}
    return Endpoint("prereservation", free_stays.take, steps | {SHIPPED: sending(hold_as_shipped)})


@dataclass(slots=True)
class Guests:
    """Writes messages, each from a guest of its own, and remembers what has to be removed."""

    secret: str
    run_id: str
    marker: str
    numbers: count[int] = field(default_factory=count)
    senders: list[str] = field(default_factory=list)
    provider_ids: list[str] = field(default_factory=list)

    def write(self, text: str) -> Delivery:
        position = next(self.numbers)
        number, message_id = make_guest_number(position), f"wamid.{self.run_id}.ledger.{position}"
        self.senders.append(f"+{number}")
        self.provider_ids.append(message_id)
        message = make_text_message(number, message_id, text, int(time.time()))
        return sign_whatsapp_batch(make_whatsapp_batch([message], names={number: self.marker}), self.secret)


def webhook_endpoint(
    services: Mapping[str, DocumentService],
    shipped: WebhookSender,
    guests: Guests,
    draw: Callable[[int], Sequence[str]],
) -> Endpoint:
    """Guests' texts, all of a batch at once, until their replies were sent."""

    def sending(service: DocumentService) -> Send:
        async def send(batch: Sequence[str]) -> Sequence[int]:
            deliveries = [guests.write(text) for text in batch]
            return await asyncio.gather(*(_time(service.answer(delivery)) for delivery in deliveries))

        return send

    async def send_to_shipped(batch: Sequence[str]) -> Sequence[int]:
        deliveries = [guests.write(text) for text in batch]
        answers = await asyncio.gather(*(shipped.send(delivery) for delivery in deliveries))
        for answer in answers:
            if answer.outcome is not Outcome.OK:
                raise NotAnswered(f"a webhook message ended as {answer.outcome.value}, {answer.kind}")
        return [answer.latency_ns for answer in answers if answer.latency_ns is not None]

    steps = {step: sending(service) for step, service in services.items()}
    return Endpoint("webhook-text", draw, steps | {SHIPPED: send_to_shipped})


def nlu_endpoint(services: Mapping[str, BeforeNlu], draw: Callable[[int], Sequence[str]]) -> Endpoint:
    """Messages read, one after the other; the optimisations from O4 on have no part in it."""

    def sending(read: Callable[[str], object]) -> Send:
        async def send(batch: Sequence[str]) -> Sequence[int]:
            return [_time_call(read, text) for text in batch]

        return send

    def reading(service: BeforeNlu) -> Callable[[str], object]:
        return lambda text: service.analyze(text, reference_date=REFERENCE_DATE)

    def read_as_shipped(text: str) -> object:
        return nlu.analyze(text, reference_date=REFERENCE_DATE, accommodations=ACCOMMODATIONS)

    steps = {step: sending(reading(service)) for step, service in services.items()}
    return Endpoint("nlu", draw, steps | {SHIPPED: sending(read_as_shipped)})


async def _time(awaitable: Awaitable[object]) -> int:
    started_ns = perf_counter_ns()
    await awaitable
    return perf_counter_ns() - started_ns


def _time_call(call: Callable[[str], object], text: str) -> int:
    started_ns = perf_counter_ns()
    call(text)
    return perf_counter_ns() - started_ns
