"""``check``: everything that there are objectives for, part by part, in one report with one verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import uvloop

from cabanas.db.seed import cabins_for
from cabanas_perf.load.scenario import Scenario
from cabanas_perf.report import record
from cabanas_perf.report.build import build_report
from cabanas_perf.report.files import write_report
from cabanas_perf.report.observe import DATABASE, count_plan_errors
from cabanas_perf.runners.audit import merge_audits
from cabanas_perf.runners.check_parts import LOAD, PLANS, CheckScope, Parts, choose_check_scope
from cabanas_perf.runners.databases import DataSize, open_backends
from cabanas_perf.runners.environment import describe_environment
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.explain import ExplainOptions, explain_database
from cabanas_perf.runners.explain_report import judge_findings
from cabanas_perf.runners.load_session import (
    LoadOptions,
    LoadSession,
    LoadView,
    find_endpoints,
    payments_of,
)
from cabanas_perf.runners.loadtest import LoadMeasured, measure_load
from cabanas_perf.runners.profile import (
    Measured,
    ProfileOptions,
    ProfileSession,
    choose_size,
    measure_targets,
    was_reached,
)
from cabanas_perf.runners.progress import ProgressListener
from cabanas_perf.runners.run import Run
from cabanas_perf.runners.service_process import start_service
from cabanas_perf.runners.stop import Stop
from cabanas_perf.runners.target import Target, TargetOptions, open_target, service_environment
from cabanas_perf.slo.exit_codes import ExitCode, exit_code_for
from cabanas_perf.slo.file import SloFile
from cabanas_perf.slo.objective import ALL_WORKLOADS, Assertion, Indicator, Objective, Unit
from cabanas_perf.slo.verdict import BUILT_IN_SET, Judgement, Observation, Verdict, judge
from cabanas_perf.stubs import Behaviour, start_stubs
from cabanas_perf.workloads.base import Need, Via, WorkloadSpec

_RESERVATIONS = 20_000
"""Enough for a plan that reads a whole table to show, and seeded in about a second."""
_CABINS = 200
"""So many that few of the load's wishes find their nights taken, by the profiled parts or by the data."""
_EXECUTIONS = 60
"""59 prove a P95."""
_SLOW_REQUESTS = 65
"""Of a workload whose requests mostly wait for a provider: what proves its P95 with some to spare."""
_CONCURRENCY = 12
"""Of such a workload: so many wait at once without keeping each other waiting."""


class CheckView(ProgressListener, LoadView, Protocol):
    """Shows how every kind of part gets on."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What to check, and how to judge it."""

    parts: Parts
    targets: Sequence[WorkloadSpec]
    """The workloads of the chosen parts, those that this installation cannot run included."""
    scenario: Scenario
    command: str
    slo: SloFile
    slo_set: str
    output: Path
    where: TargetOptions = field(default_factory=TargetOptions)
    seed: int = 0
    audit_dsn: str | None = None

    def why_not(self, spec: WorkloadSpec) -> str | None:
        """Why a workload cannot be run, and what to do about it; None where it can."""
        if self.where.via not in spec.vias:
            return f"it cannot be driven over {self.where.via.value}; without --host it can"
        return spec.why_unavailable()

    def runnable(self) -> list[WorkloadSpec]:
        return [_shortened(spec) for spec in self.targets if self.why_not(spec) is None]


@dataclass(frozen=True, slots=True)
class CheckResult:
    report: record.Report
    path: Path


@dataclass(slots=True)
class _Found:
    """What the parts came to so far."""

    queries: Sequence[record.Query] | None = None
    """None: the part was left out, or never came to its end."""
    measured: Sequence[Measured] = ()
    load: LoadMeasured | None = None
    audits: dict[str, record.Audit] = field(default_factory=dict)
    failed: dict[str, RunError] = field(default_factory=dict)
    """Parts that could not be run."""


@dataclass(frozen=True, slots=True)
class _Session:
    options: CheckOptions
    scope: CheckScope
    endpoints: Sequence[str]
    run: Run
    stop: Stop
    view: CheckView
    found: _Found

    def attempt(self, part: str, work: Callable[[], None]) -> None:
        """Do the part's work unless it was left out or a stop was asked for; when it cannot be done, the others go on
        and the check does not pass.
        """
        if part not in {*self.options.parts.chosen, _PROFILED} or self.stop:
            return
        try:
            work()
        except RunError as error:
            self.view.say(f"{part}: {error}")
            self.found.failed[part] = error


