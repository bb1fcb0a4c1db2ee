"""The worker: takes what waits in the inbox and the outbox, works on it, and tries again what failed.

Several may run at once, inside the API's processes or in their own. Each takes rows with FOR UPDATE SKIP LOCKED for a
limited time, so that none is worked on twice and those of a worker that died come back. NOTIFY wakes them; a slow
poll finds what nobody announced: retries that are due, and the rows of the dead.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import perf_counter_ns

import asyncpg

from cabanas.audio import AudioError
from cabanas.bootstrap import Service
from cabanas.clients.errors import ProviderRefused, ProviderUnavailable
from cabanas.clients.whatsapp import WhatsAppClient
from cabanas.db.listen import open_listener
from cabanas.db.pool import DatabaseUnavailable
from cabanas.db.statements import load_statement
from cabanas.metrics import observe_work
from cabanas.services import replies
from cabanas.services.inbox import EventKind, Source
from cabanas.services.send_outbox import SendOutbox
from cabanas.settings import BUSINESS_TIME_ZONE, Settings
from cabanas.stages import Recording

logger = logging.getLogger(__name__)

_JITTER_RATIO = 0.2
_RECONNECT_S = 1.0


class Queue(StrEnum):
    INBOX = "inbox"
    OUTBOX = "outbox"


class WorkOutcome(StrEnum):
    DONE = "done"
    POSTPONED = "postponed"
    FAILED = "failed"
    LEFT = "left"
    """Not even its failure could be written down; its time runs out and it comes back."""


@dataclass(frozen=True, slots=True)
class Work:
    """One attempt at one row, as a listener is told of it."""

    queue: Queue
    row_id: int
    outcome: WorkOutcome
    recording: Recording
    started_ns: int
    """By `time.perf_counter_ns`, as `ended_ns`."""
    ended_ns: int


OnWork = Callable[[Work], None]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of work: how to take rows, how to work on one, how to put it back or give it up."""

    queue: Queue
    kinds: frozenset[str]
    """What new work for this line is announced as, besides as anything at all."""
    slots: int
    max_attempts: int
    claim: Callable[[int], Awaitable[Sequence[asyncpg.Record]]]
    work: Callable[[asyncpg.Record], Awaitable[None]]
    postpone: Callable[[asyncpg.Record, timedelta, str], Awaitable[None]]
    give_up: Callable[[asyncpg.Record, str], Awaitable[None]]
    wake: asyncio.Event

    @property
    def channel(self) -> str:
        return f"cabanas_{self.queue}"


