"""O8 and O9: small pools and large ones, by how many want a connection at once.

Both Redis pools wait for a free connection. The client library's plain pool raises at its limit instead, so that with
it a small pool is no slower: it fails.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from statistics import mean
from typing import Any

from cabanas.db.pool import Database, open_database
from cabanas.redis.lock import CabinLocks, LockOutcome
from cabanas.redis.pool import open_redis
from cabanas.settings import Settings
from cabanas_perf.runners.optimizations.bench import AtOnce, Bench, Condition, Measured
from cabanas_perf.runners.pairs import Timer
from cabanas_perf.workloads.before.service import LARGE_DATABASE_POOL, LARGE_REDIS_POOL, SMALL_POOLS, with_pings

_AT_ONCE = (5, 25, 100)
"""The most is the document's full load test, all of whose users want a connection in the same instant."""
_PAIRS = 30
_PATIENCE_S = 10.0
"""Nobody is to give up waiting for a connection: what is compared is how long the wait is."""

_QUERY = """
SELECT id FROM reservations
WHERE accommodation_id = $1 AND period && daterange(current_date, current_date + 3, '[)')
  AND reservation_status IN ('pre_reserved', 'confirmed')
"""


async def measure_redis_pool(bench: Bench, settings: Settings) -> Measured:
    """O8. The time of one lock, of many that are taken and released at once, each on a cabin of its own."""
    patient = settings.model_copy(update={"redis_timeout_s": _PATIENCE_S})
    async with AsyncExitStack() as stack:
        sides = [
            AtOnce(await _open_locks(stack, patient.model_copy(update=pool)), mean)
            for pool in (SMALL_POOLS, LARGE_REDIS_POOL)
        ]
        points = [
            await bench.compare(_at_once(count), *sides, draw=_draw(count), pairs=_PAIRS, timer=Timer.WALL)
            for count in _AT_ONCE
        ]
    notes = (
        "both pools wait; a plain one raises at its limit",
        "one process works through them all: a few at a time, the first are done early; all at once, all are late",
    )
    return Measured(tuple(points), points[-1].condition, notes=notes)


async def _open_locks(stack: AsyncExitStack, settings: Settings) -> Callable[[int], Any]:
    assert settings.redis_url is not None
    client = await stack.enter_async_context(open_redis(settings, settings.redis_url))
    prefix = f"{settings.redis_prefix}ledger:"
    locks = CabinLocks(client, prefix=prefix, ttl_s=settings.lock_ttl_s, wait_s=settings.lock_wait_s)

    async def take_and_release(cabin_id: int) -> LockOutcome:
        async with locks.around(cabin_id) as lock:
            return lock.outcome

    return take_and_release


async def measure_database_pool(bench: Bench, settings: Settings) -> Measured:
    """O9. The time of one query, of many at once: the larger pool alone, the ping alone, and both as proposed."""
    assert settings.database_url is not None
    patient = settings.model_copy(update={"database_pool_timeout_s": _PATIENCE_S})
    async with AsyncExitStack() as stack:
        small, large = [
            await stack.enter_async_context(open_database(patient.model_copy(update=pool), settings.database_url))
            for pool in (SMALL_POOLS, LARGE_DATABASE_POOL)
        ]
        fewest, most = _AT_ONCE[0], _AT_ONCE[-1]
        points = [
            await bench.compare(
                condition,
                AtOnce(_querying(small), mean),
                AtOnce(_querying(after), mean),
                draw=_draw(count),
                pairs=_PAIRS,
                timer=Timer.WALL,
            )
            for condition, after, count in (
                *((_at_once(count, "larger pool alone, "), large, count) for count in _AT_ONCE),
                (Condition(f"ping alone, {fewest} at once"), with_pings(small), fewest),
                (Condition(f"both, {most} at once"), with_pings(large), most),
            )
        ]
    return Measured(tuple(points), points[-1].condition)


def _querying(database: Database) -> Callable[[int], Any]:
    async def query(accommodation_id: int) -> list[int]:
        async with database.connect() as connection:
            return [row["id"] for row in await connection.fetch(_QUERY, accommodation_id)]

    return query


def _at_once(count: int, start: str = "") -> Condition:
    return Condition(f"{start}{count} at once", float(count))


def _draw(count: int) -> Callable[[], Sequence[Sequence[int]]]:
    """Groups of so many requests; together about as many for each size, so that turns take about as long."""
    numbers = itertools.count(1)
    groups = max(1, _AT_ONCE[-1] // count)
    return lambda: [[next(numbers) for _ in range(count)] for _ in range(groups)]
