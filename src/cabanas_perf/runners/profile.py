"""``profile``: send each target's requests, judge and account for what was seen, and profile passes of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from cabanas.settings import Settings
from cabanas_perf.measurement.clock import SystemClock
from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stages import summarise_stages
from cabanas_perf.measurement.summary import LatencySummary, summarise
from cabanas_perf.report import record
from cabanas_perf.report.build import build_latency, build_report, build_workload
from cabanas_perf.report.files import write_report
from cabanas_perf.runners.accounting import account_for
from cabanas_perf.runners.audit import audit_over_http, audit_reservations
from cabanas_perf.runners.databases import DATABASE_ERRORS, DataSize
from cabanas_perf.runners.environment import describe_environment
from cabanas_perf.runners.measure import Advance, Pass, run_pass
from cabanas_perf.runners.memory import measure_memory
from cabanas_perf.runners.profiled_passes import MakeRecorder, ProfiledPasses, Profiling
from cabanas_perf.runners.profilers.base import Profiler, Recorder
from cabanas_perf.runners.progress import ProgressListener
from cabanas_perf.runners.run import Run, derive_seed
from cabanas_perf.runners.stop import Stop
from cabanas_perf.runners.target import Target, TargetOptions, open_target
from cabanas_perf.slo.exit_codes import exit_code_for
from cabanas_perf.slo.file import SloFile
from cabanas_perf.slo.objective import MEASURED_BY, Assertion, Indicator, Objective, RunKind, Unit
from cabanas_perf.slo.verdict import BUILT_IN_SET, Observation, judge
from cabanas_perf.workloads.base import (
    Account,
    AccountingWorkload,
    CannotRun,
    Need,
    PureWorkload,
    Via,
    Workload,
    WorkloadContext,
    WorkloadSpec,
)
from cabanas_perf.workloads.prereservation import run_marker

_REQUESTS_PER_CABIN = 4
"""So few stays in each cabin's ten months leave most of its nights free, and most wishes are granted."""
_MIN_CABINS = 24

_COSTLY_PROFILED_REQUESTS = 13
"""Where a request takes seconds, a profile over so many shows as much as one over hundreds."""

_MOST_REPEATS = 20
"""A profiler that looks now and then is given at most so many times the requests, to make the pass last a second."""

_NOT_CONNECTED = frozenset({"ConnectError", "ConnectTimeout", "ConnectionRefusedError", "FileNotFoundError"})
"""Kinds of failure that say that nobody was there."""


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """What to profile, and how."""

    targets: Sequence[WorkloadSpec]
    command: str
    slo: SloFile
    slo_set: str
    output: Path
    where: TargetOptions = field(default_factory=TargetOptions)
    requests: int | None = None
    """For each target, see `requests_for`; None: the target's own default."""
    concurrency: int | None = None
    """For each target; None: the target's own default."""
    warmup: int = 10
    seed: int = 0
    distinct: bool = False
    timeout_s: float = 10.0
    profilers: Sequence[Profiler] = ()
    """Each has a pass of its own."""
    query_budget: int | None = None
    """The most statements that one request may send to the database; None: as many as it likes."""
    memory: bool = False
    """Watch, in a pass of its own, what requests called directly do to memory."""
    audit: bool = True

    def requests_for(self, spec: WorkloadSpec) -> int:
        """A count given for several targets is meant for the cheap ones: `WorkloadSpec.costly` caps it."""
        if self.requests is None:
            return spec.default_requests
        if spec.costly and len(self.targets) > 1:
            return min(self.requests, spec.default_requests)
        return self.requests

    def concurrency_for(self, spec: WorkloadSpec) -> int:
        return self.concurrency or spec.default_concurrency

    @property
    def writers(self) -> Sequence[WorkloadSpec]:
        """Targets that leave rows in the database."""
        return [spec for spec in self.targets if spec.writes]


@dataclass(frozen=True, slots=True)
class ProfileResult:
    report: record.Report
    path: Path


@dataclass(frozen=True, slots=True)
class Measured:
    """One target's part of the report; ``workload`` is None when it could not be opened."""

    name: str
    observation: Observation
    workload: record.Workload | None = None
    references: Sequence[str] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class ProfileSession:
    """What every pass of a run shares."""

    options: ProfileOptions
    target: Target
    run: Run
    stop: Stop
    progress: ProgressListener


