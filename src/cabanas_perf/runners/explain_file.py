"""``explain --sql FILE --dsn URL``: the statements of any service, linted on its own database, read-only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from cabanas.db.pool import Connection
from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.plans.sql_text import (
    UnfinishedSql,
    fingerprint,
    mask_values,
    parameter_count,
    split_statements,
)
from cabanas_perf.report import record
from cabanas_perf.runners.databases import Backends
from cabanas_perf.runners.environment import describe_environment
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.explain_database import connect, may_write
from cabanas_perf.runners.explain_report import ExplainResult, build_query, write_result
from cabanas_perf.runners.explain_statement import (
    BadStatement,
    Limits,
    StatementTooLong,
    estimate_statement,
    estimate_writes,
    explain_statement,
    rolled_back,
    time_executions,
)
from cabanas_perf.runners.progress import ProgressListener
from cabanas_perf.runners.run import Run
from cabanas_perf.runners.stop import Stop

_PREPARED = "cabanas_perf_statement"
_NULL = "NULL"


@dataclass(frozen=True, slots=True)
class ExplainFileOptions:
    """Which statements to lint, and where."""

    command: str
    output: Path
    sql_path: Path
    dsn: str
    values: Sequence[str] = ()
    """For ``$1``, ``$2``, ... of every statement, as text; NULL is NULL. Without them only the generic plan is read."""
    executions: int = 20
    timeout_s: float = 30.0
    allow_writes: str | None = None
    baseline: record.Report | None = None


def run_explain_file(options: ExplainFileOptions, *, stop: Stop, progress: ProgressListener) -> ExplainResult:
    """Explain every statement of the file, write the report, and answer with it.

    Statements that write are refused unless ``allow_writes`` names the database; then they are run and rolled back.

    Raises:
        RunError: for a file, a URL, or a statement that cannot be used; the text says which and what to do.
    """
    run = Run()
    statements = _read_statements(options.sql_path)
    environment, queries = uvloop.run(_explain_all(statements, options, stop, progress))
    return write_result(
        queries,
        run=run,
        command=options.command,
        seed=None,
        environment=environment,
        baseline=options.baseline,
        output=options.output,
        stop=stop,
    )


def _read_statements(path: Path) -> tuple[str, ...]:
    try:
        statements = split_statements(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise RunError(f"cannot read {path}: {reason}", fix="name a file of SQL statements") from error
    except UnfinishedSql as error:
        raise RunError(f"{path}: {error}", fix="close it") from error
    if not statements:
        raise RunError(f"{path} holds no statement", fix="write at least one, with ; between several")
    return statements


async def _explain_all(
    statements: Sequence[str], options: ExplainFileOptions, stop: Stop, progress: ProgressListener
) -> tuple[record.Environment, list[record.Query]]:
    connection = await connect(options.dsn)
    try:
        limits = Limits(options.timeout_s, read_only=not await may_write(connection, options.allow_writes))
        environment = await describe_environment(Backends(options.dsn, None, "named by --dsn"), embedded=False)
        # Values are written as literals below.
        await connection.execute("SET standard_conforming_strings = on")
        progress.begin(f"explaining {options.sql_path.name}", len(statements))
        queries = []
        for number, sql in enumerate(statements, 1):
            if stop:
                break
            name = options.sql_path.stem if len(statements) == 1 else f"{options.sql_path.stem}:{number}"
            try:
                queries.append(await _explain_one(connection, name, sql, options, limits))
            except BadStatement as error:
                raise BadStatement(f"{name}: {error}", fix=error.fix) from error
            progress.advance(1)
        return environment, queries
    finally:
        await connection.close()


async def _explain_one(
    connection: Connection, name: str, sql: str, options: ExplainFileOptions, limits: Limits
) -> record.Query:
    empty = record.Query(name=name, statement=mask_values(sql), fingerprint=fingerprint(sql), explained=False)
    wanted = parameter_count(sql)
    if options.values and wanted > len(options.values):
        message = f"the statement has {wanted} placeholders, and --param was given {len(options.values)} times"
        raise BadStatement(message, fix="give one --param for each of $1, $2, ..., in this order")
    try:
        async with _prepared(connection, sql, limits):
            if wanted and not options.values:
                explained = await estimate_statement(
                    connection, _execute([_NULL] * wanted), limits=limits, generic=True
                )
                note = "no --param given: the plan for any values, by estimate, not run"
                return build_query(empty, explained, None, keep=frozenset(), notes=(note,))
            call = _execute([_quote(value) for value in options.values[:wanted]])
            if limits.read_only and await estimate_writes(connection, call, (), limits):
                message = "the statement writes or locks rows, and this database is read only for this run"
                fix = "type --allow-writes with the database's name: it is run in a transaction that is rolled back"
                raise BadStatement(message, fix=fix)
            latencies_ns = await time_executions(connection, call, [()] * options.executions, limits=limits)
            explained = await explain_statement(connection, call, (), limits=limits)
    except StatementTooLong as error:
        return empty.model_copy(update={"notes": (f"{error}; try: {error.fix}",)})
    return build_query(empty, explained, LatencySummary.of(RawDistribution(latencies_ns)), keep=frozenset())


@asynccontextmanager
async def _prepared(connection: Connection, sql: str, limits: Limits) -> AsyncIterator[None]:
    """The statement prepared under `_PREPARED` for the block: PostgreSQL gives the values their types."""
    async with rolled_back(connection, limits):
        # The extended protocol takes one statement only, whatever the text turns out to hold.
        await connection.fetch(f"PREPARE {_PREPARED} AS {sql}")
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute(f"DEALLOCATE {_PREPARED}")


def _execute(arguments: Sequence[str]) -> str:
    return f"EXECUTE {_PREPARED} ({', '.join(arguments)})" if arguments else f"EXECUTE {_PREPARED}"


def _quote(value: str) -> str:
    return _NULL if value == _NULL else "'" + value.replace("'", "''") + "'"
