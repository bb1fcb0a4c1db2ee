"""The per-cabin lock: it keeps holds on one cabin from contending in PostgreSQL, and decides nothing."""

from __future__ import annotations

import asyncio
import random
import secrets
from enum import StrEnum
from time import monotonic

from redis.asyncio import Redis

from cabanas.redis.pool import REDIS_FAILURES
from cabanas.stages import mark, stage

RELEASE_SCRIPT = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
"""

_POLL_S = 0.003
_PAUSE_AFTER_FAILURE_S = 1.0


class LockOutcome(StrEnum):
    """How an attempt to take the lock ended; the hold goes on in every case."""

    ACQUIRED = "acquired"
    TIMED_OUT = "timed_out"
    UNAVAILABLE = "unavailable"
    DISABLED = "disabled"


class CabinLocks:
    """Locks by accommodation: a random token, a time to live, a bounded wait, compare-and-delete on release.

    While Redis fails, attempts are skipped for a second at a time, so that its loss costs one hold in each second
    a timeout and the others nothing.
    """

    def __init__(self, client: Redis, *, prefix: str, ttl_s: float, wait_s: float, enabled: bool = True) -> None:
        self._client = client
        self._prefix = prefix
        self._ttl_ms = max(1, round(ttl_s * 1000))
        self._wait_s = wait_s
        self._enabled = enabled
        self._release = client.register_script(RELEASE_SCRIPT)
        self._skip_until = 0.0

    def around(self, accommodation_id: int) -> CabinLock:
        """An asynchronous context manager that holds the cabin's lock for its block, if it can be had."""
        return CabinLock(self, f"{self._prefix}lock:accommodation:{accommodation_id}")

    async def acquire(self, key: str, token: str) -> LockOutcome:
        if not self._enabled:
            return LockOutcome.DISABLED
        started = monotonic()
        if started < self._skip_until:
            return LockOutcome.UNAVAILABLE
        try:
            while not await self._client.set(key, token, nx=True, px=self._ttl_ms):
                left_s = started + self._wait_s - monotonic()
                if left_s <= 0:
                    return LockOutcome.TIMED_OUT
                await asyncio.sleep(min(left_s, _POLL_S * (0.5 + random.random())))  # noqa: S311 - jitter, no secret
        except REDIS_FAILURES:
            self._skip_until = monotonic() + _PAUSE_AFTER_FAILURE_S
            return LockOutcome.UNAVAILABLE
        except asyncio.CancelledError:
            # The server may have set it already: its answer was on the way.
            await asyncio.shield(self.release(key, token))
            raise
        return LockOutcome.ACQUIRED

    async def release(self, key: str, token: str) -> None:
        """Delete the lock if it is still ours. A failure leaves it to its time to live."""
        try:
            await self._release(keys=[key], args=[token])
        except REDIS_FAILURES:
            self._skip_until = monotonic() + _PAUSE_AFTER_FAILURE_S


class CabinLock:
    """One use of a cabin's lock, with its two stages."""

    __slots__ = ("_key", "_locks", "_token", "outcome")

    def __init__(self, locks: CabinLocks, key: str) -> None:
        self._locks = locks
        self._key = key
        self._token = secrets.token_hex(16)
        self.outcome = LockOutcome.DISABLED

    async def __aenter__(self) -> CabinLock:
        with stage("lock_acquire"):
            self.outcome = await self._locks.acquire(self._key, self._token)
        mark("lock", self.outcome)
        return self

    async def __aexit__(self, *_: object) -> None:
        with stage("lock_release"):
            if self.outcome is LockOutcome.ACQUIRED:
                # A cancelled request must not leave the cabin locked until the time to live ends.
                await asyncio.shield(self._locks.release(self._key, self._token))
