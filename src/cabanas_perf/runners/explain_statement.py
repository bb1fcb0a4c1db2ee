"""One statement on one connection: timed as it is, then explained, and nothing of it left behind."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from cabanas.db.pool import Connection
from cabanas_perf.measurement.clock import Clock, SystemClock
from cabanas_perf.plans.facts import Tables
from cabanas_perf.plans.finding import Finding
from cabanas_perf.plans.lint import lint
from cabanas_perf.plans.node import Node, Plan
from cabanas_perf.plans.parse import parse_explain
from cabanas_perf.plans.reach import WRITES
from cabanas_perf.plans.shape import fingerprint_shape
from cabanas_perf.plans.sql_text import parameter_count
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.explain_tables import fetch_tables, tables_of
from cabanas_perf.slo.exit_codes import ExitCode

_ANALYZE = "EXPLAIN (ANALYZE, BUFFERS, SETTINGS, FORMAT JSON) "
_ESTIMATE = "EXPLAIN (SETTINGS, FORMAT JSON) "
_PREPARED = "cabanas_perf_explained"
_CONDITIONAL = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan"})


class StatementTooLong(RunError):
    """A statement ran into the time limit. Nothing is known about it, so the run is inconclusive."""

    exit_code = ExitCode.INCONCLUSIVE


class BadStatement(RunError):
    """PostgreSQL does not take the statement as it is written."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one statement may take."""

    timeout_s: float = 30.0
    read_only: bool = False
    """Transactions cannot write: PostgreSQL sees to it."""


@dataclass(frozen=True, slots=True)
class IndexChoice:
    """Which indexes answer the conditions: with sequential scans discouraged, and by the planner's own choice."""

    could_serve: bool | None
    """None without a condition that an index could answer."""
    chosen: bool
    indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement's plan and what the rules say about it."""

    document: Any
    """EXPLAIN's JSON, with the bound values in it."""
    plan: Plan
    tables: Tables
    findings: tuple[Finding, ...]
    choice: IndexChoice
    generic_shape: str | None
    """Fingerprint of the generic plan where that is another one; None too when the statement has no parameters."""


@asynccontextmanager
async def rolled_back(connection: Connection, limits: Limits) -> AsyncIterator[None]:
    """A transaction for the block that ends in a rollback, with the time limit set for each statement.

    Raises:
        StatementTooLong: when a statement ran into the limit.
        BadStatement: when PostgreSQL refuses the statement: syntax, names, rights, or a write where none is allowed.
    """
    transaction = connection.transaction(readonly=limits.read_only)
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL statement_timeout = {round(limits.timeout_s * 1000)}")
        yield
    except asyncpg.QueryCanceledError as error:
        message = f"a statement ran for longer than {limits.timeout_s:g} s and was stopped"
        raise StatementTooLong(message, fix="raise --timeout, or ask for fewer --rows") from error
    except asyncpg.ReadOnlySQLTransactionError as error:
        message = "the statement writes, and this database is read only for this run"
        fix = "type --allow-writes with the database's name: it is run inside a transaction that is rolled back"
        raise BadStatement(message, fix=fix) from error
    except asyncpg.InterfaceError as error:
        if connection.is_closed():
            raise
        # asyncpg's own message may quote a value.
        message = "the values do not fit the statement's placeholders in number or type"
        raise BadStatement(message, fix="give one value of the right type for each placeholder") from error
    except asyncpg.PostgresSyntaxError as error:
        raise BadStatement(
            f"PostgreSQL does not understand the statement: {error.message}", fix="correct it"
        ) from error
    except (asyncpg.SyntaxOrAccessError, asyncpg.InvalidCatalogNameError) as error:
        fix = "check names, the search path and the role's rights"
        raise BadStatement(f"PostgreSQL refuses the statement: {error.message}", fix=fix) from error
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        # The server's own message may quote a value.
        message = f"the statement failed on its values ({type(error).__name__}, SQLSTATE {error.sqlstate})"
        raise BadStatement(message, fix="give values of the right types, in the order of the placeholders") from error
    finally:
        if not connection.is_closed():
            await transaction.rollback()


async def time_executions(
    connection: Connection,
    sql: str,
    executions: Iterable[Sequence[object]],
    *,
    limits: Limits,
    before: str | None = None,
    clock: Clock | None = None,
) -> list[int]:
    """Nanoseconds of each plain execution as a client sees it: sent, run, every row read. Each is rolled back."""
    clock = clock or SystemClock()
    latencies_ns = []
    async with rolled_back(connection, limits):
        if before is not None:
            await connection.execute(before)
        prepared = await connection.prepare(sql)
        for arguments in executions:
            savepoint = connection.transaction()
            await savepoint.start()
            started_ns = clock.now_ns()
            await prepared.fetch(*arguments)
            latencies_ns.append(clock.now_ns() - started_ns)
            await savepoint.rollback()
    return latencies_ns


