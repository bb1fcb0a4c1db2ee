"""How a load run gets on, for whoever watches it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cabanas_perf.load.delta import Collected
from cabanas_perf.load.plan import LoadPlan
from cabanas_perf.load.tally import Counts, Phase, add_counts, build_histogram
from cabanas_perf.measurement.distribution import percentile_ns
from cabanas_perf.measurement.samples import FAILURES, Outcome
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.slo.objective import ALL_WORKLOADS, Indicator, Objective

RECENT_S = 5


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """A moment of a run. Rates and percentiles are of the last `RECENT_S` full seconds."""

    scenario: str
    phase: Phase
    elapsed_s: float
    duration_s: float
    users: int
    in_flight: int
    requests: int
    refused: int
    errors: int
    rate_rps: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    budget_left_ratio: float | None
    """Of the failures that the error-rate objective allows so far; None without such an objective or requests."""


def measure_progress(plan: LoadPlan, collected: Collected, objectives: Iterable[Objective]) -> LoadProgress:
    requests = refused = errors = recent = 0
    latencies: Counts = {}
    last = int(collected.elapsed_s) - 1
    for (_, _, second), cell in collected.tally.cells.items():
        for (outcome, _), times in cell.outcomes.items():
            requests += times
            refused += times if outcome is Outcome.REFUSED else 0
            errors += times if outcome in FAILURES else 0
        if last - RECENT_S < second <= last:
            recent += cell.outcomes.total()
            add_counts(latencies, cell.response)
    histogram = build_histogram(latencies)
    p50_ms, p95_ms, p99_ms = (
        ns_to_ms(percentile_ns(histogram, q)) if histogram.count else None for q in (0.5, 0.95, 0.99)
    )
    allowed_ratio = min(
        (
            one.assertion.target
            for one in objectives
            if one.indicator is Indicator.ERROR_RATE and one.workload == ALL_WORKLOADS
        ),
        default=None,
    )
    return LoadProgress(
        scenario=plan.scenario,
        phase=plan.phase_of(collected.elapsed_s),
        elapsed_s=max(0.0, collected.elapsed_s),
        duration_s=plan.duration_s,
        users=sum(facts.users for facts in collected.facts.values()),
        in_flight=collected.in_flight,
        requests=requests,
        refused=refused,
        errors=errors,
        rate_rps=recent / RECENT_S,
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
        budget_left_ratio=1 - errors / (allowed_ratio * requests) if allowed_ratio and requests else None,
    )
