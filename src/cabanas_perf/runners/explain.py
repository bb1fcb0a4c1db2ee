"""``explain``: the statements that the service really runs, on data of a size at which bad plans hurt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Protocol

import asyncpg
import uvloop

from cabanas.db.pool import Connection
from cabanas.db.seed import cabins_for
from cabanas.db.statements import load_statement, statement_names
from cabanas.db.url import to_asyncpg_url
from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.plans.changes import PlanChange, compare_plan
from cabanas_perf.plans.finding import Finding, Severity
from cabanas_perf.plans.growth import GrowthPoint, fit_growth
from cabanas_perf.plans.masking import mask_plan
from cabanas_perf.plans.node import Plan
from cabanas_perf.plans.parse import parse_explain
from cabanas_perf.plans.shape import fingerprint_shape
from cabanas_perf.plans.sql_text import fingerprint, literals
from cabanas_perf.report import record
from cabanas_perf.report.build import build_latency, build_report
from cabanas_perf.report.files import write_report
from cabanas_perf.runners.databases import MARK, DataSize, open_backends
from cabanas_perf.runners.environment import describe_environment, git_state, tool_version
from cabanas_perf.runners.errors import RunError, TargetNotReached, UnsafeTarget
from cabanas_perf.runners.explain_advice import prove_advice
from cabanas_perf.runners.explain_parameters import CASES, EXCLUDED, Case, Draw, SampledData, sample_data
from cabanas_perf.runners.explain_statement import (
    Explained,
    Limits,
    StatementTooLong,
    estimate_writes,
    explain_statement,
    time_executions,
)
from cabanas_perf.runners.run_id import derive_seed, make_run_id
from cabanas_perf.runners.stop import Stop
from cabanas_perf.slo.exit_codes import exit_code_for
from cabanas_perf.slo.objective import Assertion, Indicator, Objective, Unit
from cabanas_perf.slo.verdict import BUILT_IN_SET, Judgement, Verdict
from cabanas_perf.workloads.base import Need

DEFAULT_ROWS = (100_000,)
DEFAULT_EXECUTIONS = 100
"""59 prove a P95."""
_WRITE_EXECUTIONS = 20
"""Rolled-back writes leave dead rows behind, which would slow down the statements that come after."""
_EXPLAINED_DRAWS = 3
"""The heaviest of so many explained executions is reported: one draw may hit a quiet cabin."""
_CONNECT_TIMEOUT_S = 5.0
_WORKLOAD = "database"


class Progress(Protocol):
    """Told how the run gets on."""

    def say(self, message: str) -> None: ...

    def begin(self, title: str, total: int) -> None: ...

    def advance(self, count: int) -> None: ...


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
class ExplainResult:
    report: record.Report
    path: Path
    changes: tuple[PlanChange, ...]
    """Plans that differ from the baseline's."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """One statement at one size."""

    query: record.Query
    point: GrowthPoint | None


def run_explain(options: ExplainOptions, *, stop: Stop, progress: Progress) -> ExplainResult:
    """Explain the chosen statements at every size, write the report, and answer with it.

    Raises:
        RunError: when a name is unknown, the database cannot be had, or holds nothing to draw parameters from.
    """
    started_at, started_s = datetime.now(UTC).astimezone(), monotonic()
    names = _choose_names(options.queries)
    sizes = sorted(set(options.rows)) if options.database_url is None else [None]
    measured: list[_Measured] = []
    environment: record.Environment | None = None
    for size in sizes:
        if stop:
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
    queries = _with_growth(measured)
    changes, judgements = _judge(queries, options.baseline)
    complete = not stop
    commit, dirty = git_state()
    report = build_report(
        run=record.Run(
            id=make_run_id(started_at),
            command=options.command,
            tool_version=tool_version(),
            started_at=started_at,
            duration_s=monotonic() - started_s,
            git_commit=commit,
            git_dirty=dirty,
            seed=options.seed,
            complete=complete,
        ),
        environment=environment,
        exit_code=exit_code_for(judgements, complete=complete, interrupted_by=stop.asked_by),
        judgements=judgements,
        queries=queries,
    )
    return ExplainResult(report, write_report(report, options.output), changes)


def _choose_names(wanted: Sequence[str]) -> tuple[str, ...]:
    known = statement_names()
    if unknown := [name for name in wanted if name not in known]:
        raise RunError(f"there is no statement {unknown[0]!r}", fix=f"known statements: {', '.join(known)}")
    if excluded := [name for name in wanted if name in EXCLUDED]:
        raise RunError(f"{excluded[0]} is not explained: {EXCLUDED[excluded[0]]}")
    return tuple(wanted) or tuple(name for name in known if name not in EXCLUDED)


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


