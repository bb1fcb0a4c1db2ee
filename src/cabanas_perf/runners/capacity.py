"""``loadtest capacity``: the highest arrival rate that holds the objectives, for one worker process and for more."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import uvloop

from cabanas_perf.load.arrivals import RateStage
from cabanas_perf.load.guards import judge_guards
from cabanas_perf.load.knee import find_knee
from cabanas_perf.load.scenario import Scenario
from cabanas_perf.load.search import search_rate
from cabanas_perf.load.tally import Phase, build_histogram
from cabanas_perf.load.usl import MIN_POINTS, fit_scalability
from cabanas_perf.measurement.distribution import percentile_ns
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.report import record
from cabanas_perf.report.build import build_report, build_workload
from cabanas_perf.report.files import write_report
from cabanas_perf.runners.audit import all_passed
from cabanas_perf.runners.databases import DataSize, open_backends
from cabanas_perf.runners.environment import describe_environment
from cabanas_perf.runners.load_observations import observe
from cabanas_perf.runners.load_record import build_load
from cabanas_perf.runners.load_session import (
    LoadOptions,
    LoadSession,
    LoadView,
    PartOutcome,
    check_audit_dsn,
    choose_scope,
    payments_of,
    read_part_replies,
    send_part,
)
from cabanas_perf.runners.loadtest import LoadResult, audit_parts
from cabanas_perf.runners.run import Run
from cabanas_perf.runners.server_watch import read_request_counts, subtract_counts
from cabanas_perf.runners.service_process import start_service
from cabanas_perf.runners.stop import Stop
from cabanas_perf.runners.target import Target, open_target, service_environment
from cabanas_perf.runners.voice_notes import Endpoints, choose_endpoints
from cabanas_perf.slo.exit_codes import exit_code_for
from cabanas_perf.slo.objective import Objective, RunKind
from cabanas_perf.slo.verdict import BUILT_IN_SET, Judgement, Observation, Verdict, judge
from cabanas_perf.stubs import Behaviour, start_stubs
from cabanas_perf.workloads.base import Need

DEFAULT_SCENARIO = "capacity"
_MAX_RPS = 20_000.0
_WORKER_COUNTS = (1, 2, 3, 4)
_CONFIRM_LENGTH = 2.5
"""Of a step's length: that of the longer run that proves what a step has shown."""
_CONFIRM_RATIO = 0.9
"""Short steps flatter, so the claim is proven a little below, and for longer; again and again where that fails."""
_CONFIRM_TRIES = 4
_FIRST_TRIES = 2
_TEXTS_ALONE = "a search would find how many voice notes a core can hear, and nothing else"


@dataclass(frozen=True, slots=True)
class _Step:
    """One try at one rate."""

    outcome: PartOutcome
    observations: dict[str, Observation]
    judgements: tuple[Judgement, ...]
    point: record.CapacityStep


@dataclass(slots=True)
class _Search:
    """The search at one number of workers."""

    session: LoadSession
    endpoints: Endpoints
    objectives: Sequence[Objective]
    in_scope: frozenset[str]
    workers: int | None
    steps: list[_Step]
    audits: list[record.Audit]

    def run(self) -> _Step | None:
        """The longer run that held, at the highest rate for which one did; None when there is none."""
        start_rps = self.session.options.scenario.stages[0].start_rps
        rate_rps = search_rate(self.holds, start_rps=start_rps, max_rps=_MAX_RPS)
        for _ in range(_CONFIRM_TRIES):
            if rate_rps is None or self.session.stop:
                break
            rate_rps *= _CONFIRM_RATIO
            step = self.try_rate(rate_rps, _CONFIRM_LENGTH * self.session.options.scenario.duration_s)
            if step.point.held:
                return step
        return None

    def holds(self, rate_rps: float) -> bool:
        if self.session.stop:
            return False
        # A service answers once its first process does; the others may still be starting, on cores that it needs. Such
        # a beginning would be the end of the search: no rate above one that failed is ever tried.
        tries = 1 if self.steps else _FIRST_TRIES
        return any(self.try_rate(rate_rps).point.held for _ in range(tries))

    def try_rate(self, rate_rps: float, duration_s: float | None = None) -> _Step:
        number = len(self.steps) + 1
        session = replace(self.session, run_id=f"{self.session.run_id}.{self.workers or 0}.{number}")
        scenario = _at_rate(session.options.scenario, rate_rps, duration_s)
        counts_before = read_request_counts(session.base_url)
        outcome = send_part(session, scenario)
        sent = self.endpoints.sent
        observations = observe([outcome.part], sent, read_part_replies(session, sent))
        judgements = (
            *judge(self.objectives, observations, self.in_scope, any_failure_misses=False),
            *judge_guards(outcome.guards),
        )
        counts = subtract_counts(read_request_counts(session.base_url), counts_before)
        self.audits.append(audit_parts(session, [outcome], counts))
        step = _Step(outcome, observations, judgements, _describe(outcome, rate_rps, judgements, self.workers))
        self.steps.append(step)
        session.view.say(_render_step(step.point))
        return step


