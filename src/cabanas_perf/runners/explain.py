"""``explain``: the statements that the service really runs, on data of a size at which bad plans hurt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import uvloop

from cabanas.db.pool import Connection
from cabanas.db.seed import cabins_for
from cabanas.db.statements import load_statement, statement_names
from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.plans.growth import GrowthPoint
from cabanas_perf.plans.parse import parse_explain
from cabanas_perf.plans.reach import result_rows
from cabanas_perf.plans.sql_text import fingerprint, literals
from cabanas_perf.report import record
from cabanas_perf.runners.databases import DataSize, open_backends
from cabanas_perf.runners.environment import describe_environment
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.explain_advice import prove_advice
from cabanas_perf.runners.explain_database import connect, may_write
from cabanas_perf.runners.explain_parameters import CASES, EXCLUDED, Case, Draw, SampledData, sample_data
from cabanas_perf.runners.explain_report import ExplainResult, add_growth, build_query, write_result
from cabanas_perf.runners.explain_statement import (
    Limits,
    StatementTooLong,
    estimate_statement,
    estimate_writes,
    explain_statement,
    time_executions,
)
from cabanas_perf.runners.progress import ProgressListener
from cabanas_perf.runners.run import Run, derive_seed
from cabanas_perf.runners.stop import Stop
from cabanas_perf.workloads.base import Need

DEFAULT_ROWS = (100_000,)
DEFAULT_EXECUTIONS = 100
"""59 prove a P95."""
_WRITE_EXECUTIONS = 20
"""Rolled-back writes leave dead rows behind, which would slow down the statements that come after."""
_EXPLAINED_DRAWS = 3
"""So many explained executions; that with the most findings is reported, the first one where they are alike."""


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What to explain, and where."""

    command: str
    output: Path
    queries: Sequence[str] = ()
    """Names of statements; none: all of them."""
    rows: Sequence[int] = DEFAULT_ROWS
    """Sizes of fresh data, in reservations; a given database is taken as it is."""
    executions: int = DEFAULT_EXECUTIONS
    seed: int = 0
    timeout_s: float = 30.0
    advise: bool = False
    """Build and time candidate indexes for the largest size."""
    database_url: str | None = None
    allow_writes: str | None = None
    baseline: record.Report | None = None


@dataclass(frozen=True, slots=True)
class _Measured:
    """One statement at one size."""

    query: record.Query
    point: GrowthPoint | None


def run_explain(options: ExplainOptions, *, stop: Stop, progress: ProgressListener) -> ExplainResult:
    """Explain the chosen statements at every size, write the report, and answer with it.

    Raises:
        RunError: when a name is unknown, the database cannot be had, or holds nothing to draw parameters from.
    """
    run = Run()
    names = _choose_names(options.queries)
    sizes = sorted(set(options.rows)) if options.database_url is None else [None]
    if options.database_url is not None:
        progress.say("the given database is explained as it is; sizes are for fresh data only")
    measured: list[_Measured] = []
    environment: record.Environment | None = None
    for size in sizes:
        if stop and environment is not None:
            break
        data = None if size is None else DataSize(cabins_for(size), size, derive_seed(options.seed, "seed"))
        if size is not None:
            progress.say(f"seeding {size:,} reservations")
        with open_backends(
            {Need.POSTGRES},
            database_url=options.database_url,
            redis_url=None,
            writes=options.allow_writes is not None,
            allow_writes=options.allow_writes,
            size=data,
            say=progress.say,
        ) as backends:
            assert backends.database_url is not None
            environment = uvloop.run(describe_environment(backends, embedded=options.database_url is None))
            advise = options.advise and size == sizes[-1]
            measured += uvloop.run(_explain_all(backends.database_url, names, options, advise, stop, progress))
    assert environment is not None
    return write_result(
        _with_growth(measured),
        run=run,
        command=options.command,
        seed=options.seed,
        environment=environment,
        baseline=options.baseline,
        output=options.output,
        stop=stop,
    )


async def explain_database(
    database_url: str, options: ExplainOptions, *, stop: Stop, progress: ProgressListener
) -> list[record.Query]:
    """The chosen statements, explained on this database as it is; fewer of them after a stop.

    Raises:
        RunError: as `run_explain` does.
    """
    names = _choose_names(options.queries)
    return [one.query for one in await _explain_all(database_url, names, options, options.advise, stop, progress)]


def _choose_names(wanted: Sequence[str]) -> tuple[str, ...]:
    known = statement_names()
    if unknown := [name for name in wanted if name not in known]:
        raise RunError(f"there is no statement {unknown[0]!r}", fix=f"known statements: {', '.join(known)}")
    if excluded := [name for name in wanted if name in EXCLUDED]:
        raise RunError(f"{excluded[0]} is not explained: {EXCLUDED[excluded[0]]}")
    return tuple(wanted) or tuple(name for name in known if name not in EXCLUDED)


