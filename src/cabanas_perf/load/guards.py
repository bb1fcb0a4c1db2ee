"""What must hold for a load run to say anything. A guard that fails makes the run inconclusive.

A slow generator, a lost worker or a wall clock that was set do not show in percentiles; they falsify them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cabanas_perf.load.delta import Collected
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.load.tally import Phase, build_histogram
from cabanas_perf.measurement.distribution import percentile_ns
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.slo.objective import ALL_WORKLOADS, Assertion, Indicator, Objective, Unit
from cabanas_perf.slo.verdict import BUILT_IN_SET, Judgement, Verdict

MIN_BEGUN_RATIO = 0.99
MAX_CPU_RATIO = 0.9
"""Of one core; above it, what is measured is mostly the generator."""
MAX_BLOCKED_RATIO = 0.05
MAX_LATENESS_RATIO = 0.1
"""Of the tightest latency objective: how late the generator may send what was due, at the percentile that objectives
rest on. It counts into response times, so it makes no service look better than it is; it would make one look worse.
"""
_LATENESS_QUANTILE = 0.99
"""Where no objective rests on a percentile."""
MAX_CLOCK_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class GuardResult:
    name: str
    passed: bool
    detail: str


def check_guards(
    plan: LoadPlan, collected: Collected, *, latencies: Collection[Assertion], ended_early: bool
) -> tuple[GuardResult, ...]:
    """Every guard of one run of the generator; `latencies` are to be judged, with targets in ms."""
    guards = [
        _check_workers(plan, collected, ended_early=ended_early),
        _check_alike(collected),
        _check_finished(collected, ended_early=ended_early),
        _check_user_errors(collected),
        _check_blocked(collected),
        _check_cpu(collected),
        _check_clock(collected),
        _check_samples(collected),
    ]
    if plan.model is Model.OPEN:
        guards += [_check_begun(collected, ended_early=ended_early), _check_lateness(collected, latencies)]
    else:
        guards.append(_check_users(plan, collected))
    return tuple(guards)


def judge_guards(results: Iterable[GuardResult]) -> tuple[Judgement, ...]:
    """One inconclusive judgement for each guard that failed."""
    return tuple(
        Judgement(
            Objective(
                id=f"guard-{guard.name}",
                workload=ALL_WORKLOADS,
                indicator=Indicator.ERROR_RATE,
                assertion=Assertion(guard.name, "count", None, "<=", 0, Unit.COUNT),
                set_name=BUILT_IN_SET,
            ),
            Verdict.INCONCLUSIVE,
            guard.detail,
        )
        for guard in results
        if not guard.passed
    )


def _check_workers(plan: LoadPlan, collected: Collected, *, ended_early: bool) -> GuardResult:
    ended = sum(facts.final for facts in collected.facts.values())
    reported = len(collected.facts)
    passed = reported == plan.workers and (ended == plan.workers or ended_early)
    return GuardResult(
        "workers", passed, f"{reported} of {plan.workers} processes reported, and {ended} until their end"
    )


def _check_alike(collected: Collected) -> GuardResult:
    kinds = {facts.fingerprint for facts in collected.facts.values()}
    return GuardResult(
        "alike", len(kinds) <= 1, f"{len(kinds)} different versions of the generator or of its user files took part"
    )


def _check_finished(collected: Collected, *, ended_early: bool) -> GuardResult:
    recorded = collected.tally.requests
    missing = collected.issued - recorded
    return GuardResult(
        "recorded",
        missing == (collected.in_flight if ended_early else 0),
        f"{collected.issued} requests were sent, {recorded} of them were recorded as answered, failed or timed out",
    )


def _check_user_errors(collected: Collected) -> GuardResult:
    errors = sum(facts.user_errors for facts in collected.facts.values())
    return GuardResult("user code", not errors, f"{errors} exceptions in user code")


def _check_blocked(collected: Collected) -> GuardResult:
    ratio = max((facts.blocked_s / facts.at_s for facts in collected.facts.values() if facts.at_s > 0), default=0.0)
    return GuardResult(
        "blocked", ratio <= MAX_BLOCKED_RATIO, f"the generator was kept from running for {ratio:.1%} of the time"
    )


def _check_cpu(collected: Collected) -> GuardResult:
    ratio = max((facts.cpu_s / facts.at_s for facts in collected.facts.values() if facts.at_s > 1), default=0.0)
    return GuardResult("cpu", ratio <= MAX_CPU_RATIO, f"the busiest generator process used {ratio:.0%} of a core")


def _check_clock(collected: Collected) -> GuardResult:
    step_s = max((facts.clock_step_s for facts in collected.facts.values()), default=0.0)
    return GuardResult("clock", step_s <= MAX_CLOCK_STEP_S, f"the wall clock jumped by {step_s:.3f} s during the run")


def _check_samples(collected: Collected) -> GuardResult:
    steady = collected.tally.select(phase=Phase.STEADY).outcomes.total()
    return GuardResult("samples", steady > 0, f"{steady} requests in the steady phase")


def _check_begun(collected: Collected, *, ended_early: bool) -> GuardResult:
    ratio = collected.begun / collected.planned if collected.planned else 0.0
    # A run that was ended leaves those behind that were waiting for a user.
    passed = ratio >= MIN_BEGUN_RATIO or ended_early
    return GuardResult("arrivals", passed, f"{collected.begun} of {collected.planned} arrivals were sent")


def _check_lateness(collected: Collected, latencies: Collection[Assertion]) -> GuardResult:
    lateness = build_histogram(collected.lateness)
    quantile = max((one.quantile for one in latencies if one.quantile is not None), default=_LATENESS_QUANTILE)
    late_ms = ns_to_ms(percentile_ns(lateness, quantile)) if lateness.count else 0.0
    passed = all(late_ms <= MAX_LATENESS_RATIO * one.target for one in latencies)
    return GuardResult(
        "lateness", passed, f"at P{100 * quantile:g} the generator sent what was due {late_ms:.1f} ms late"
    )


def _check_users(plan: LoadPlan, collected: Collected) -> GuardResult:
    most: dict[str, int] = {}
    for process, facts in collected.history:
        most[process] = max(most.get(process, 0), facts.users)
    users = sum(most.values())
    return GuardResult("users", users >= plan.users, f"{users} of {plan.users} users were there at once")
