"""The pool of Redis connections."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from cabanas.settings import Settings
from cabanas.stages import CallKind, call

REDIS_FAILURES = (RedisError, OSError)
"""What a call to Redis may raise when the server is away, frozen or out of connections (TimeoutError is an OSError)."""

_KEEPALIVE = {
    getattr(socket, option): value
    for option, value in {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}.items()
    if hasattr(socket, option)
}


class RecordedRedis(Redis):
    """A client whose round trips are accounted for, save for those of pipelines: the service uses none."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with call(CallKind.REDIS, str(args[0])):
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


class RecordedPool(BlockingConnectionPool):
    """A pool whose waits are accounted for."""

    async def get_connection(self, *args: Any, **options: Any) -> Any:
        with call(CallKind.POOL_WAIT, "redis_pool_acquire"):
            return await super().get_connection(*args, **options)  # type: ignore[no-untyped-call]


@asynccontextmanager
async def open_redis(settings: Settings, redis_url: str) -> AsyncIterator[Redis]:
    """A client for the block. The pool waits for a free connection; the plain one would raise at its limit."""
    tcp = {} if redis_url.startswith("unix:") else {"socket_keepalive": True, "socket_keepalive_options": _KEEPALIVE}
    pool = RecordedPool.from_url(
        redis_url,
        max_connections=settings.redis_max_connections,
        timeout=settings.redis_timeout_s,
        socket_timeout=settings.redis_timeout_s,
        socket_connect_timeout=settings.redis_timeout_s,
        # A lost Redis is worked without; retrying would only add to the guest's wait.
        retry=Retry(NoBackoff(), 0),
        **tcp,
    )
    client = RecordedRedis(connection_pool=pool)
    try:
        yield client
    finally:
        await client.aclose()
        await pool.disconnect()
