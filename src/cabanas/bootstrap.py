"""The one place that wires the service together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from cabanas.db.pool import Database, open_database
from cabanas.redis.lock import CabinLocks
from cabanas.redis.pool import open_redis
from cabanas.services.browse import Browse
from cabanas.services.health import CheckHealth
from cabanas.services.hold_stay import HoldPolicy, HoldStay
from cabanas.services.housekeeping import Housekeeping
from cabanas.services.settle_reservation import SettleReservation
from cabanas.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """Every use case, ready to be called, and the connections behind them."""

    settings: Settings
    database: Database
    redis: Redis
    locks: CabinLocks
    hold_stay: HoldStay
    settle: SettleReservation
    browse: Browse
    check_health: CheckHealth
    housekeeping: Housekeeping


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """The service for the block. Its pools connect on demand and are closed at the end.

    Raises:
        ValueError: when a URL is missing or malformed.
    """
    if settings.database_url is None or settings.redis_url is None:
        msg = "DATABASE_URL and REDIS_URL must both be set"
        raise ValueError(msg)
    async with (
        open_database(settings, settings.database_url) as database,
        open_redis(settings, settings.redis_url) as redis,
    ):
        locks = CabinLocks(
            redis,
            prefix=settings.redis_prefix,
            ttl_s=settings.lock_ttl_s,
            wait_s=settings.lock_wait_s,
            enabled=settings.lock_enabled,
        )
        policy = HoldPolicy(
            duration=settings.hold_duration,
            limits=settings.stay_limits,
            weekend_nights=settings.weekend_nights,
        )
        yield Service(
            settings=settings,
            database=database,
            redis=redis,
            locks=locks,
            hold_stay=HoldStay(database, locks, policy),
            settle=SettleReservation(database),
            browse=Browse(database),
            check_health=CheckHealth(database, redis),
            housekeeping=Housekeeping(database, timedelta(seconds=settings.idempotency_ttl_s)),
        )
