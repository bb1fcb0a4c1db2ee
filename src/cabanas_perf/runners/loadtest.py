"""``loadtest``: send a scenario's load, judge what was seen, and audit what is left behind."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import uvloop

from cabanas_perf.load.arrivals import RateStage
from cabanas_perf.load.delta import Collected
from cabanas_perf.load.guards import judge_guards
from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import Model
from cabanas_perf.load.scenario import Scenario, TopUp, make_plan
from cabanas_perf.load.tally import Phase
from cabanas_perf.load.user_files import find_user_classes
from cabanas_perf.report import record
from cabanas_perf.report.build import build_report, build_workload
from cabanas_perf.report.files import write_report
from cabanas_perf.runners.audit import audit_over_http, audit_reservations
from cabanas_perf.runners.databases import DATABASE_ERRORS, DataSize
from cabanas_perf.runners.environment import describe_environment
from cabanas_perf.runners.load_generator import run_worker
from cabanas_perf.runners.load_observations import REPLIED_ENDPOINTS, count_unanswered, observe
from cabanas_perf.runners.load_record import build_load
from cabanas_perf.runners.load_session import (
    LoadOptions,
    LoadSession,
    LoadView,
    PartOutcome,
    check_audit_dsn,
    choose_scope,
    client_environment,
    find_endpoints,
    payments_of,
    read_part_replies,
    send_part,
)
from cabanas_perf.runners.run import Run
from cabanas_perf.runners.server_watch import read_request_counts, subtract_counts
from cabanas_perf.runners.stop import Stop
from cabanas_perf.runners.target import open_target
from cabanas_perf.runners.voice_notes import choose_endpoints, give_voice_notes
from cabanas_perf.runners.webhook_replies import remove_webhook_events
from cabanas_perf.slo.exit_codes import ExitCode, exit_code_for
from cabanas_perf.slo.objective import ALL_WORKLOADS, Objective, RunKind
from cabanas_perf.slo.verdict import Judgement, Observation, Verdict, judge
from cabanas_perf.workloads import webhook_audio
from cabanas_perf.workloads.base import Need

_TOP_UP_WARMUP_S = 2.0
_TOP_UP_SURPLUS = 1.1
"""Some requests of a top-up fall into its warm-up, and some lists come before reservations."""
_PRERESERVATION = "prereservation"


@dataclass(frozen=True, slots=True)
class LoadResult:
    report: record.Report
    path: Path


@dataclass(frozen=True, slots=True)
class LoadMeasured:
    """What a scenario's load came to, its top-up included."""

    observations: dict[str, Observation]
    outcomes: Sequence[PartOutcome]
    audit: record.Audit
    scenario: Scenario
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Endpoints of the scenario that were sent nothing, and why."""

    @property
    def complete(self) -> bool:
        """False when it was ended because an objective could not be met any more."""
        return all(each.hopeless is None for each in self.outcomes)

    def judge(self, objectives: Sequence[Objective], in_scope: Collection[str]) -> tuple[Judgement, ...]:
        """By the objectives, and by the guards that failed."""
        judgements = judge(objectives, self.observations, in_scope, any_failure_misses=False)
        return (
            *(
                replace(one, reason=why) if (why := self.left_out.get(one.objective.workload)) else one
                for one in judgements
            ),
            *judge_guards(guard for each in self.outcomes for guard in each.guards),
        )

    def build_workloads(self) -> Iterator[record.Workload]:
        for name, observation in self.observations.items():
            if observation.summary is not None:
                yield build_workload(observation, via="http", notes=self._describe(name))

    def _describe(self, endpoint: str) -> Iterator[str]:
        yield from _describe_parts(endpoint, self.outcomes)
        if endpoint == webhook_audio.SPEC.name and math.isfinite(self.scenario.voice_notes_up_to_s):
            yield f"voice notes of at most {self.scenario.voice_notes_up_to_s:g} s"

    def build_load(self) -> record.Load:
        load: record.Load | None = None
        for each in reversed(self.outcomes):
            load = build_load(each, top_up=load)
        assert load is not None
        return load.model_copy(
            update={"out_of_scope": tuple(sorted(self.scenario.out_of_scope)), "left_out": dict(self.left_out)}
        )


def run_loadtest(options: LoadOptions, *, stop: Stop, view: LoadView) -> LoadResult:
    """Run the scenario once, with its top-up when objectives are short of samples, and write the report.

    Raises:
        RunError: when the run cannot begin: a scenario that cannot work, an unsafe or silent target.
    """
    run = Run()
    scenario = options.scenario
    endpoints = choose_endpoints(options)
    objectives = options.slo.select(run=RunKind.LOAD, set_name=options.slo_set)
    in_scope = choose_scope(objectives, endpoints.sent, scenario)
    size = DataSize(cabins=scenario.cabins, reservations=scenario.reservations)
    check_audit_dsn(options.audit_dsn)
    with open_target(
        options.where, needs=frozenset(Need), writes=True, size=size, say=view.say, hears=endpoints.hears
    ) as target:
        session = LoadSession(
            options,
            target,
            run.id,
            [one for one in objectives if one.id in in_scope],
            stop,
            view,
            payments_of(target),
            give_voice_notes(target, scenario) if endpoints.hears else (),
            endpoints.left_out,
        )
        environment = uvloop.run(describe_environment(target.backends, embedded=options.where.database_url is None))
        measured = measure_load(session, endpoints.sent)
    judgements = measured.judge(objectives, in_scope)
    complete = not stop and measured.complete
    exit_code = exit_code_for(
        judgements,
        complete=complete,
        interrupted_by=stop.asked_by,
        audit_passed=measured.audit.passed if options.audit else True,
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
        workloads=measured.build_workloads(),
        judgements=judgements,
        load=measured.build_load(),
        audit=measured.audit,
    )
    return LoadResult(report, write_report(report, options.output))


def measure_load(session: LoadSession, endpoints: Collection[str]) -> LoadMeasured:
    """Send the scenario's load, top it up where objectives are short of samples, and audit what was left behind."""
    counts_before = read_request_counts(session.base_url)
    main = send_part(session, session.options.scenario)
    replies = read_part_replies(session, endpoints)
    observations = observe([main.part], endpoints, replies)
    in_scope = [one.id for one in session.objectives]
    top_up = _top_up(session, judge(session.objectives, observations, in_scope, any_failure_misses=False), main)
    outcomes = [main] if top_up is None else [main, top_up]
    if top_up is not None:
        replies = read_part_replies(session, endpoints)
        observations = observe([each.part for each in outcomes], endpoints, replies)
    counts_after = read_request_counts(session.base_url)
    audit = audit_parts(session, outcomes, subtract_counts(counts_after, counts_before))
    return LoadMeasured(observations, outcomes, audit, session.options.scenario, session.left_out)