def run_profile(options: ProfileOptions, *, stop: Stop, progress: ProgressListener) -> ProfileResult:
    """Profile every target, write the report, and answer with it.

    A stop ends the current pass; what was measured until then is reported, as a partial report.

    Raises:
        RunError: when the run cannot begin: an unsafe or silent target, servers that do not start.
    """
    run = Run()
    objectives = (*options.slo.select(run=RunKind.PROFILE, set_name=options.slo_set), *_budget_objectives(options))
    names = {spec.name for spec in options.targets}
    in_scope = {one.id for one in objectives if one.workload in names and one.indicator in MEASURED_BY[RunKind.PROFILE]}
    with open_target(
        options.where,
        needs=frozenset(need for spec in options.targets for need in spec.needs),
        writes=bool(options.writers),
        size=choose_size(options),
        say=progress.say,
    ) as target:
        environment = uvloop.run(describe_environment(target.backends, embedded=options.where.database_url is None))
        measured, audit = measure_targets(ProfileSession(options, target, run, stop, progress))
    workloads = [one.workload for one in measured if one.workload is not None]
    observations = {one.name: one.observation for one in measured}
    judgements = judge(objectives, observations, in_scope, any_failure_misses=True)
    complete = not stop and all(one.complete for one in measured)
    exit_code = exit_code_for(
        judgements,
        complete=complete,
        interrupted_by=stop.asked_by,
        target_reached=not workloads or any(was_reached(one) for one in workloads),
        audit_passed=True if audit is None or not options.audit else audit.passed,
    )
    report = build_report(
        run=run.describe(
            command=options.command,
            seed=options.seed,
            complete=complete,
            slo=options.slo,
            slo_set=options.slo_set,
        ),
        environment=environment,
        exit_code=exit_code,
        workloads=workloads,
        judgements=judgements,
        audit=audit,
    )
    return ProfileResult(report, write_report(report, options.output))


def _budget_objectives(options: ProfileOptions) -> list[Objective]:
    """The budget as an objective of each target that asks a database."""
    budget = options.query_budget
    if budget is None:
        return []
    return [
        Objective(
            id=f"{spec.name}-query-budget",
            workload=spec.name,
            indicator=Indicator.QUERIES,
            assertion=Assertion(f"count <= {budget}", "count", None, "<=", budget, Unit.COUNT),
            set_name=BUILT_IN_SET,
        )
        for spec in options.targets
        if Need.POSTGRES in spec.needs
    ]


