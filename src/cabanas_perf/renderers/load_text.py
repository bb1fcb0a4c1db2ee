"""The load section of a report as lines of text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median
from textwrap import shorten

from cabanas_perf.plans.sql_text import normalise
from cabanas_perf.renderers.numbers import format_ms, format_percent, format_significant
from cabanas_perf.report.record import Capacity, CapacityStep, Load, TimelinePoint

_BAR_WIDTH = 32
_STATEMENTS = 5
_STATEMENT_WIDTH = 80
_MEBIBYTE = 1 << 20
_LONG_S = 240
"""A run of such a length says what grew meanwhile."""


def render_load(load: Load) -> Iterator[str]:
    """What was sent, by whom, what the server was like meanwhile, and whether the run can be believed."""
    yield _describe_shape(load)
    yield f"  mix by {'users' if load.model == 'closed' else 'arrivals'}: {_shares(load.mix_by_users)}"
    yield f"  mix by requests: {_shares(load.mix)}"
    for endpoint, why in load.left_out.items():
        yield f"  left out: {endpoint}; {why}"
    if load.model == "open":
        yield from _describe_times(load)
    steady = [point for point in load.timeline if point.phase == "steady"]
    server = [line for line in _describe_server(steady) if line]
    if server:
        yield f"  server: {', '.join(server)}"
    if steady and steady[-1].at_s - steady[0].at_s >= _LONG_S:
        yield from _describe_growth(steady)
    outside = [f"{count} in the {phase}" for phase, count in load.requests_outside.items() if count]
    if outside:
        yield f"  not judged: {' and '.join(outside)}"
    yield from _describe_statements(load)
    failed = [guard for guard in load.guards if not guard.passed]
    if load.guards and not failed:
        yield f"  guards: all {len(load.guards)} passed"
    for guard in failed:
        yield f"  guard {guard.name} failed: {guard.detail}"
    if load.capacity is not None:
        yield from render_capacity(load.capacity)
    if load.top_up is not None:
        yield from render_load(load.top_up)


def _describe_shape(load: Load) -> str:
    requests = sum(endpoint.requests for endpoint in load.endpoints)
    steady_s = load.duration_s - load.warmup_s
    rate = f", {format_significant(requests / steady_s)} requests/s" if steady_s > 0 else ""
    planned = "" if load.rate_rps is None else f" of {format_significant(load.rate_rps)} planned"
    workers = f" over {load.workers} processes" if load.workers > 1 else ""
    return (
        f"Load {load.scenario}: {load.model} model, {load.users} users{workers}, "
        f"{load.duration_s:.4g} s with {load.warmup_s:g} s of warm-up{rate}{planned}"
    )


def _shares(shares: Mapping[str, float]) -> str:
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {format_percent(share)}" for name, share in ordered) or "-"


def _describe_times(load: Load) -> Iterator[str]:
    """Response times count from when a request was due, service times from when it was sent."""
    for endpoint in load.endpoints:
        service = load.service_ms.get(endpoint.name)
        if service is not None and endpoint.latency_ms is not None:
            yield (
                f"  {endpoint.name}: P95 {format_ms(endpoint.latency_ms.p95)} ms from when due, "
                f"{format_ms(service.p95)} ms from when sent"
            )
    if load.lateness_ms is not None:
        yield f"  generator: P99 {format_ms(load.lateness_ms.p99)} ms late"


def _describe_server(points: list[TimelinePoint]) -> Iterator[str]:
    yield _most((point.connections for point in points), "{} connections")
    yield _most((point.server_cpu_ratio for point in points), "{} of a core", format_percent)
    yield _most((point.server_memory_bytes for point in points), "{} MiB", lambda value: f"{value / _MEBIBYTE:.0f}")
    yield _most((point.pool_in_use for point in points), "{} pooled connections in use")
    yield _most((point.postgres_connections for point in points), "{} PostgreSQL connections")
    yield _most((point.postgres_commits for point in points), "{} commits/s", format_significant)
    yield _most((point.redis_clients for point in points), "{} Redis clients")


def _describe_growth(points: list[TimelinePoint]) -> Iterator[str]:
    """Medians of the middle third against the last: in the first, pools and caches fill up that stay as they are."""
    third = len(points) // 3
    middle, last = points[third : 2 * third], points[2 * third :]
    grown = [
        f"{name} {show(before)} to {show(after)}"
        for name, read, show in _GROWING
        if (before := _median_of(middle, read)) is not None and (after := _median_of(last, read)) is not None
    ]
    if grown:
        yield f"  from the middle third to the last: {', '.join(grown)}"


def _median_of(points: list[TimelinePoint], read: Callable[[TimelinePoint], float | None]) -> float | None:
    known = [value for point in points if (value := read(point)) is not None]
    return median(known) if known else None


def _show_mebibytes(size_bytes: float) -> str:
    return f"{size_bytes / _MEBIBYTE:.1f} MiB"


_GROWING: tuple[tuple[str, Callable[[TimelinePoint], float | None], Callable[[float], str]], ...] = (
    ("memory", lambda point: point.server_memory_bytes, _show_mebibytes),
    ("Redis memory", lambda point: point.redis_memory_bytes, _show_mebibytes),
    ("connections", lambda point: point.connections, "{:g}".format),
    ("pooled connections", lambda point: point.pool_open, "{:g}".format),
    ("PostgreSQL connections", lambda point: point.postgres_connections, "{:g}".format),
    ("dead rows", lambda point: point.postgres_dead_rows, "{:g}".format),
)


def _describe_statements(load: Load) -> Iterator[str]:
    """The first few statements by their share of the database's time."""
    if not load.statements:
        if load.statements_missing:
            yield f"  statements: not to be seen; {load.statements_missing}"
        return
    yield "  statements that took the database's time:"
    for one in load.statements[:_STATEMENTS]:
        text = one.name or shorten(normalise(one.statement), _STATEMENT_WIDTH, placeholder=" ...")
        mean_ms = format_ms(one.execution_ms / one.calls)
        yield f"    {format_percent(one.share_ratio):>7}  {one.calls} calls of {mean_ms} ms: {text}"
    left = len(load.statements) - _STATEMENTS
    if left > 0:
        yield f"    and {left} more in the report"