_PROFILED = "profile"
"""The parts that are profiled, together."""


def run_check(options: CheckOptions, *, stop: Stop, view: CheckView) -> CheckResult:
    """Run the chosen parts one after the other, so that none disturbs another one's measurement; judge them, write
    one report, and answer with it.

    Raises:
        RunError: when nothing can be begun: an unsafe or silent target, servers that do not start.
        SloError: for a set that the SLO file does not have.
    """
    run, found = Run(), _Found()
    endpoints = find_endpoints(options.scenario)
    scope = choose_check_scope(
        options.slo, options.slo_set, options.parts, endpoints=endpoints, not_meant=options.scenario.out_of_scope
    )
    session = _Session(options, scope, endpoints, run, stop, view, found)
    with _open_target(options, view) as target:
        environment = uvloop.run(describe_environment(target.backends, embedded=options.where.database_url is None))
        session.attempt(PLANS, lambda: _explain(session, target))
        session.attempt(_PROFILED, lambda: _profile(session, target))
        session.attempt(LOAD, lambda: _load(session, target))
    return _report(session, environment)


@contextmanager
def _open_target(options: CheckOptions, view: CheckView) -> Iterator[Target]:
    """One set of servers for all parts; the cores are called directly unless a host is given."""
    if options.where.host is not None:
        with open_target(options.where, needs=frozenset(), writes=True, size=DataSize(), say=view.say) as target:
            yield target
        return
    writes = LOAD in options.parts.chosen or any(spec.writes for spec in options.targets)
    needs = {need for spec in options.targets for need in spec.needs}
    if PLANS in options.parts.chosen:
        needs.add(Need.POSTGRES)
    with open_backends(
        frozenset(Need) if LOAD in options.parts.chosen else needs,
        database_url=options.where.database_url,
        redis_url=options.where.redis_url,
        writes=writes,
        allow_writes=options.where.allow_writes,
        size=_choose_size(options),
        say=view.say,
    ) as backends:
        yield Target(backends)


def _choose_size(options: CheckOptions) -> DataSize:
    """Data for what any part needs of it."""
    size = choose_size(_profile_options(options))
    if PLANS in options.parts.chosen:
        size = replace(size, reservations=_RESERVATIONS)
    return replace(size, cabins=max(size.cabins, cabins_for(size.reservations), _CABINS))


def _shortened(spec: WorkloadSpec) -> WorkloadSpec:
    """As many requests as a verdict takes, where each of them waits for somebody."""
    if spec.default_concurrency == 1:
        return spec
    return replace(
        spec,
        default_requests=min(spec.default_requests, _SLOW_REQUESTS),
        # Transcription is work for this machine, and more of it at once takes no less time.
        default_concurrency=spec.default_concurrency if spec.costly else _CONCURRENCY,
    )


def _explain(session: _Session, target: Target) -> None:
    options = session.options
    database_url = target.backends.database_url or options.audit_dsn
    if database_url is None:
        raise RunError("the service's database is not within reach", fix="name it with --audit-dsn")
    explain_options = ExplainOptions(
        command=options.command,
        output=options.output,
        executions=_EXECUTIONS,
        seed=options.seed,
        database_url=database_url,
        allow_writes=options.where.allow_writes,
    )
    session.found.queries = uvloop.run(
        explain_database(database_url, explain_options, stop=session.stop, progress=session.view)
    )


def _profile_options(options: CheckOptions) -> ProfileOptions:
    return ProfileOptions(
        targets=options.runnable(),
        command=options.command,
        slo=options.slo,
        slo_set=options.slo_set,
        output=options.output,
        where=options.where,
        seed=options.seed,
    )


def _profile(session: _Session, target: Target) -> None:
    options = _profile_options(session.options)
    found = session.found
    found.measured, audit = measure_targets(ProfileSession(options, target, session.run, session.stop, session.view))
    if audit is not None:
        found.audits[_PROFILED] = audit


