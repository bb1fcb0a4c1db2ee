"""The database that statements are explained on: reached, and asked whether it is ours to write to."""

from __future__ import annotations

import asyncpg

from cabanas.db.pool import Connection
from cabanas.db.url import to_asyncpg_url
from cabanas_perf.runners.databases import MARK
from cabanas_perf.runners.errors import RunError, TargetNotReached, UnsafeTarget

_CONNECT_TIMEOUT_S = 5.0


async def connect(database_url: str) -> asyncpg.Connection[asyncpg.Record]:
    """A connection of our own. Raises RunError for a URL that is none, TargetNotReached when nobody answers."""
    try:
        return await asyncpg.connect(
            to_asyncpg_url(database_url),
            timeout=_CONNECT_TIMEOUT_S,
            server_settings={"application_name": "cabanas-perf explain"},
        )
    except (ValueError, asyncpg.ClientConfigurationError) as error:
        message = "this is no PostgreSQL URL"
        raise RunError(message, fix="write it as postgresql://user@host:5432/database") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        message = f"the database does not answer ({type(error).__name__})"
        raise TargetNotReached(message, fix="check host, port, user and database of the URL") from error


async def may_write(connection: Connection, allow_writes: str | None) -> bool:
    """Whether statements that write may be run here, inside transactions that are rolled back.

    Raises:
        UnsafeTarget: when ``allow_writes`` names another database than this one.
    """
    row = await connection.fetchrow(
        "SELECT datname, shobj_description(oid, 'pg_database') AS mark FROM pg_database"
        " WHERE datname = current_database()"
    )
    assert row is not None
    if allow_writes is not None and allow_writes != row["datname"]:
        message = f"--allow-writes names {allow_writes!r}, and this database is {row['datname']!r}"
        raise UnsafeTarget(message, fix="name the database that the URL leads to; nothing was touched")
    return row["mark"] == MARK or allow_writes is not None
