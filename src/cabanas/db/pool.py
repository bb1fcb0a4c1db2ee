"""The pool of PostgreSQL connections, and what its failures mean."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from cabanas.db.url import to_asyncpg_url
from cabanas.domain.errors import CabanasError
from cabanas.settings import Settings
from cabanas.stages import CallKind, call

# Quoted: only the type stubs make these classes generic.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

UNAVAILABLE = (
    OSError,  # refused, reset, no such socket; TimeoutError is one too: no free connection, or no answer in time
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, crashed next door, statement cancelled
    asyncpg.InsufficientResourcesError,  # too many connections, no disk, no memory
    asyncpg.InterfaceError,  # the connection or the pool was closed under us
    asyncpg.InternalClientError,  # a statement met the server's farewell, which had come unread
)
"""What a call to PostgreSQL may raise when the server is away or too busy."""


_CLOSE_TIMEOUT_S = 5.0


class DatabaseUnavailable(CabanasError):
    """PostgreSQL cannot be asked at the moment; the same request may succeed later."""


class Database:
    """The pool of one process. `connect` lends a connection; failures to reach the server become one error.

    The pool is asyncpg's: measured side by side, checking out a connection costs about 10 us here, about 100 us
    through SQLAlchemy's asynchronous engine and three times that with its pre-ping. A dead connection needs no
    ping: asyncpg sees the closed socket and opens another.
    """

    def __init__(self, pool: Pool, *, acquire_timeout_s: float) -> None:
        self._pool = pool
        self._acquire_timeout_s = acquire_timeout_s

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Lend a connection for the block.

        Raises:
            DatabaseUnavailable: when the server cannot be reached or no connection comes free in time.
        """
        try:
            with call(CallKind.POOL_WAIT, "pool_acquire"):
                connection = await self._pool.acquire(timeout=self._acquire_timeout_s)
            try:
                yield connection
            finally:
                with call(CallKind.POOL_WAIT, "pool_release"):
                    await self._pool.release(connection)
        except UNAVAILABLE as error:
            raise DatabaseUnavailable(str(error) or type(error).__name__) from error

    @property
    def size(self) -> int:
        """Open connections."""
        return self._pool.get_size()

    @property
    def in_use(self) -> int:
        return self._pool.get_size() - self._pool.get_idle_size()

    @property
    def max_size(self) -> int:
        return self._pool.get_max_size()


class RecordedConnection(asyncpg.Connection):
    """A connection whose round trips are accounted for. Those of prepared statements and of COPY are not: the service
    uses neither.
    """

    __slots__ = ()


def _recorded(name: str) -> Any:
    method = getattr(asyncpg.Connection, name)

    @functools.wraps(method)
    async def run(self: RecordedConnection, query: str, *args: Any, **options: Any) -> Any:
        with call(CallKind.DATABASE, query):
            return await method(self, query, *args, **options)

    return run


for _name in ("execute", "executemany", "fetch", "fetchmany", "fetchrow", "fetchval"):
    setattr(RecordedConnection, _name, _recorded(_name))


@asynccontextmanager
async def open_database(settings: Settings, database_url: str) -> AsyncIterator[Database]:
    """A `Database` for the block. Connections are opened on demand, so a server that is down is no error yet."""
    pool = await asyncpg.create_pool(
        to_asyncpg_url(database_url),
        min_size=0,
        max_size=settings.database_pool_size + settings.database_max_overflow,
        max_inactive_connection_lifetime=300.0,
        command_timeout=settings.database_command_timeout_s,
        timeout=settings.database_pool_timeout_s,
        server_settings={"application_name": "cabanas"},
        reset=_end_transaction,
        connection_class=RecordedConnection,
    )
    try:
        yield Database(pool, acquire_timeout_s=settings.database_pool_timeout_s)
    finally:
        await _close(pool)


async def _end_transaction(connection: Connection) -> None:
    # Nothing here changes a session's state, so asyncpg's own reset would be a round trip for nothing.
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


async def _close(pool: Pool) -> None:
    try:
        # It waits for what is lent, and what nobody gives back would be waited for for ever.
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await pool.close()
    except UNAVAILABLE:
        pool.terminate()