def run_load_worker(
    options: LoadOptions, master_host: str, master_port: int, *, stop: Stop, view: LoadView
) -> ExitCode:
    """Send load for a master on another machine, until it says that the run is over. Nothing is judged here."""
    find_endpoints(options.scenario)
    view.say(f"worker of {master_host}:{master_port}")
    code = run_worker(
        make_plan(options.scenario, marker="", seed=options.seed, workers=1, results=Path(os.devnull)),
        environment=client_environment(os.environ, options.scenario),
        master_host=master_host,
        master_port=master_port,
        keep_on=lambda: not stop,
    )
    return stop.asked_by or (ExitCode.MET if code == 0 else ExitCode.TARGET_NOT_REACHED)


def _top_up(session: LoadSession, judgements: Sequence[Judgement], main: PartOutcome) -> PartOutcome | None:
    """More requests for objectives that are only short of samples; None when there is nothing to add."""
    scenario = session.options.scenario
    if scenario.top_up is None or session.stop or main.hopeless is not None:
        return None
    short = {
        (endpoint := judgement.objective.workload): max(
            judgement.missing_samples, scenario.top_up.of(endpoint).requests
        )
        for judgement in judgements
        if judgement.verdict is Verdict.INCONCLUSIVE
        and judgement.missing_samples is not None
        and judgement.objective.workload != ALL_WORKLOADS
        and not (judgement.objective.workload in REPLIED_ENDPOINTS and session.database_url is None)
    }
    if not short:
        return None
    topped_up = make_top_up(scenario, scenario.top_up, short)
    session.view.say(f"top-up for {', '.join(sorted(short))}: open model, {topped_up.stages[0].start_rps:g} requests/s")
    return send_part(session, topped_up)