async def _explain_all(
    database_url: str,
    names: Sequence[str],
    options: ExplainOptions,
    advise: bool,
    stop: Stop,
    progress: ProgressListener,
) -> list[_Measured]:
    connection = await connect(database_url)
    try:
        limits = Limits(options.timeout_s, read_only=not await may_write(connection, options.allow_writes))
        try:
            data = await sample_data(connection, seed=derive_seed(options.seed, "parameters"))
        except asyncpg.UndefinedTableError as error:
            message = "the database does not have the service's tables"
            fix = "migrate it with python -m cabanas migrate, or unset DATABASE_URL for the embedded server"
            raise RunError(message, fix=fix) from error
        if data is None:
            raise RunError(
                "the database holds no reservations to draw parameters from", fix="seed it, or unset its URL"
            )
        table_rows = await connection.fetchval("SELECT count(*) FROM reservations")
        progress.begin(f"explaining at {table_rows:,} reservations", len(names), "statements")
        measured = []
        for name in await _reads_first(connection, names, data, options, limits):
            if stop:
                break
            statement = _Statement(name, load_statement(name), CASES[name], Draw(data, derive_seed(options.seed, name)))
            measured.append(await _measure(connection, statement, table_rows, options, limits))
            progress.advance(1)
        if advise and limits.read_only:
            progress.say("no index is tried: this database is read only for this run")
        elif advise and not stop:
            measured = [await _with_advice(connection, one, data, options, limits, progress.say) for one in measured]
        return measured
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class _Statement:
    name: str
    sql: str
    case: Case
    draw: Draw


async def _reads_first(
    connection: Connection, names: Sequence[str], data: SampledData, options: ExplainOptions, limits: Limits
) -> list[str]:
    """The names, those that write last: what they leave behind slows down nobody."""
    writers = set()
    for name in names:
        arguments = CASES[name].draw(Draw(data, options.seed))
        if await estimate_writes(connection, load_statement(name), arguments, limits):
            writers.add(name)
    return sorted(names, key=lambda name: name in writers)


async def _measure(
    connection: Connection, statement: _Statement, table_rows: int, options: ExplainOptions, limits: Limits
) -> _Measured:
    """Plain executions first, so that the explained ones find warm caches, as the service's own do."""
    sql, case, draw = statement.sql, statement.case, statement.draw
    empty = record.Query(
        name=statement.name, statement=sql, fingerprint=fingerprint(sql), table_rows=table_rows, explained=False
    )
    writes = await estimate_writes(connection, sql, case.draw(draw), limits)
    try:
        if writes and limits.read_only:
            explained = await estimate_statement(connection, sql, case.draw(draw), limits=limits)
            note = "writes, and the database is read only for this run: by the planner's estimate, not run"
            return _Measured(build_query(empty, explained, None, keep=literals(sql), notes=(note,)), None)
        before = None if limits.read_only else case.before
        count = min(options.executions, _WRITE_EXECUTIONS) if writes else options.executions
        latencies_ns = await time_executions(
            connection, sql, [case.draw(draw) for _ in range(count)], limits=limits, before=before
        )
        candidates = [
            await explain_statement(connection, sql, case.draw(draw), limits=limits, before=before)
            for _ in range(_EXPLAINED_DRAWS)
        ]
    except StatementTooLong as error:
        return _Measured(empty.model_copy(update={"notes": (str(error),)}), None)
    if writes:
        await _clean_up(connection)
    # Findings decide, not blocks: those vary from run to run, and with them would the plan that a baseline keeps.
    reported = max(candidates, key=lambda one: len(one.findings))
    latency = LatencySummary.of(RawDistribution(latencies_ns))
    assert latency is not None
    point = GrowthPoint(
        table_rows=table_rows,
        blocks=max(one.plan.root.blocks for one in candidates),
        result_rows=max(result_rows(one.plan) for one in candidates),
        latency_ms=latency.p50_ms,
    )
    return _Measured(build_query(empty, reported, latency, keep=literals(sql)), point)


async def _clean_up(connection: Connection) -> None:
    """Take the dead rows of rolled-back writes away: they would bend the estimates and times of what comes after.

    A write reaches other tables through foreign keys, so all of them are looked at; a clean one takes no time.
    """
    tables = await connection.fetchval(
        "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    )
    await connection.execute(f"VACUUM {tables}")


async def _with_advice(
    connection: Connection,
    measured: _Measured,
    data: SampledData,
    options: ExplainOptions,
    limits: Limits,
    say: Callable[[str], None],
) -> _Measured:
    query = measured.query
    if query.plan is None:
        return measured
    draw = Draw(data, derive_seed(options.seed, f"advice {query.name}"))
    advice = await prove_advice(
        connection, query, parse_explain(query.plan), lambda: CASES[query.name].draw(draw), limits=limits, say=say
    )
    return replace(measured, query=query.model_copy(update={"advice": advice}))


def _with_growth(measured: Sequence[_Measured]) -> list[record.Query]:
    """The queries; those of the largest size carry what all sizes say about growth."""
    points: dict[str, list[GrowthPoint]] = {}
    for one in measured:
        if one.point is not None:
            points.setdefault(one.query.name, []).append(one.point)
    last = {one.query.name: one for one in measured}
    return [
        add_growth(one.query, points.get(one.query.name, ())) if last[one.query.name] is one else one.query
        for one in measured
    ]