def run_capacity(options: LoadOptions, *, stop: Stop, view: LoadView) -> LoadResult:
    """Search the rate, prove it in a longer run, and write the report, which is judged by that run.

    A service of our own is searched with 1, 2, ... worker processes, as far as there are cores for them and for the
    generator, and the Universal Scalability Law is fitted; a given host is searched as it is.

    Raises:
        RunError: as `run_loadtest` does.
    """
    run = Run()
    options = replace(options, abort=True)
    check_audit_dsn(options.audit_dsn)
    objectives = options.slo.select(run=RunKind.LOAD, set_name=options.slo_set)
    endpoints = choose_endpoints(options, texts_alone=_TEXTS_ALONE)
    in_scope = choose_scope(objectives, endpoints.sent, options.scenario)
    wanted = [one for one in objectives if one.id in in_scope]
    searches: list[_Search] = []
    rates: dict[int, float] = {}
    best: _Search | None = None
    confirmed: _Step | None = None
    environment: record.Environment | None = None
    for workers, target in _targets(options, view):
        if environment is None:
            environment = uvloop.run(describe_environment(target.backends, embedded=options.where.database_url is None))
        session = LoadSession(options, target, run.id, wanted, stop, view, payments_of(target))
        search = _Search(session, endpoints, objectives, in_scope, workers, [], [])
        searches.append(search)
        found = search.run()
        if found is not None and workers is not None:
            rates[workers] = found.point.rate_rps
        if found is not None and (confirmed is None or found.point.rate_rps > confirmed.point.rate_rps):
            best, confirmed = search, found
        if stop:
            break
    assert environment is not None
    last = confirmed or searches[-1].steps[-1]
    steps = [step.point for search in searches for step in search.steps]
    capacity = _build_capacity(steps, best, confirmed, rates)
    audits = [audit for search in searches for audit in search.audits]
    exit_code = exit_code_for(
        last.judgements,
        complete=not stop,
        interrupted_by=stop.asked_by,
        audit_passed=all_passed(audits) if options.audit else True,
    )
    report = build_report(
        run=run.describe(
            command=options.command,
            seed=options.seed,
            complete=not stop,
            slo=options.slo,
            slo_set=options.slo_set,
        ),
        environment=environment,
        exit_code=exit_code,
        workloads=[
            build_workload(observation, via="http")
            for observation in last.observations.values()
            if observation.summary is not None
        ],
        judgements=last.judgements,
        load=build_load(last.outcome, top_up=None).model_copy(
            update={"capacity": capacity, "left_out": dict(endpoints.left_out)}
        ),
        audit=next((audit for audit in audits if audit.passed is False), audits[-1]),
    )
    return LoadResult(report, write_report(report, options.output))


