"""pg_stat_statements before and after a load run: which statements took the database's time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
import uvloop

from cabanas.db.statements import load_statement, statement_names
from cabanas_perf.plans.sql_text import UnfinishedSql, fingerprint, mask_values
from cabanas_perf.plans.statement_stats import Snapshot, StatementStats, StatementTime, subtract_snapshots
from cabanas_perf.report import record
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.explain_database import connect

TOP = 20

# Statements with which a run looks on carry that comment; they are not the service's, and do not count. PostgreSQL
# keeps comments that stand inside a statement.
_SNAPSHOT = """
SELECT /* cabanas-perf */ dbid::bigint AS database, userid::bigint AS role, queryid, query, calls, total_exec_time,
       rows, shared_blks_hit, shared_blks_read
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL AND toplevel
  AND query NOT LIKE '%/* cabanas-perf */%'
"""
_NAMED_CONSTANTS = re.compile(r"\b(true|false|null)\b", re.IGNORECASE)
_OUT_OF_REACH = "the service's database is not within reach; name it with --audit-dsn"


class StatementStatsMissing(Exception):
    """The server keeps no statistics of statements, or this role may not see them; the text says what would help."""


async def take_snapshot(database_url: str, *, may_create: bool) -> Snapshot:
    """The counters of the database's statements as they are now.

    Args:
        database_url: where to look; only statements of that database count.
        may_create: create the extension where it is missing; for databases of our own.

    Raises:
        StatementStatsMissing: when there are no counters to be had; a run goes on without them.
        RunError: when the database cannot be reached.
    """
    connection = await connect(database_url)
    try:
        if may_create:
            await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        rows = await connection.fetch(_SNAPSHOT)
    except asyncpg.UndefinedTableError as error:
        message = "the extension pg_stat_statements is not in this database: CREATE EXTENSION pg_stat_statements"
        raise StatementStatsMissing(message) from error
    except asyncpg.ObjectNotInPrerequisiteStateError as error:
        message = "pg_stat_statements is not loaded: add it to shared_preload_libraries and restart the server"
        raise StatementStatsMissing(message) from error
    except (asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError, asyncpg.UndefinedFileError) as error:
        message = f"pg_stat_statements cannot be used here: {error.message}"
        raise StatementStatsMissing(message) from error
    finally:
        await connection.close()
    return {
        (row["database"], row["role"], row["queryid"]): StatementStats(
            statement=_mask(row["query"]),
            calls=row["calls"],
            execution_ms=row["total_exec_time"],
            rows=row["rows"],
            blocks_hit=row["shared_blks_hit"],
            blocks_read=row["shared_blks_read"],
        )
        for row in rows
    }


@dataclass(slots=True)
class WatchedStatements:
    """What ran in a database for a while, most execution time first; empty where that cannot be seen."""

    times: tuple[StatementTime, ...] = ()
    missing: str = ""
    """Why there are none."""


@contextmanager
def watch_statements(database_url: str | None, *, may_create: bool) -> Iterator[WatchedStatements]:
    """Everybody's statements during the block, told at its end. Whatever stands in the way is told, never raised.

    Args:
        database_url: None where the database is not within reach.
        may_create: as `take_snapshot` has it.
    """
    watched = WatchedStatements()
    if database_url is None:
        watched.missing = _OUT_OF_REACH
        yield watched
        return
    before: Snapshot | None = None
    try:
        before = uvloop.run(take_snapshot(database_url, may_create=may_create))
    except (StatementStatsMissing, RunError) as error:
        watched.missing = str(error)
    yield watched
    if before is not None:
        try:
            watched.times = subtract_snapshots(before, uvloop.run(take_snapshot(database_url, may_create=False)))
        except (StatementStatsMissing, RunError) as error:
            watched.missing = str(error)


def build_statement_times(times: Iterable[StatementTime], *, top: int = TOP) -> tuple[record.StatementTime, ...]:
    """Records of the first ``top`` statements, with the service's names where they are its own."""
    names = {_recognise(load_statement(name)): name for name in statement_names()}
    return tuple(
        record.StatementTime(
            statement=time.statement,
            name=names.get(_recognise(time.statement)),
            calls=time.calls,
            execution_ms=time.execution_ms,
            share_ratio=time.share_ratio,
            rows=time.rows,
        )
        for time in list(times)[:top]
    )


def _recognise(statement: str) -> str:
    """What a statement and its text in pg_stat_statements, where every constant is a parameter, have in common."""
    return fingerprint(_NAMED_CONSTANTS.sub("0", statement))


def _mask(query: str) -> str:
    # Utility statements keep their literals there.
    try:
        return mask_values(query)
    except UnfinishedSql:
        return "?"