async def _explain_all(
    database_url: str, names: Sequence[str], options: ExplainOptions, advise: bool, stop: Stop, progress: Progress
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
        progress.begin(f"explaining at {table_rows:,} reservations", len(names))
        measured = []
        for name in await _reads_first(connection, names, data, options, limits):
            if stop:
                break
            statement = _Statement(name, load_statement(name), CASES[name], Draw(data, derive_seed(options.seed, name)))
            measured.append(await _measure(connection, statement, table_rows, options, limits))
            progress.advance(1)
        if advise and not stop:
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
            explained = await explain_statement(connection, sql, case.draw(draw), limits=limits, analyze=False)
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
        await _clean_up(connection, candidates[0].plan)
    heaviest = max(candidates, key=lambda one: (len(one.findings), one.plan.root.blocks))
    latency = LatencySummary.of(RawDistribution(latencies_ns))
    assert latency is not None
    point = GrowthPoint(table_rows, heaviest.plan.root.blocks, heaviest.plan.root.rows or 0, latency.p50_ms)
    return _Measured(build_query(empty, heaviest, latency, keep=literals(sql)), point)


async def _clean_up(connection: Connection, plan: Plan) -> None:
    """Take the dead rows of rolled-back writes away, where it is our right to."""
    written = {node.relation for node in plan.root.walk() if node.kind in {"Insert", "Update", "Delete"}}
    for table in sorted(filter(None, written)):
        await connection.execute(f'VACUUM "{table}"')


def build_query(
    empty: record.Query,
    explained: Explained,
    latency: LatencySummary | None,
    *,
    keep: frozenset[str],
    notes: tuple[str, ...] = (),
) -> record.Query:
    """The record of an explained statement. Bound values are masked; the literals in ``keep`` are not."""
    root, choice = explained.plan.root, explained.choice
    return empty.model_copy(
        update={
            "explained": True,
            "rows": None if root.rows is None else round(root.rows),
            "latency_ms": build_latency(latency),
            "planning_ms": explained.plan.planning_ms,
            "execution_ms": explained.plan.execution_ms,
            "blocks": root.blocks,
            "shape": fingerprint_shape(root),
            "generic_shape": explained.generic_shape,
            "index_use": record.IndexUse(could_serve=choice.could_serve, chosen=choice.chosen, indexes=choice.indexes),
            "plan": mask_plan(explained.document, keep),
            "findings": tuple(_build_finding(finding) for finding in explained.findings),
            "notes": notes,
        }
    )


def _build_finding(finding: Finding) -> record.Finding:
    return record.Finding(
        rule=finding.rule,
        severity=finding.severity.value,
        message=finding.message,
        fix=finding.advice,
        node=finding.node,
        path=finding.path,
        evidence=dict(finding.evidence),
    )


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
        _add_growth(one.query, points.get(one.query.name, ())) if last[one.query.name] is one else one.query
        for one in measured
    ]


def _add_growth(query: record.Query, points: Sequence[GrowthPoint]) -> record.Query:
    growth = fit_growth(points)
    if growth is None:
        return query
    findings = query.findings
    if growth.outgrows_result:
        findings += (
            record.Finding(
                rule="growth",
                severity=Severity.WARNING.value,
                message=f"blocks grow as rows^{growth.blocks_exponent:.2f}, the result as "
                f"rows^{growth.result_exponent:.2f}",
                fix="an index that leads to the result alone, or a limit on what is read",
                evidence={"blocks_exponent": growth.blocks_exponent, "result_exponent": growth.result_exponent},
            ),
        )
    return query.model_copy(
        update={
            "findings": findings,
            "growth": record.QueryGrowth(
                points=tuple(
                    record.GrowthPoint(
                        table_rows=round(point.table_rows),
                        blocks=round(point.blocks),
                        result_rows=round(point.result_rows),
                        p50_ms=point.latency_ms,
                    )
                    for point in points
                ),
                blocks_exponent=growth.blocks_exponent,
                result_exponent=growth.result_exponent,
                latency_exponent=growth.latency_exponent,
                outgrows_result=growth.outgrows_result,
            ),
        }
    )


def _judge(
    queries: Sequence[record.Query], baseline: record.Report | None
) -> tuple[tuple[PlanChange, ...], tuple[Judgement, ...]]:
    judgements = [judge_findings(queries)]
    changes: tuple[PlanChange, ...] = ()
    if baseline is not None:
        changes, compared = compare_with_baseline(queries, baseline.queries)
        judgements.append(_judge_count("plan-changes", len(changes), compared, "no plan to compare with"))
    return changes, tuple(judgements)


def judge_findings(queries: Sequence[record.Query]) -> Judgement:
    """No finding of severity error: missed with one, inconclusive when a statement could not be explained."""
    errors = sum(finding.severity == Severity.ERROR.value for query in queries for finding in query.findings)
    unexplained = [query.name for query in queries if not query.explained]
    if errors or not unexplained:
        return _judge_count("plan-errors", errors, len(queries), "no statement")
    objective = _build_objective("plan-errors")
    return Judgement(objective, Verdict.INCONCLUSIVE, f"not explained: {', '.join(unexplained)}", samples=len(queries))


def compare_with_baseline(
    queries: Sequence[record.Query], baseline: Sequence[record.Query]
) -> tuple[tuple[PlanChange, ...], int]:
    """Plans that changed against those of the same statement at the same size, and how many were compared."""
    before: Mapping[tuple[str, int | None], record.Query] = {(one.name, one.table_rows): one for one in baseline}
    changes, compared = [], 0
    for query in queries:
        base = before.get((query.name, query.table_rows))
        if base is None or base.plan is None or query.plan is None:
            continue
        compared += 1
        if (change := compare_plan(query.name, parse_explain(base.plan), parse_explain(query.plan))) is not None:
            changes.append(change)
    return tuple(changes), compared


def _judge_count(objective_id: str, count: int, samples: int, missing: str) -> Judgement:
    objective = _build_objective(objective_id)
    if not samples:
        return Judgement(objective, Verdict.INCONCLUSIVE, missing)
    verdict = Verdict.MISSED if count else Verdict.MET
    return Judgement(objective, verdict, f"{count} in {samples} plans", observed=float(count), samples=samples)


def _build_objective(objective_id: str) -> Objective:
    assertion = Assertion("count <= 0", "count", None, "<=", 0, Unit.COUNT)
    return Objective(objective_id, _WORKLOAD, Indicator.PLAN_ERRORS, assertion, set_name=BUILT_IN_SET)
