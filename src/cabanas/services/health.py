"""Is the service well? Each part is asked, none is waited for longer than a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum
from time import perf_counter

from redis.asyncio import Redis

from cabanas.db.pool import Database, DatabaseUnavailable
from cabanas.db.statements import load_statement
from cabanas.redis.pool import REDIS_FAILURES

_TIMEOUT_S = 1.0


class Health(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    """Working, more slowly or with less to hold on to: Redis is away."""
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Check:
    status: Health
    latency_ms: float
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """``down`` without PostgreSQL or without the constraint that keeps stays apart; ``degraded`` without Redis."""

    database: Check
    redis: Check

    @property
    def status(self) -> Health:
        if self.database.status is not Health.OK:
            return Health.DOWN
        return Health.OK if self.redis.status is Health.OK else Health.DEGRADED


@dataclass(frozen=True, slots=True)
class CheckHealth:
    database: Database
    redis: Redis

    async def __call__(self) -> HealthReport:
        database, redis = await asyncio.gather(_time_check(self._ask_database()), _time_check(self._ask_redis()))
        return HealthReport(database=database, redis=redis)

    async def _ask_database(self) -> str | None:
        async with self.database.connect() as connection:
            guarded = await connection.fetchval(load_statement("check_overlap_constraint"))
        return None if guarded else "the constraint no_overlap_reservations is missing; run the migrations"

    async def _ask_redis(self) -> str | None:
        await self.redis.ping()
        return None


async def _time_check(question: Awaitable[str | None]) -> Check:
    started = perf_counter()
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            detail = await question
    except (DatabaseUnavailable, *REDIS_FAILURES) as error:
        # The kind of failure only: messages of drivers carry host names and users.
        detail = f"no answer ({type(error.__cause__ or error).__name__})"
    latency_ms = (perf_counter() - started) * 1000
    return Check(Health.OK if detail is None else Health.DOWN, round(latency_ms, 3), detail)
