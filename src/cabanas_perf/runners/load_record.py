"""The load section of the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from cabanas_perf.load.delta import Collected, Facts
from cabanas_perf.load.plan import LoadPlan
from cabanas_perf.load.tally import Cell, Phase, add_counts, build_histogram
from cabanas_perf.measurement.distribution import percentile_ns
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.report import record
from cabanas_perf.report.build import build_latency, build_workload
from cabanas_perf.runners.load_observations import count_failures, summarise_cell
from cabanas_perf.runners.load_session import PartOutcome
from cabanas_perf.runners.server_watch import ServerSample
from cabanas_perf.runners.statement_stats import build_statement_times
from cabanas_perf.slo.verdict import Observation

_PHASES: dict[Phase, Literal["warmup", "steady", "drain"]] = {
    Phase.WARMUP: "warmup",
    Phase.STEADY: "steady",
    Phase.DRAIN: "drain",
}


def build_load(outcome: PartOutcome, *, top_up: record.Load | None) -> record.Load:
    """The record of one part, with that of its top-up inside."""
    plan, collected = outcome.part.plan, outcome.part.collected
    tally = collected.tally
    steady = {
        endpoint: cell for endpoint in tally.endpoints() if (cell := tally.select(endpoint, Phase.STEADY)).outcomes
    }
    seen = {endpoint: cell.outcomes.total() for endpoint, cell in steady.items()}
    total = sum(seen.values())
    service = {name: build_latency(LatencySummary.of(build_histogram(cell.service))) for name, cell in steady.items()}
    weights = {stream.name: stream.weight for stream in plan.mix}
    timeline = _build_timeline(plan, collected, outcome.server.samples)
    return record.Load(
        scenario=plan.scenario,
        model=plan.model.value,
        users=plan.users,
        rate_rps=max((max(stage.start_rps, stage.end_rps) for stage in plan.stages), default=None),
        duration_s=plan.duration_s,
        warmup_s=plan.warmup_s,
        workers=plan.workers,
        timeline=timeline,
        connections_max=max((point.connections for point in timeline if point.connections is not None), default=None),
        endpoints=tuple(_build_endpoint(name, cell, plan.steady_s) for name, cell in steady.items()),
        service_ms={name: latency for name, latency in service.items() if latency is not None},
        lateness_ms=build_latency(LatencySummary.of(build_histogram(collected.lateness))),
        requests_outside={
            _PHASES[phase]: tally.select(phase=phase).outcomes.total() for phase in (Phase.WARMUP, Phase.DRAIN)
        },
        mix={name: count / total for name, count in seen.items()} if total else {},
        mix_by_users={name: weight / sum(weights.values()) for name, weight in weights.items()},
        guards=tuple(
            record.Guard(name=guard.name, passed=guard.passed, detail=guard.detail) for guard in outcome.guards
        ),
        top_up=top_up,
        statements=build_statement_times(outcome.statements.times),
        statements_missing=outcome.statements.missing,
    )


def _build_endpoint(name: str, cell: Cell, elapsed_s: float) -> record.Workload:
    return build_workload(Observation(summarise_cell(name, cell, elapsed_s)), via="http")


def _build_timeline(
    plan: LoadPlan, collected: Collected, server: Sequence[ServerSample]
) -> tuple[record.TimelinePoint, ...]:
    by_second: defaultdict[int, dict[str, Cell]] = defaultdict(dict)
    for (endpoint, _, second), cell in collected.tally.cells.items():
        merged = by_second[second].setdefault(endpoint, Cell())
        merged.outcomes.update(cell.outcomes)
        add_counts(merged.response, cell.response)
    generator = _by_second(collected)
    watched = _server_by_second(collected, server)
    return tuple(
        _build_point(plan, second, by_second[second], generator.get(second), watched.get(second, {}))
        for second in range(max(by_second, default=-1) + 1)
    )


def _build_point(
    plan: LoadPlan,
    second: int,
    cells: dict[str, Cell],
    generator: dict[str, float] | None,
    server: dict[str, float | int | None],
) -> record.TimelinePoint:
    merged: dict[int, int] = {}
    for cell in cells.values():
        add_counts(merged, cell.response)
    histogram = build_histogram(merged)
    outcomes = [cell.outcomes for cell in cells.values()]
    known = generator or {}
    return record.TimelinePoint.model_validate(
        {
            "at_s": float(second),
            "phase": _PHASES[plan.phase_of(second + 0.5)],
            "users": round(known.get("users", 0)),
            "requests": sum(each.total() for each in outcomes),
            "refused": sum(n for each in outcomes for (outcome, _), n in each.items() if outcome is Outcome.REFUSED),
            "errors": sum(map(count_failures, cells.values())),
            "p50_ms": ns_to_ms(percentile_ns(histogram, 0.50)) if histogram.count else None,
            "p95_ms": ns_to_ms(percentile_ns(histogram, 0.95)) if histogram.count else None,
            "histograms": {
                name: build_histogram(cell.response).encode() for name, cell in cells.items() if cell.response
            },
            "in_flight": round(known.get("in_flight", 0)),
            "generator_cpu_ratio": known.get("cpu_ratio"),
            "generator_blocked_ratio": known.get("blocked_ratio"),
            **server,
        }
    )


def _by_second(collected: Collected) -> dict[int, dict[str, float]]:
    """Generator's figures: sums over its processes, the busiest one where a ratio is asked."""
    last: dict[str, Facts] = {}
    seconds: dict[int, dict[str, float]] = {}
    users: dict[str, Facts] = {}
    for process, facts in collected.history:
        before = last.get(process)
        users[process] = facts
        last[process] = facts
        if facts.at_s < 0:
            continue
        point = seconds.setdefault(int(facts.at_s), {"cpu_ratio": 0.0, "blocked_ratio": 0.0})
        point["users"] = sum(each.users for each in users.values())
        point["in_flight"] = sum(each.in_flight for each in users.values())
        if before is not None and (passed_s := facts.at_s - before.at_s) > 0:
            point["cpu_ratio"] = max(point["cpu_ratio"], (facts.cpu_s - before.cpu_s) / passed_s)
            point["blocked_ratio"] = max(point["blocked_ratio"], (facts.blocked_s - before.blocked_s) / passed_s)
    return seconds


def _server_by_second(
    collected: Collected, samples: Sequence[ServerSample]
) -> dict[int, dict[str, float | int | None]]:
    started_at_s = min((facts.started_at_s for facts in collected.facts.values()), default=0.0)
    seconds: dict[int, dict[str, float | int | None]] = {}
    for before, sample in zip((None, *samples), samples, strict=False):
        second = int(sample.at_s - started_at_s)
        if second < 0:
            continue
        seconds[second] = {
            "connections": sample.connections,
            "server_cpu_ratio": _rate(before, sample, "cpu_s"),
            "server_memory_bytes": sample.memory_bytes,
            "pool_open": sample.pool_open,
            "pool_in_use": sample.pool_in_use,
            "postgres_connections": sample.postgres_connections,
            "postgres_commits": _rate(before, sample, "postgres_commits"),
            "postgres_dead_rows": sample.postgres_dead_rows,
            "redis_clients": sample.redis_clients,
            "redis_memory_bytes": sample.redis_memory_bytes,
        }
    return seconds


def _rate(before: ServerSample | None, after: ServerSample, name: str) -> float | None:
    """Growth a second; None where either look saw nothing, or the count began again."""
    if before is None:
        return None
    old, new, passed_s = getattr(before, name), getattr(after, name), after.at_s - before.at_s
    if old is None or new is None or passed_s <= 0 or new < old:
        return None
    return float(new - old) / passed_s
