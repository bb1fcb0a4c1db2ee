"""Whether a run can still meet its objectives, so that a hopeless one need not be waited for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cabanas_perf.load.delta import Collected
from cabanas_perf.load.plan import LoadPlan
from cabanas_perf.load.tally import Cell, Phase
from cabanas_perf.measurement.samples import FAILURES, Outcome
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.slo.objective import ALL_WORKLOADS, Indicator, Objective

_SAFETY = 1.5
"""The requests still to come are estimated; so many times the estimate would have to be good."""
_MIN_BAD = 30


def find_hopeless(
    objectives: Iterable[Objective], plan: LoadPlan, collected: Collected, *, replies: frozenset[str] = frozenset()
) -> Objective | None:
    """The first objective that is missed even if every request still to come is good; None when all can be met.

    Latencies of the endpoints in `replies` are judged by something else than the requests, and are not looked at.
    """
    steady_s = collected.elapsed_s - plan.warmup_s
    if steady_s <= 0:
        return None
    # What is left of the steady phase brings about as many requests a second as it did so far.
    growth = max(1.0, plan.steady_s / steady_s) * _SAFETY
    cells = {endpoint: collected.tally.select(endpoint, Phase.STEADY) for endpoint in collected.tally.endpoints()}
    return next(
        (
            objective
            for objective in objectives
            if not (objective.indicator is Indicator.LATENCY and objective.workload in replies)
            and _is_hopeless(objective, cells, growth)
        ),
        None,
    )


def _is_hopeless(objective: Objective, cells: Mapping[str, Cell], growth: float) -> bool:
    chosen = [cell for endpoint, cell in cells.items() if objective.workload in {endpoint, ALL_WORKLOADS}]
    bad = sum(_bad(objective, cell) for cell in chosen)
    seen = sum(_seen(objective, cell) for cell in chosen)
    return bad >= _MIN_BAD and bad > _allowed_ratio(objective) * seen * growth


def _allowed_ratio(objective: Objective) -> float:
    assertion = objective.assertion
    match objective.indicator:
        case Indicator.LATENCY | Indicator.ACK_LATENCY if assertion.quantile is not None:
            return 1 - assertion.quantile
        case Indicator.ERROR_RATE:
            return assertion.target
        case Indicator.ACCEPTED_RATIO:
            return 1 - assertion.target
    return 1.0


def _bad(objective: Objective, cell: Cell) -> int:
    match objective.indicator:
        case Indicator.LATENCY | Indicator.ACK_LATENCY if objective.assertion.quantile is not None:
            counts = cell.refused if objective.outcome is Outcome.REFUSED else cell.response
            return sum(n for ns, n in counts.items() if not objective.assertion.holds(ns_to_ms(ns)))
        case Indicator.ERROR_RATE:
            return sum(n for (outcome, _), n in cell.outcomes.items() if outcome in FAILURES)
        case Indicator.ACCEPTED_RATIO:
            return sum(n for (outcome, _), n in cell.outcomes.items() if outcome is Outcome.REFUSED)
    return 0


def _seen(objective: Objective, cell: Cell) -> int:
    match objective.indicator:
        case Indicator.LATENCY | Indicator.ACK_LATENCY:
            return sum((cell.refused if objective.outcome is Outcome.REFUSED else cell.response).values())
        case Indicator.ACCEPTED_RATIO:
            return sum(n for (outcome, _), n in cell.outcomes.items() if outcome not in FAILURES)
    return cell.outcomes.total()