async def explain_statement(
    connection: Connection, sql: str, arguments: Sequence[object], *, limits: Limits, before: str | None = None
) -> Explained:
    """Explain and lint one statement. It is run for that, in a transaction that is rolled back."""
    async with rolled_back(connection, limits):
        if before is not None:
            await connection.execute(before)
        document = await _explain(connection, _ANALYZE, sql, arguments)
    async with rolled_back(connection, limits):
        await connection.execute("SET LOCAL enable_seqscan = off")
        discouraged = await estimate_plan(connection, sql, arguments)
    explained = await _judge_plan(connection, document, discouraged)
    return replace(explained, generic_shape=await _differing_generic_shape(connection, sql, explained.plan, limits))


async def estimate_statement(
    connection: Connection, sql: str, arguments: Sequence[object] = (), *, limits: Limits, generic: bool = False
) -> Explained:
    """Explain and lint one statement by the planner's estimates; it is not run.

    With ``generic`` a prepared statement that ``sql`` executes is planned for any values.
    """
    async with rolled_back(connection, limits):
        if generic:
            await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        document = await _explain(connection, _ESTIMATE, sql, arguments)
        await connection.execute("SET LOCAL enable_seqscan = off")
        discouraged = await estimate_plan(connection, sql, arguments)
    return await _judge_plan(connection, document, discouraged)


async def _judge_plan(connection: Connection, document: Any, discouraged: Plan) -> Explained:
    plan = parse_explain(document)
    tables = await fetch_tables(connection, tables_of(plan))
    return Explained(
        document=document,
        plan=plan,
        tables=tables,
        findings=lint(plan, tables),
        choice=choose_indexes(plan, discouraged),
        generic_shape=None,
    )


async def estimate_plan(connection: Connection, sql: str, arguments: Sequence[object]) -> Plan:
    """The planner's plan inside the caller's transaction; the statement is not run."""
    return parse_explain(await _explain(connection, _ESTIMATE, sql, arguments))


async def estimate_writes(connection: Connection, sql: str, arguments: Sequence[object], limits: Limits) -> bool:
    """Whether the statement would write or lock rows, by its plan; it is not run."""
    async with rolled_back(connection, limits):
        return _writes(await estimate_plan(connection, sql, arguments))


def choose_indexes(plan: Plan, discouraged: Plan) -> IndexChoice:
    """Compare the plan with the one that has sequential scans discouraged."""
    unserved = {node.relation for node in discouraged.root.walk() if _reads_whole_table_for_a_condition(node)}
    conditional = {
        node.relation or node.index
        for node in discouraged.root.walk()
        if node.kind in _CONDITIONAL and (node.filter or node.index_condition)
    }
    avoidable = {node.relation for node in plan.root.walk() if _reads_whole_table_for_a_condition(node)} - unserved
    return IndexChoice(
        could_serve=not unserved if conditional else None,
        chosen=not avoidable,
        indexes=tuple(sorted({node.index for node in plan.root.walk() if node.index})),
    )


def _writes(plan: Plan) -> bool:
    return any(node.kind in WRITES or node.kind == "LockRows" for node in plan.root.walk())


def _reads_whole_table_for_a_condition(node: Node) -> bool:
    return node.kind == "Seq Scan" and node.filter is not None


async def _explain(connection: Connection, prefix: str, sql: str, arguments: Sequence[object]) -> Any:
    return json.loads(await connection.fetchval(prefix + sql, *arguments))


async def _differing_generic_shape(connection: Connection, sql: str, plan: Plan, limits: Limits) -> str | None:
    """PostgreSQL may change over to the generic plan after five executions of a prepared statement."""
    count = parameter_count(sql)
    if not count:
        return None
    try:
        async with rolled_back(connection, limits):
            await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            await connection.fetch(f"PREPARE {_PREPARED} AS {sql}")
            # The generic plan does not look at the values.
            generic = await estimate_plan(connection, f"EXECUTE {_PREPARED} ({', '.join(['NULL'] * count)})", ())
    finally:
        # A rollback leaves prepared statements as they are.
        if await connection.fetchval("SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name = $1)", _PREPARED):
            await connection.execute(f"DEALLOCATE {_PREPARED}")
    shape = fingerprint_shape(generic.root)
    return None if shape == fingerprint_shape(plan.root) else shape
