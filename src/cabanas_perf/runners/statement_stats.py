"""pg_stat_statements before and after a load run: which statements took the database's time."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from cabanas_perf.plans.sql_text import UnfinishedSql, mask_values
from cabanas_perf.plans.statement_stats import Snapshot, StatementStats, StatementTime
from cabanas_perf.report import record
from cabanas_perf.runners.explain_database import connect

TOP = 20

_SNAPSHOT = """
SELECT dbid::bigint AS database, userid::bigint AS role, queryid, query, calls, total_exec_time, rows, shared_blks_hit,
       shared_blks_read
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL AND toplevel
"""


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


def build_statement_times(times: Iterable[StatementTime], *, top: int = TOP) -> tuple[record.StatementTime, ...]:
    """Records of the first ``top`` statements."""
    return tuple(
        record.StatementTime(
            statement=time.statement,
            calls=time.calls,
            execution_ms=time.execution_ms,
            share_ratio=time.share_ratio,
            rows=time.rows,
        )
        for time in list(times)[:top]
    )


def _mask(query: str) -> str:
    # Utility statements keep their literals there.
    try:
        return mask_values(query)
    except UnfinishedSql:
        return "?"
