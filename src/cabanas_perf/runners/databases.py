"""The servers behind a run: embedded ones by default, somebody's own when URLs say so, and never by accident."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from cabanas.db.migrate import migrate
from cabanas.db.seed import seed
from cabanas.db.url import to_asyncpg_url
from cabanas.embedded import EmbeddedError, provide_servers
from cabanas_perf.runners.errors import RunError, TargetNotReached, UnsafeTarget
from cabanas_perf.workloads.base import Need

MARK = "made by cabanas-perf; runs may write here and throw it away"
"""The comment on a database that tells it from anybody else's."""

DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a database that is gone, or not as it should be, makes of a question."""

_CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class DataSize:
    """How much data a fresh database is filled with."""

    cabins: int = 24
    reservations: int = 2000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Backends:
    """Where the servers of a run are. None: the run needs no such server."""

    database_url: str | None
    redis_url: str | None
    origin: str
    """What they are, in words for the report: versions and where the programs came from."""
    postgres_pid: int | None = None
    redis_pid: int | None = None


@contextmanager
def open_backends(
    needs: Collection[Need],
    *,
    database_url: str | None,
    redis_url: str | None,
    writes: bool,
    allow_writes: str | None = None,
    size: DataSize | None = None,
    data_folder: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Backends]:
    """The servers for the block, migrated and seeded when they are ours, and stopped at its end.

    A database of somebody's own is looked at first: a run that writes goes on only when the database carries our
    `MARK`, or when ``allow_writes`` names it. It is never migrated or seeded here. The embedded PostgreSQL keeps
    its data in ``data_folder``, or throws it away.

    Raises:
        UnsafeTarget: when the run would write to a database that is not known to be free for it.
        TargetNotReached: when a given URL does not answer.
        RunError: when the embedded servers cannot be started.
    """
    if not needs:
        yield Backends(None, None, "none needed")
        return
    if Need.POSTGRES in needs and database_url is not None:
        asyncio.run(_check_given(database_url, writes=writes, allow_writes=allow_writes))
    try:
        with provide_servers(
            database_url,
            redis_url,
            postgres=Need.POSTGRES in needs,
            redis=Need.REDIS in needs,
            data_dir=data_folder,
        ) as servers:
            if servers.postgres is not None:
                say(f"embedded servers: {servers.origin}")
                assert servers.database_url is not None
                asyncio.run(prepare_own(servers.database_url, size or DataSize()))
            yield Backends(
                database_url=servers.database_url,
                redis_url=servers.redis_url,
                origin=str(servers.origin),
                postgres_pid=servers.postgres.pid if servers.postgres else None,
                redis_pid=servers.redis.pid if servers.redis else None,
            )
    except EmbeddedError as error:
        raise RunError(str(error)) from error


async def prepare_own(database_url: str, size: DataSize) -> None:
    """Mark, migrate and seed a database that was made for the run; one that has its data already is left as it is."""
    connection = await asyncpg.connect(to_asyncpg_url(database_url))
    try:
        name = await connection.fetchval("SELECT quote_ident(current_database())")
        await connection.execute(f"COMMENT ON DATABASE {name} IS '{MARK}'")
    finally:
        await connection.close()
    await migrate(database_url)
    connection = await asyncpg.connect(to_asyncpg_url(database_url))
    try:
        empty = not await connection.fetchval("SELECT EXISTS (SELECT FROM accommodations)")
    finally:
        await connection.close()
    if empty:
        await seed(database_url, cabins=size.cabins, reservations=size.reservations, rng_seed=size.seed)


async def _check_given(database_url: str, *, writes: bool, allow_writes: str | None) -> None:
    try:
        connection = await asyncpg.connect(to_asyncpg_url(database_url), timeout=_CONNECT_TIMEOUT_S)
    except ValueError as error:
        raise RunError(str(error)) from error
    except DATABASE_ERRORS as error:
        message = f"DATABASE_URL does not answer ({type(error).__name__})"
        raise TargetNotReached(message, fix="check the URL, or unset it for the embedded server") from error
    try:
        name = await connection.fetchval("SELECT current_database()")
        mark = await connection.fetchval(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
    finally:
        await connection.close()
    if writes and mark != MARK and allow_writes != name:
        message = f"this run writes, and the database {name!r} of DATABASE_URL was not made by cabanas-perf"
        fix = f"unset DATABASE_URL for the embedded server, or type --allow-writes {name}; nothing was touched"
        raise UnsafeTarget(message, fix=fix)