def _load(session: _Session, target: Target) -> None:
    with _service(target) as serving:
        options = LoadOptions(
            scenario=session.options.scenario,
            command=session.options.command,
            slo=session.options.slo,
            slo_set=session.options.slo_set,
            output=session.options.output,
            where=replace(session.options.where, via=Via.HTTP),
            seed=session.options.seed,
            audit_dsn=session.options.audit_dsn,
        )
        load_session = LoadSession(
            options,
            serving,
            # The audit counts the rows of one run, and the profiled parts had theirs.
            f"{session.run.id}.load",
            session.scope.loaded_in_scope,
            session.stop,
            session.view,
            payments_of(serving),
        )
        session.found.load = measure_load(load_session, session.endpoints)
    session.found.audits[LOAD] = session.found.load.audit


@contextmanager
def _service(target: Target) -> Iterator[Target]:
    """The given host, or a service of our own, which runs for this part alone: its worker would take the profiled
    parts' messages from theirs.
    """
    if target.base_url is not None:
        yield target
        return
    with start_stubs(Behaviour()) as stubs:
        environment = service_environment(target.backends, stubs)
        with start_service(environment) as service:
            yield Target(target.backends, service.base_url, environment, service, stubs)


def _observe(session: _Session) -> dict[str, Observation]:
    """What the profiled parts and the plans say of each workload."""
    found = session.found
    options = session.options
    observations = {
        spec.name: Observation(missing=reason) for spec in options.targets if (reason := options.why_not(spec))
    }
    observations |= {one.name: one.observation for one in found.measured}
    if found.queries is not None:
        database = observations.get(DATABASE, Observation())
        observations[DATABASE] = replace(database, plan_errors=count_plan_errors(found.queries))
    return observations


def _judge(session: _Session, observations: Mapping[str, Observation]) -> tuple[Judgement, ...]:
    scope, found = session.scope, session.found
    judgements = judge(scope.profiled, observations, scope.in_scope, any_failure_misses=True)
    if found.queries is not None:
        judgements += (judge_findings(found.queries),)
    if found.load is not None:
        judgements += found.load.judge(scope.loaded, scope.in_scope)
    else:
        judgements += judge(scope.loaded, {}, scope.in_scope, any_failure_misses=False)
    return judgements + tuple(_judge_failed(part, error) for part, error in found.failed.items())


def _judge_failed(part: str, error: RunError) -> Judgement:
    objective = Objective(
        id=f"{part}-ran",
        workload=ALL_WORKLOADS,
        indicator=Indicator.ERROR_RATE,
        assertion=Assertion("the part ran", "count", None, "<=", 0, Unit.COUNT),
        set_name=BUILT_IN_SET,
    )
    return Judgement(objective, Verdict.INCONCLUSIVE, "; ".join(filter(None, (str(error), error.fix))))


def _report(session: _Session, environment: record.Environment) -> CheckResult:
    options, found = session.options, session.found
    observations = _observe(session)
    judgements = _judge(session, observations)
    complete = (
        not session.stop
        and not found.failed
        and all(one.complete for one in found.measured)
        and (found.load is None or found.load.complete)
    )
    workloads = [one.workload for one in found.measured if one.workload is not None]
    failures = {error.exit_code for error in found.failed.values()}
    audit = merge_audits(found.audits)
    exit_code = exit_code_for(
        judgements,
        complete=complete,
        interrupted_by=session.stop.asked_by,
        target_reached=ExitCode.TARGET_NOT_REACHED not in failures
        and (not workloads or any(was_reached(one) for one in workloads)),
        audit_passed=True if audit is None else audit.passed,
    )
    report = build_report(
        run=session.run.describe(
            command=options.command,
            seed=options.seed,
            complete=complete,
            slo=options.slo,
            slo_set=options.slo_set,
            parts=options.parts.chosen,
            skipped=options.parts.skipped,
        ),
        environment=environment,
        exit_code=exit_code,
        workloads=workloads,
        judgements=judgements,
        queries=found.queries or (),
        load=_build_load(found.load),
        audit=audit,
    )
    return CheckResult(report, write_report(report, options.output))


def _build_load(measured: LoadMeasured | None) -> record.Load | None:
    if measured is None:
        return None
    return measured.build_load().model_copy(update={"judged": tuple(measured.build_workloads())})