def _most(values: Iterable[float | int | None], text: str, show: Callable[[float], str] = str) -> str:
    known = [value for value in values if value is not None]
    return f"at most {text.format(show(max(known)))}" if known else ""


def render_capacity(capacity: Capacity) -> Iterator[str]:
    """Each step as a bar of its P95 on a logarithmic scale, the knee marked; then the law over worker counts."""
    yield "Capacity: P95 by arrival rate"
    known = [step.p95_ms for step in capacity.steps if step.p95_ms]
    for workers in dict.fromkeys(step.workers for step in capacity.steps):
        if workers is not None:
            yield f"  {workers} worker process{'es' if workers > 1 else ''}"
        steps = [step for step in capacity.steps if step.workers == workers]
        for step in sorted(steps, key=lambda each: each.rate_rps):
            yield _describe_step(step, known, capacity.knee_rps)
    held, confirmed = capacity.held_rps, capacity.confirmed_rps
    yield f"  highest rate that held in a short step: {_rate(held)}; held in a longer run: {_rate(confirmed)}"
    law = capacity.scalability
    if law is not None:
        best = "" if law.best_workers is None else f", best at {format_significant(law.best_workers)} workers"
        yield (
            f"  scalability law over {len(capacity.rate_rps_by_workers)} worker counts: one worker "
            f"{_rate(law.single_rps)}, contention {law.contention:.3f}, coherency {law.coherency:.4f}{best}"
        )


def _describe_step(step: CapacityStep, known: list[float], knee_rps: float | None) -> str:
    bar = "#" * _bar_length(step.p95_ms, known) if step.p95_ms else ""
    mark = " <- knee" if step.rate_rps == knee_rps else ""
    outcome = "held" if step.held else f"failed {', '.join(step.failed)}"
    return f"  {step.rate_rps:9.1f}/s |{bar:<{_BAR_WIDTH}}| {format_ms(step.p95_ms):>7} ms {outcome}{mark}"


def _bar_length(value_ms: float, known: list[float]) -> int:
    low, high = math.log(min(known)), math.log(max(known))
    return 1 if high == low else 1 + round((_BAR_WIDTH - 1) * (math.log(value_ms) - low) / (high - low))


def _rate(rate_rps: float | None) -> str:
    return "none" if rate_rps is None else f"{format_significant(rate_rps)} requests/s"