def make_top_up(scenario: Scenario, top_up: TopUp, requests: dict[str, int]) -> Scenario:
    """An open, evenly spaced load on the named endpoints alone, until all have their requests: as long as the one
    takes that needs longest, the others spread over that time.
    """
    classes = find_user_classes(scenario.user_files)
    mix = tuple(
        Stream(
            next(stream.user_class for stream in scenario.mix if endpoint in classes[stream.user_class]),
            count,
            endpoint,
        )
        for endpoint, count in sorted(requests.items())
    )
    steady_s = _TOP_UP_SURPLUS * max(count / top_up.of(endpoint).rate_rps for endpoint, count in requests.items())
    duration_s = _TOP_UP_WARMUP_S + steady_s
    rate_rps = _TOP_UP_SURPLUS * sum(requests.values()) / steady_s
    return replace(
        scenario,
        name=f"{scenario.name} (top-up)",
        model=Model.OPEN,
        mix=mix,
        users=0,
        stages=(RateStage(duration_s, rate_rps, rate_rps),),
        duration_s=duration_s,
        warmup_s=_TOP_UP_WARMUP_S,
        top_up=None,
    )


def audit_parts(
    session: LoadSession, outcomes: Sequence[PartOutcome], server_counts: Counter[tuple[str, int]] | None
) -> record.Audit:
    """What the database and the service's own counters say of the run; the run's rows are removed."""
    options = session.options
    codes = [code for each in outcomes for code in each.part.collected.codes]
    if not options.audit:
        return record.Audit(source="none", passed=None, detail="left out by --no-audit")
    if session.database_url is None:
        audit = uvloop.run(audit_over_http(session.base_url, codes, timeout_s=options.scenario.timeout_s))
    else:
        unanswered = sum(
            count_unanswered(each.part.collected.tally.select(_PRERESERVATION)) + each.part.collected.in_flight
            for each in outcomes
        )
        audit = uvloop.run(_audit_database(session, session.database_url, codes, unanswered))
    parts = [each.part.collected for each in outcomes]
    checks = (*audit.checks, check_counts(parts), check_server_counts(parts, server_counts))
    passed = False if any(check.passed is False for check in checks) else audit.passed
    return audit.model_copy(update={"checks": checks, "passed": passed})


async def _audit_database(
    session: LoadSession, database_url: str, codes: Sequence[str], unanswered: int
) -> record.Audit:
    try:
        audit = await audit_reservations(database_url, codes, marker=session.marker, unanswered=unanswered)
        await remove_webhook_events(database_url, marker=session.marker.replace(" ", "."), payments=session.payments)
    except DATABASE_ERRORS as error:
        # The load was sent and is judged; what it left behind stays unknown.
        detail = f"the database does not answer any more ({type(error).__name__})"
        return record.Audit(source="database", passed=None, detail=detail)
    return audit


def check_counts(parts: Sequence[Collected]) -> record.AuditCheck:
    """Every request that was sent was answered, failed, timed out, or is still in flight."""
    issued = sum(each.issued for each in parts)
    accounted = sum(each.tally.requests + each.in_flight for each in parts)
    return record.AuditCheck(
        name="requests sent are accounted for", passed=issued == accounted, expected=issued, found=accounted
    )


def check_server_counts(parts: Sequence[Collected], counts: Counter[tuple[str, int]] | None) -> record.AuditCheck:
    """The service answered what clients say it answered; of requests without an answer nobody knows."""
    name = "the service's own counters agree"
    if counts is None:
        return record.AuditCheck(name=name, passed=None, detail="the service shows no counters at /metrics")
    unanswered = sum(count_unanswered(each.tally.select()) + each.in_flight for each in parts)
    answered = sum(each.tally.requests for each in parts) - sum(count_unanswered(each.tally.select()) for each in parts)
    found = counts.total()
    return record.AuditCheck(
        name=name,
        passed=answered <= found <= answered + unanswered,
        expected=answered,
        found=found,
        detail=f"{unanswered} requests had no answer" if unanswered else "",
    )


def _describe_parts(endpoint: str, outcomes: Sequence[PartOutcome]) -> Iterator[str]:
    """Where an endpoint's requests came from, when a top-up was among it."""
    if len(outcomes) > 1:
        main, top_up = (each.part.collected.tally.select(endpoint, Phase.STEADY).outcomes.total() for each in outcomes)
        if top_up:
            yield f"{main} requests of the scenario's traffic, {top_up} of the top-up (open model)"
