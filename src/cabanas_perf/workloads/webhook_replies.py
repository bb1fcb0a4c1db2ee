"""Waiting for the answer to a webhook, and timing it by the service's own inbox and outbox."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

import asyncpg

from cabanas.db.pool import Database, DatabaseUnavailable, open_database
from cabanas.db.statements import load_statement
from cabanas.services.inbox import Source
from cabanas.stages import Recording, StageSpan
from cabanas.worker import Queue, Work
from cabanas_perf.measurement.stages import Trace
from cabanas_perf.workloads.base import CannotRun, WorkloadContext

_POLL_S = 0.02
# With a worker in this process there is news; asking all the time would be work counted as the service's.
_POLL_WITH_NEWS_S = 0.5


class RepliesOutOfSight(CannotRun):
    """The service's database cannot be asked, and only it knows when replies were sent."""


@dataclass(frozen=True, slots=True)
class SentReply:
    """The answer to an event: sent ``latency_ns`` after the event was received, both by the database's clock."""

    latency_ns: int
    inbox_id: int
    outbox_id: int
    reservation_code: str | None


class ReplyFailed(Exception):
    """The service gave up on the event, or on its answer."""


@dataclass(frozen=True, slots=True)
class ReplyTimes:
    """Asks a service's database for the times of answers."""

    database: Database
    source: Source

    async def wait_for(self, provider_id: str, *, timeout_s: float, news: asyncio.Event | None = None) -> SentReply:
        """The answer to the event, once it was sent. ``news`` is set whenever it may be worth asking again.

        Raises:
            TimeoutError: it was not sent within ``timeout_s``.
            ReplyFailed: it never will be.
        """
        give_up_at = perf_counter() + timeout_s
        while True:
            if news is not None:
                news.clear()
            row = await self._read(provider_id)
            if row is not None and row["sent_at"] is not None:
                return SentReply(
                    _nanoseconds_between(row["received_at"], row["sent_at"]),
                    row["inbox_id"],
                    row["outbox_id"],
                    row["code"],
                )
            if row is not None and row["failed_at"] is not None:
                raise ReplyFailed
            if perf_counter() >= give_up_at:
                raise TimeoutError
            await _wait(news)

    async def _read(self, provider_id: str) -> asyncpg.Record | None:
        async with self.database.connect() as connection:
            return await connection.fetchrow(load_statement("read_reply_times"), self.source, [provider_id])


class WorkerAttempts:
    """Collects what the workers of this process tell of each event and of each answer."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self._attempts: defaultdict[tuple[Queue, int], list[Work]] = defaultdict(list)

    def __call__(self, work: Work) -> None:
        self._attempts[work.queue, work.row_id].append(work)
        if work.queue is Queue.OUTBOX:
            self.news.set()

    def take(self, reply: SentReply) -> list[Work]:
        """The attempts behind an answer, in the order in which they were made, which are forgotten here."""
        event = self._attempts.pop((Queue.INBOX, reply.inbox_id), [])
        return event + self._attempts.pop((Queue.OUTBOX, reply.outbox_id), [])


def trace_reply(accepted: Recording, started_ns: int, acknowledged_ns: int, attempts: Sequence[Work]) -> Trace:
    """A request from its delivery, at `started_ns`, to the note that its answer was sent.

    Before an attempt the row lay in its queue until the worker heard of it and took it: the stages `inbox_wait` and
    `outbox_wait`.
    """
    spans, calls, running = list(accepted.spans), list(accepted.calls or ()), list(accepted.running or ())
    reached_ns = acknowledged_ns
    for work in attempts:
        spans.append(StageSpan(f"{work.queue}_wait", min(reached_ns, work.started_ns), work.started_ns))
        spans += work.recording.spans
        calls += work.recording.calls or ()
        running += work.recording.running or ()
        reached_ns = work.ended_ns
    return Trace(started_ns, reached_ns, spans, calls, running)


@asynccontextmanager
async def open_reply_times(context: WorkloadContext, source: Source) -> AsyncIterator[ReplyTimes]:
    """For a service behind HTTP, whose database the settings name.

    Raises:
        RepliesOutOfSight: when they name none, or it does not answer.
    """
    url = context.settings.database_url
    if url is None:
        raise RepliesOutOfSight("the reply is timed by the service's database; name it with DATABASE_URL")
    async with open_database(context.settings, url) as database:
        try:
            async with database.connect() as connection:
                await connection.fetch(load_statement("read_reply_times"), source, [])
        except (DatabaseUnavailable, asyncpg.PostgresError) as error:
            raise RepliesOutOfSight(f"the service's database cannot be asked ({type(error).__name__})") from error
        yield ReplyTimes(database, source)


async def remove_messages(database: Database, *, senders: Sequence[str], provider_ids: Sequence[str]) -> None:
    """Remove what events left, but for reservations and payments."""
    async with database.connect() as connection:
        await connection.execute("DELETE FROM outbox WHERE recipient = ANY ($1::text[])", senders)
        await connection.execute("DELETE FROM conversations WHERE contact = ANY ($1::text[])", senders)
        await connection.execute("DELETE FROM inbox WHERE provider_id = ANY ($1::text[])", provider_ids)


def _nanoseconds_between(start: datetime, end: datetime) -> int:
    """Exact: the database's clock has microseconds."""
    between = end - start
    return ((between.days * 86_400 + between.seconds) * 1_000_000 + between.microseconds) * 1000


async def _wait(news: asyncio.Event | None) -> None:
    if news is None:
        await asyncio.sleep(_POLL_S)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(_POLL_WITH_NEWS_S):
            await news.wait()