def _targets(options: LoadOptions, view: LoadView) -> Iterator[tuple[int | None, Target]]:
    """The host as it is, or services of our own with more and more worker processes."""
    where, scenario = options.where, options.scenario
    size = DataSize(cabins=scenario.cabins, reservations=scenario.reservations)
    if where.host is not None:
        with open_target(where, needs=frozenset(Need), writes=True, size=size, say=view.say) as target:
            yield None, target
        return
    with (
        open_backends(
            frozenset(Need),
            database_url=where.database_url,
            redis_url=where.redis_url,
            writes=True,
            allow_writes=where.allow_writes,
            size=size,
            say=view.say,
        ) as backends,
        start_stubs(Behaviour()) as stubs,
    ):
        environment = service_environment(backends, stubs)
        for workers in _WORKER_COUNTS[: max(MIN_POINTS, os.cpu_count() or 1)]:
            view.say(f"service with {workers} worker process{'es' if workers > 1 else ''}")
            with start_service(environment, workers=workers) as service:
                yield workers, Target(backends, service.base_url, environment, service, stubs)


def _at_rate(scenario: Scenario, rate_rps: float, duration_s: float | None) -> Scenario:
    length_s = scenario.duration_s if duration_s is None else duration_s
    return replace(
        scenario,
        name=f"{scenario.name} at {rate_rps:.4g} requests/s",
        stages=(RateStage(length_s, rate_rps, rate_rps),),
        duration_s=length_s,
    )


def _describe(
    outcome: PartOutcome, rate_rps: float, judgements: Sequence[Judgement], workers: int | None
) -> record.CapacityStep:
    part = outcome.part
    steady = part.collected.tally.select(phase=Phase.STEADY)
    histogram = build_histogram(steady.response)
    failed = [judgement.objective.id for judgement in judgements if _fails(judgement)]
    cpu = max((facts.cpu_s / facts.at_s for facts in part.collected.facts.values() if facts.at_s > 0), default=0.0)
    return record.CapacityStep(
        workers=workers,
        rate_rps=rate_rps,
        answered_rps=histogram.count / part.plan.steady_s,
        p50_ms=ns_to_ms(percentile_ns(histogram, 0.50)) if histogram.count else None,
        p95_ms=ns_to_ms(percentile_ns(histogram, 0.95)) if histogram.count else None,
        p99_ms=ns_to_ms(percentile_ns(histogram, 0.99)) if histogram.count else None,
        generator_cpu_ratio=cpu,
        held=not failed,
        failed=tuple(failed),
    )


def _fails(judgement: Judgement) -> bool:
    """Missed, or short of samples and on the wrong side so far; what cannot be seen from here fails at no rate."""
    if judgement.verdict is Verdict.INCONCLUSIVE:
        is_guard = judgement.objective.set_name == BUILT_IN_SET
        observed = judgement.observed
        return is_guard or (observed is not None and not judgement.objective.assertion.holds(observed))
    return judgement.verdict is Verdict.MISSED


def _build_capacity(
    steps: Sequence[record.CapacityStep], best: _Search | None, confirmed: _Step | None, rates: dict[int, float]
) -> record.Capacity:
    at_best = sorted((step.point for step in best.steps), key=lambda point: point.rate_rps) if best is not None else []
    points = [(point.rate_rps, point.p95_ms) for point in at_best if point.p95_ms is not None]
    knee = find_knee(points)
    law = fit_scalability(rates)
    return record.Capacity(
        steps=tuple(steps),
        held_rps=max((step.rate_rps for step in steps if step.held), default=None),
        confirmed_rps=None if confirmed is None else confirmed.point.rate_rps,
        knee_rps=None if knee is None else points[knee][0],
        rate_rps_by_workers={str(workers): rate for workers, rate in rates.items()},
        scalability=None
        if law is None
        else record.ScalabilityFit(
            single_rps=law.single_rps,
            contention=law.contention,
            coherency=law.coherency,
            best_workers=law.best_workers,
        ),
    )


def _render_step(point: record.CapacityStep) -> str:
    outcome = "held" if point.held else f"failed: {', '.join(point.failed)}"
    p95 = "-" if point.p95_ms is None else f"{point.p95_ms:.1f} ms"
    return (
        f"{point.rate_rps:8.1f} requests/s: P95 {p95}, generator {point.generator_cpu_ratio:.0%} of a core, {outcome}"
    )