class Worker:
    """Works until it is cancelled. ``on_work`` is called after each attempt, in the worker's own event loop."""

    def __init__(self, service: Service, *, on_work: OnWork | None = None) -> None:
        self._service = service
        self._on_work = on_work
        self._lines = _build_lines(service)

    async def run(self) -> None:
        """Work through both queues; on cancellation take no more, and finish what is in hand within the grace time."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            for line in self._lines:
                group.create_task(self._run_line(line))

    async def _listen(self) -> None:
        """Keep a connection open that is told of new work; without it the poll goes on alone."""
        url = self._service.settings.database_url
        assert url is not None
        while True:
            lost = asyncio.Event()
            try:
                async with open_listener(url, sorted({line.channel for line in self._lines}), self._notified, lost.set):
                    for line in self._lines:
                        line.wake.set()  # what was announced while nobody listened
                    await lost.wait()
            except DatabaseUnavailable as error:
                logger.warning("worker_not_listening", extra={"reason": str(error)})
            except Exception:  # the poll goes on without
                logger.exception("worker_not_listening")
            await asyncio.sleep(_RECONNECT_S)

    def _notified(self, channel: str, kind: str) -> None:
        for line in self._lines:
            if channel == line.channel and (not kind or kind in line.kinds):
                line.wake.set()

    async def _run_line(self, line: Line) -> None:
        wake = line.wake
        poll_s = self._service.settings.worker_poll_s
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                wake.clear()
                claimed = await self._claim(line, line.slots - len(running))
                for row in claimed:
                    task = asyncio.create_task(self._attempt(line, row))
                    running.add(task)
                    task.add_done_callback(running.discard)
                    # Work that is done frees a slot, and may let the next row of its lane go ahead.
                    task.add_done_callback(lambda _: wake.set())
                if not claimed:
                    # Not wait_for, which until Python 3.12 loses a cancellation that meets the event.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(poll_s):
                            await wake.wait()
                elif len(running) >= line.slots:
                    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if running:
                # What is in hand may finish; what does not comes back when its time is over.
                _, left = await asyncio.wait(running, timeout=self._service.settings.shutdown_grace_s / 2)
                for task in left:
                    task.cancel()
                await asyncio.gather(*left, return_exceptions=True)

    async def _claim(self, line: Line, free: int) -> Sequence[asyncpg.Record]:
        if free <= 0:
            return ()
        try:
            return await line.claim(free)
        except DatabaseUnavailable as error:
            logger.warning("worker_cannot_claim", extra={"queue": line.queue, "reason": str(error)})
        except Exception:  # a line that ended would leave its guests without an answer
            logger.exception("worker_cannot_claim", extra={"queue": line.queue})
        return ()

    async def _attempt(self, line: Line, row: asyncpg.Record) -> None:
        started_ns = perf_counter_ns()
        with Recording() if self._on_work is None else Recording.in_detail() as recording:
            try:
                await line.work(row)
                outcome = WorkOutcome.DONE
            except Exception as error:  # noqa: BLE001 - whatever it is, the row is tried again and others go on
                outcome = await self._handle_failure(line, row, error)
        observe_work(line.queue, outcome, recording)
        if self._on_work is not None:
            self._on_work(Work(line.queue, row["id"], outcome, recording, started_ns, perf_counter_ns()))

    async def _handle_failure(self, line: Line, row: asyncpg.Record, error: Exception) -> WorkOutcome:
        reason = describe_failure(error)
        for_good = isinstance(error, ProviderRefused) or row["attempts"] >= line.max_attempts
        expected = isinstance(error, ProviderRefused | ProviderUnavailable | DatabaseUnavailable | AudioError)
        logger.log(
            logging.ERROR if for_good else logging.WARNING,
            "work_failed",
            extra={"queue": line.queue, "row": row["id"], "attempt": row["attempts"], "reason": reason},
            exc_info=None if expected else error,
        )
        try:
            if for_good:
                await line.give_up(row, reason)
                return WorkOutcome.FAILED
            settings = self._service.settings
            pause_s = backoff_s(row["attempts"], settings, asked_s=getattr(error, "retry_after_s", None))
            await line.postpone(row, timedelta(seconds=pause_s), reason)
        except Exception:
            logger.exception("work_left", extra={"queue": line.queue, "row": row["id"]})
            return WorkOutcome.LEFT
        return WorkOutcome.POSTPONED


def backoff_s(attempt: int, settings: Settings, *, asked_s: float | None = None) -> float:
    """Seconds before the next attempt after ``attempt`` (from 1) failed: doubling, capped, spread a little.

    What the provider asked for counts where it is longer, up to the cap.
    """
    pause_s = min(settings.retry_max_s, settings.retry_base_s * 2.0 ** min(attempt - 1, 60))
    pause_s *= 1 + random.uniform(-_JITTER_RATIO, _JITTER_RATIO)  # noqa: S311 - jitter, no secret
    return max(pause_s, min(asked_s or 0.0, settings.retry_max_s))


def describe_failure(error: Exception) -> str:
    """What is kept of an error: our own words, and of others only the kind, for they can carry personal data."""
    if isinstance(error, ProviderRefused | ProviderUnavailable | AudioError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


def _build_lines(service: Service) -> list[Line]:
    """The lines that this service can work on: without a provider's client, none of that provider's."""
    settings = service.settings
    lease_s = settings.worker_lease_s
    lines = []
    if service.mercadopago is not None:
        lines.append(_inbox_line(service, [EventKind.PAYMENT], settings.payment_concurrency, lease_s))
    if service.whatsapp is None:
        return [*lines, _inbox_line(service, [EventKind.OTHER], settings.inbox_concurrency, lease_s)]
    return [
        *lines,
        _inbox_line(service, [EventKind.MESSAGE, EventKind.OTHER], settings.inbox_concurrency, lease_s),
        _inbox_line(service, [EventKind.VOICE_NOTE], settings.voice_concurrency, settings.voice_lease_s),
        _outbox_line(service, service.whatsapp),
    ]


def _inbox_line(service: Service, kinds: Sequence[EventKind], slots: int, lease_s: float) -> Line:
    database, lease = service.database, timedelta(seconds=lease_s)

    async def claim(count: int) -> Sequence[asyncpg.Record]:
        async with database.connect() as connection:
            return await connection.fetch(load_statement("claim_inbox"), kinds, count, lease)

    async def work(event: asyncpg.Record) -> None:
        match EventKind(event["kind"]):
            case EventKind.MESSAGE | EventKind.VOICE_NOTE:
                await service.handle_message(event)
            case EventKind.PAYMENT:
                await service.handle_payment(event)
            case EventKind.OTHER | EventKind.STATUS:  # kept for the record
                async with database.connect() as connection:
                    await connection.execute(load_statement("finish_event"), event["id"])

    async def postpone(event: asyncpg.Record, pause: timedelta, reason: str) -> None:
        async with database.connect() as connection:
            await connection.execute(load_statement("postpone_inbox"), event["id"], pause, reason)

    async def give_up(event: asyncpg.Record, reason: str) -> None:
        guest = event["lane"] if event["source"] == Source.WHATSAPP else None
        async with database.connect() as connection:
            await connection.execute(load_statement("fail_inbox"), event["id"], reason, guest, replies.APOLOGY)

    return Line(
        queue=Queue.INBOX,
        kinds=frozenset(kinds),
        slots=slots,
        max_attempts=service.settings.inbox_max_attempts,
        claim=claim,
        work=work,
        postpone=postpone,
        give_up=give_up,
        wake=asyncio.Event(),
    )


def _outbox_line(service: Service, client: WhatsAppClient) -> Line:
    database, settings = service.database, service.settings
    lease = timedelta(seconds=settings.worker_lease_s)

    async def claim(count: int) -> Sequence[asyncpg.Record]:
        async with database.connect() as connection:
            return await connection.fetch(load_statement("claim_outbox"), count, lease, BUSINESS_TIME_ZONE)

    async def postpone(message: asyncpg.Record, pause: timedelta, reason: str) -> None:
        async with database.connect() as connection:
            await connection.execute(load_statement("postpone_outbox"), message["id"], pause, reason)

    async def give_up(message: asyncpg.Record, reason: str) -> None:
        async with database.connect() as connection:
            await connection.execute(load_statement("fail_outbox"), message["id"], reason)

    return Line(
        queue=Queue.OUTBOX,
        kinds=frozenset(),
        slots=settings.outbox_concurrency,
        max_attempts=settings.outbox_max_attempts,
        claim=claim,
        work=SendOutbox(database, client, settings.payment_link),
        postpone=postpone,
        give_up=give_up,
        wake=asyncio.Event(),
    )
