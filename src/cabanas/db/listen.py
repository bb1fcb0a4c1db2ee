"""Being told by PostgreSQL that something happened (LISTEN), on a connection of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import asyncpg

from cabanas.db.pool import UNAVAILABLE, DatabaseUnavailable
from cabanas.db.url import to_asyncpg_url

_CONNECT_TIMEOUT_S = 5.0


@asynccontextmanager
async def open_listener(
    database_url: str, channels: Sequence[str], notified: Callable[[str, str], None], lost: Callable[[], None]
) -> AsyncIterator[None]:
    """For the block, call ``notified`` with channel and payload of each notification, ``lost`` if the connection ends.

    Raises:
        DatabaseUnavailable: when the server cannot be reached.
    """

    def pass_on(_connection: object, _pid: int, channel: str, payload: object) -> None:
        notified(channel, str(payload))

    try:
        connection = await asyncpg.connect(
            to_asyncpg_url(database_url),
            timeout=_CONNECT_TIMEOUT_S,
            server_settings={"application_name": "cabanas worker"},
        )
        try:
            connection.add_termination_listener(lambda _: lost())
            for channel in channels:
                await connection.add_listener(channel, pass_on)
            yield
        finally:
            await connection.close(timeout=_CONNECT_TIMEOUT_S)
    except UNAVAILABLE as error:
        raise DatabaseUnavailable(str(error) or type(error).__name__) from error