def choose_size(options: ProfileOptions) -> DataSize:
    """Data for a fresh database in which most of the run's wishes find free nights."""
    passes = 1 + len(options.profilers) + options.memory
    inputs = sum(options.warmup + passes * options.requests_for(spec) for spec in options.writers)
    return DataSize(cabins=max(_MIN_CABINS, inputs // _REQUESTS_PER_CABIN), seed=options.seed)


def measure_targets(session: ProfileSession) -> tuple[list[Measured], record.Audit | None]:
    """Every target's part, one after the other until a stop, and the audit when one of them writes; the rows that
    they left are removed.
    """
    measured = [_measure(spec, session) for spec in session.options.targets if not session.stop]
    codes = [code for one in measured for code in one.references]
    return measured, _audit(session, codes) if session.options.writers else None


def _measure(spec: WorkloadSpec, session: ProfileSession) -> Measured:
    """The unprofiled pass, which everything is judged by, then the profiled one."""
    options, target = session.options, session.target
    count = options.requests_for(spec)
    if options.requests is not None and count < options.requests:
        session.progress.say(f"{spec.name}: {count} requests, for each takes seconds; name it alone to have more")
    try:
        plain, requests, account = uvloop.run(_run_passes(spec, session, "measuring", target.base_url, None, count))
    except CannotRun as error:
        session.progress.say(f"{spec.name} cannot be profiled: {error}")
        return Measured(spec.name, Observation(missing=str(error)))
    summary = summarise(
        spec.name,
        plain.samples,
        elapsed_s=plain.elapsed_s,
        # Over HTTP, and with workers of its own, the process that works is not this one.
        cpu_s=None if spec.works_elsewhere or target.base_url is not None else plain.cpu_s,
        ack_latencies_ns=plain.ack_latencies_ns,
    )
    profiled = ProfiledPasses()
    if plain.complete and options.profilers and summary.latency is not None:
        if target.base_url is not None and target.service is None:
            session.progress.say("no profile: the service behind --host can only be profiled where it runs")
        else:
            profiled = _profile(spec, session, plain)
    memory, remembered = _watch_memory(spec, session) if plain.complete and options.memory else (None, ())
    accounts = account_for(plain, query_budget=options.query_budget)
    observation = Observation(summary, wer=account.wer, queries=accounts.queries_max)
    workload = build_workload(
        observation,
        via=Via.DIRECT.value if target.base_url is None else Via.HTTP.value,
        stages=summarise_stages(plain.traces, spec.estimates, start_up=account.start_up),
        concurrency=options.concurrency_for(spec),
        warmup=options.warmup,
        inputs=_describe_inputs(requests, plain),
        notes=[*account.notes, *profiled.notes],
    ).model_copy(
        update={
            "waterfall": accounts.waterfall,
            "attribution": accounts.attribution,
            "queries_per_request": accounts.queries_per_request,
            "statements": tuple(accounts.statements),
            "findings": tuple(accounts.findings),
            "profile": profiled.profiles[0] if profiled.profiles else None,
            "profiles": tuple(profiled.profiles),
            "disagreements": profiled.disagreements(),
            "memory": memory,
        }
    )
    references = [*plain.references, *profiled.references, *remembered]
    return Measured(spec.name, observation, workload, references, plain.complete)


def _watch_memory(spec: WorkloadSpec, session: ProfileSession) -> tuple[record.Memory | None, Sequence[str]]:
    if session.target.base_url is not None or spec.works_elsewhere:
        session.progress.say(f"{spec.name}: its memory is another process's, so there is none to watch here")
        return None, ()
    return uvloop.run(_run_memory(spec, session, session.options.requests_for(spec)))


def _profile(spec: WorkloadSpec, session: ProfileSession, plain: Pass) -> ProfiledPasses:
    """The profiled passes, each over as many fresh inputs unless they are costly; in this process, or in a service."""
    options = session.options
    count = options.requests_for(spec)
    if spec.costly:
        count = min(count, _COSTLY_PROFILED_REQUESTS)
    # What writes would run out of free nights.
    lasting = count if spec.writes else max(count, min(_MOST_REPEATS * count, _count_for_a_second(plain)))

    def run_profiled(profiler: Profiler, base_url: str | None, make_recorder: MakeRecorder) -> Pass:
        title = f"profiling by {profiler.name}"
        requests = lasting if profiler.samples else count
        done, *_ = uvloop.run(_run_passes(spec, session, title, base_url, make_recorder, requests))
        return done

    profiling = Profiling(
        target=spec.name,
        folder=options.output,
        started_at=session.run.started_at,
        plain=plain,
        works_here=not spec.works_elsewhere and session.target.base_url is None,
        service_environment=None if session.target.service is None else session.target.environment,
    )
    return profiling.run(options.profilers, run_profiled)


def _count_for_a_second(plain: Pass) -> int:
    """So many requests take about a second."""
    return round(len(plain.samples) / plain.elapsed_s) if plain.elapsed_s else 0


async def _run_passes(
    spec: WorkloadSpec,
    session: ProfileSession,
    title: str,
    base_url: str | None,
    make_recorder: MakeRecorder | None,
    requests: int,
) -> tuple[Pass, Sequence[Any], Account]:
    """One pass over a workload of its own, recorded by what ``make_recorder`` makes; answers with it, with its inputs,
    and with what the workload learnt.
    """
    recorder = None if make_recorder is None else make_recorder()
    async with _open_warm(spec, session, title, base_url, requests) as (workload, references):
        inputs = workload.draw(requests)
        session.progress.begin(f"{title} {spec.title}", requests)
        done = await _run(spec, session, workload, inputs, session.progress.advance, recorder)
        account = workload.account(inputs) if isinstance(workload, AccountingWorkload) else Account()
    done.references.extend(references)
    return done, inputs, account


async def _run_memory(
    spec: WorkloadSpec, session: ProfileSession, requests: int
) -> tuple[record.Memory | None, Sequence[str]]:
    """What the requests of a pass of its own did to memory, and what was acknowledged."""
    title = "watching the memory of"
    async with _open_warm(spec, session, title, None, requests) as (workload, references):
        inputs = workload.draw(requests)
        session.progress.begin(f"{title} {spec.title}", requests)
        memory, found = await measure_memory(workload, inputs, stop=session.stop, advance=session.progress.advance)
    return memory, [*references, *found]


@asynccontextmanager
async def _open_warm(
    spec: WorkloadSpec, session: ProfileSession, purpose: str, base_url: str | None, requests: int
) -> AsyncIterator[tuple[Workload | PureWorkload, Sequence[str]]]:
    """The workload for the block, warmed up, and what was acknowledged so far."""
    options = session.options
    context = WorkloadContext(
        via=Via.DIRECT if base_url is None else Via.HTTP,
        # Each pass has inputs of its own: a wish that was granted once would be refused the second time.
        seed=derive_seed(options.seed, purpose),
        total_requests=options.warmup + requests,
        run_id=session.run.id,
        settings=_service_settings(session.target),
        base_url=base_url,
        timeout_s=options.timeout_s,
        distinct=options.distinct,
    )
    async with spec.open(context) as workload:
        warmed = await _run(spec, session, workload, workload.draw(options.warmup), lambda _: None, None)
        yield workload, warmed.references


def _run(
    spec: WorkloadSpec,
    session: ProfileSession,
    workload: Workload | PureWorkload,
    inputs: Sequence[Any],
    advance: Advance,
    recorder: Recorder | None,
) -> Coroutine[Any, Any, Pass]:
    return run_pass(
        workload,
        inputs,
        clock=SystemClock(),
        stop=session.stop,
        stage_name=spec.name,
        concurrency=session.options.concurrency_for(spec),
        recorder=recorder,
        advance=advance,
    )


def _service_settings(target: Target) -> Settings:
    """The settings of the service that requests go to: as it was started, when it is ours."""
    ours = {name.removeprefix("CABANAS_").lower(): value for name, value in target.environment.items()}
    given = {"database_url": target.backends.database_url, "redis_url": target.backends.redis_url}
    return Settings.model_validate(Settings().model_dump() | given | ours)


def _describe_inputs(requests: Sequence[Any], done: Pass) -> record.Inputs | None:
    """How varied the inputs were, and how long those took that came for the first time; None unless they are texts."""
    if not requests or not isinstance(requests[0], str):
        return None
    seen: set[str] = set()
    first_ns = []
    for request, sample in zip(requests, done.samples, strict=False):
        if request not in seen and sample.outcome is Outcome.OK:
            first_ns.append(sample.latency_ns)
        seen.add(request)
    first = LatencySummary.of(RawDistribution(first_ns))
    return record.Inputs(distinct=len(seen), first_latency_ms=build_latency(first))


def _audit(session: ProfileSession, codes: Sequence[str]) -> record.Audit:
    target = session.target
    if not session.options.audit:
        return record.Audit(source="none", passed=None, detail="left out by --no-audit")
    if target.backends.database_url is None:
        assert target.base_url is not None
        return uvloop.run(audit_over_http(target.base_url, codes, timeout_s=session.options.timeout_s))
    try:
        return uvloop.run(audit_reservations(target.backends.database_url, codes, marker=run_marker(session.run.id)))
    except DATABASE_ERRORS as error:
        # The requests were sent and are judged; what they left behind stays unknown.
        return record.Audit(source="database", passed=None, detail=f"it cannot be asked ({type(error).__name__})")


def was_reached(workload: record.Workload) -> bool:
    """False when not one request found anybody to answer it."""
    failed_to_connect = sum(
        count for name, count in workload.outcomes.items() if name.rpartition("/")[2] in _NOT_CONNECTED
    )
    return failed_to_connect < workload.requests
