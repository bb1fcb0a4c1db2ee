"""A load run over time: what was sent, how long it took, and what the server was like meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cabanas_perf.renderers.html.heatmap import build_heat_maps
from cabanas_perf.renderers.html.layout import (
    Column,
    Section,
    build_card,
    build_cards,
    build_facts,
    build_figure,
    build_legend,
    build_table,
    draw_badge,
    fold,
)
from cabanas_perf.renderers.html.markup import Html, element, join
from cabanas_perf.renderers.html.scales import Scale, scale_over
from cabanas_perf.renderers.html.svg import Axis, Plot, Point, draw_chart, label_ms
from cabanas_perf.renderers.numbers import format_ms, format_percent, format_significant
from cabanas_perf.report.record import Capacity, Guard, Load, Report, StatementTime, TimelinePoint

_HEIGHT_PX = 130
_MAX_POINTS = 240
_MEBIBYTE = 1 << 20
_OUTSIDE = ("warmup", "drain")

Read = Callable[[TimelinePoint], float | None]


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    class_: str
    read: Read


@dataclass(frozen=True, slots=True)
class _Panel:
    """One of the small charts that share the axis of time."""

    id: str
    title: str
    series: tuple[_Series, ...]
    label: Callable[[float], str]
    logarithmic: bool = False


_PANELS = (
    _Panel(
        "rate", "Requests a second",
        (
            _Series("all", "accent", lambda point: point.requests),
            _Series("refused", "second", lambda point: point.refused),
            _Series("failed", "bad", lambda point: point.errors),
        ),
        lambda value: f"{value:g}",
    ),
    _Panel(
        "time", "Latency",
        (
            _Series("P50", "accent", lambda point: point.p50_ms),
            _Series("P95", "second", lambda point: point.p95_ms),
        ),
        label_ms,
        logarithmic=True,
    ),
    _Panel(
        "users", "Users and requests in flight",
        (
            _Series("users", "accent", lambda point: point.users),
            _Series("in flight", "second", lambda point: point.in_flight),
        ),
        lambda value: f"{value:g}",
    ),
    _Panel(
        "cpu", "CPU, in cores",
        (
            _Series("service", "accent", lambda point: point.server_cpu_ratio),
            _Series("generator, busiest process", "second", lambda point: point.generator_cpu_ratio),
        ),
        lambda value: f"{value:g}",
    ),
    _Panel(
        "connections", "Connections",
        (
            _Series("to the service", "accent", lambda point: point.connections),
            _Series("to PostgreSQL", "second", lambda point: point.postgres_connections),
            _Series("of the pool in use", "third", lambda point: point.pool_in_use),
        ),
        lambda value: f"{value:g}",
    ),
    _Panel(
        "memory", "Memory of the service, in MiB",
        (_Series("resident", "accent", lambda point: _mebibytes(point.server_memory_bytes)),),
        lambda value: f"{value:g}",
    ),
)  # fmt: skip


def _mebibytes(value_bytes: int | None) -> float | None:
    return None if value_bytes is None else value_bytes / _MEBIBYTE


def build_load(report: Report) -> Section | None:
    """None for reports of no load run."""
    load = report.load
    if load is None:
        return None
    body = join(
        _build_facts(load),
        _build_guards(load.guards) if load.guards else None,
        build_cards(_build_panels("load", load.timeline)),
        element("h3", "Latency over time"),
        build_heat_maps(load, report.verdicts),
        _build_times(load) if load.service_ms else None,
        _build_capacity(load.capacity) if load.capacity else None,
        _build_statements(load.statements) if load.statements else None,
        element("p", f"No statements of the database: {load.statements_missing}") if load.statements_missing else None,
        _build_top_up(load.top_up) if load.top_up else None,
    )
    lead = "Requests stand at the second in which they were due. The shaded ends, warm-up and drain, are not judged."
    return Section("load", f"Load: {load.scenario}", body, lead)


def _build_facts(load: Load) -> Html:
    requests = sum(endpoint.requests for endpoint in load.endpoints)
    mix = ", ".join(
        f"{name} {format_percent(share)}" for name, share in sorted(load.mix.items(), key=lambda each: -each[1])
    )
    return build_facts([
        ("model", "open: arrivals wait for nobody" if load.model == "open" else "closed: users wait for their answers"),
        ("users", load.users),
        ("planned rate", None if load.rate_rps is None else f"{format_significant(load.rate_rps)}/s"),
        ("lasted", f"{load.duration_s:.4g} s, {load.warmup_s:g} s of it warm-up"),
        ("judged requests", f"{requests:,}"),
        ("mix by requests", mix),
        ("left out", "; ".join(f"{endpoint}: {why}" for endpoint, why in load.left_out.items()) or None),
        ("generator late, P99", None if load.lateness_ms is None else f"{format_ms(load.lateness_ms.p99)} ms"),
    ])  # fmt: skip


def _build_guards(guards: Sequence[Guard]) -> Html:
    failed = [each for each in guards if not each.passed]
    rows = (
        (each.name, draw_badge("✓ passed", "good") if each.passed else draw_badge("✗ failed", "bad"), each.detail)
        for each in (*failed, *(each for each in guards if each.passed))
    )
    columns = (Column("Guard", "text"), Column("outcome", "text"), Column("detail", "text"))
    words = f"{len(failed)} of {len(guards)} guards failed" if failed else f"All {len(guards)} guards passed"
    return fold(words, build_table("What must hold for the run to say anything", columns, rows), open_=bool(failed))


def _build_panels(prefix: str, timeline: Sequence[TimelinePoint]) -> Iterator[Html]:
    if len(timeline) < 2:
        return
    x = Scale(0, timeline[-1].at_s + 1)
    for panel in _PANELS:
        lines = [(series, _read_series(series.read, timeline)) for series in panel.series]
        known = [(series, points) for series, points in lines if points]
        values = [value for _, points in known for _, value in points]
        y = scale_over(values, logarithmic=panel.logarithmic, from_zero=not panel.logarithmic)
        if y is None:
            continue
        plot = Plot(x, y, _HEIGHT_PX)
        chart = draw_chart(
            plot,
            _shade(plot, timeline),
            (plot.draw_line(points, f"line {series.class_}") for series, points in known),
            id_=f"{prefix}-{panel.id}",
            title=f"{panel.title} over time",
            description="; ".join(_describe(series, points, panel) for series, points in known),
            x=Axis(lambda s: f"{s:g} s"),
            y=Axis(panel.label),
        )
        legend = build_legend((series.class_, series.name) for series, _ in known)
        yield build_card(panel.title, build_figure("", chart, legend))


def _describe(series: _Series, points: Sequence[Point], panel: _Panel) -> str:
    values = [value for _, value in points]
    low, high = (panel.label(float(format_significant(value))) for value in (min(values), max(values)))
    return f"{series.name} from {low} to {high}"


def _read_series(read: Read, timeline: Sequence[TimelinePoint]) -> list[Point]:
    """The series at the middle of each second; of long runs the largest value of each stretch, so that no peak is
    lost.
    """
    stretch = -(-len(timeline) // _MAX_POINTS)
    points: list[Point] = []
    for start in range(0, len(timeline), stretch):
        part = timeline[start : start + stretch]
        known = [value for point in part if (value := read(point)) is not None]
        if known:
            points.append((part[0].at_s + stretch / 2, max(known)))
    return points


def _shade(plot: Plot, timeline: Sequence[TimelinePoint]) -> Iterator[Html]:
    for phase in _OUTSIDE:
        seconds = [point.at_s for point in timeline if point.phase == phase]
        if seconds:
            yield plot.draw_span(seconds[0], seconds[-1] + 1, "outside")


def _build_times(load: Load) -> Html:
    columns = (
        Column("Endpoint", "text"),
        *(Column(head) for head in ("requests", "refused", "failed", "P50 ms", "P95 ms", "P99 ms", "P95 ms from sent")),
    )
    rows = (
        (
            each.name,
            f"{each.requests:,}",
            f"{each.refused:,}",
            f"{each.errors:,}",
            format_ms(each.latency_ms.p50 if each.latency_ms else None),
            format_ms(each.latency_ms.p95 if each.latency_ms else None),
            format_ms(each.latency_ms.p99 if each.latency_ms else None),
            format_ms(load.service_ms[each.name].p95 if each.name in load.service_ms else None),
        )
        for each in load.endpoints
    )
    return build_table("Endpoints in the steady phase; latency counts from when a request was due", columns, rows)


def _build_capacity(capacity: Capacity) -> Html:
    columns = (
        Column("Arrivals a second", "text"),
        *(Column(head) for head in ("answered/s", "workers", "P50 ms", "P95 ms", "P99 ms")),
        Column("outcome", "text"),
    )
    steps = sorted(capacity.steps, key=lambda each: (each.workers or 0, each.rate_rps))
    rows = (
        (
            format_significant(each.rate_rps),
            format_significant(each.answered_rps),
            "-" if each.workers is None else each.workers,
            format_ms(each.p50_ms),
            format_ms(each.p95_ms),
            format_ms(each.p99_ms),
            draw_badge("✓ held", "good") if each.held else draw_badge(f"✗ {', '.join(each.failed) or 'failed'}", "bad"),
        )
        for each in steps
    )
    facts = build_facts([
        ("highest rate that held", _rate(capacity.held_rps)),
        ("held in a longer run", _rate(capacity.confirmed_rps)),
        ("knee", None if capacity.knee_rps is None else _rate(capacity.knee_rps)),
    ])  # fmt: skip
    return build_card("Capacity", facts, _draw_capacity(capacity), build_table("Steps of the search", columns, rows))


def _rate(rate_rps: float | None) -> str:
    return "none" if rate_rps is None else f"{format_significant(rate_rps)}/s"


def _draw_capacity(capacity: Capacity) -> Html | None:
    steps = [each for each in capacity.steps if each.p95_ms]
    x = scale_over((each.rate_rps for each in steps), from_zero=True)
    y = scale_over((each.p95_ms for each in steps), logarithmic=True)
    if x is None or y is None:
        return None
    plot = Plot(x, y, _HEIGHT_PX)
    dots = (
        element(
            "circle",
            element(
                "title", f"{_rate(each.rate_rps)}: P95 {format_ms(each.p95_ms)} ms, {'held' if each.held else 'failed'}"
            ),
            cx=plot.left(each.rate_rps),
            cy=plot.top(each.p95_ms or 0.0),
            r=5,
            class_="accent" if each.held else "bad hollow",
        )
        for each in steps
    )
    chart = draw_chart(
        plot,
        dots,
        id_="capacity",
        title="P95 by arrival rate",
        description=f"Highest rate that held: {_rate(capacity.held_rps)}.",
        x=Axis(lambda rate: f"{rate:g}/s"),
        y=Axis(label_ms),
    )
    legend = build_legend((("accent", "held the objectives"), ("bad hollow", "did not")))
    return build_figure("P95 of each step by its arrival rate", chart, legend)


def _build_statements(statements: Sequence[StatementTime]) -> Html:
    columns = (Column("Statement", "text"), *map(Column, ("share", "calls", "ms a call", "rows")))
    rows = (
        (
            element("code", each.statement),
            format_percent(each.share_ratio),
            f"{each.calls:,}",
            format_ms(each.execution_ms / each.calls if each.calls else None),
            f"{each.rows:,}",
        )
        for each in statements
    )
    return build_table("Statements that took the most of the database's time", columns, rows)


def _build_top_up(load: Load) -> Html:
    return fold(
        f"Added load for objectives short of samples: {load.duration_s:.4g} s",
        build_cards(_build_panels("top-up", load.timeline)),
        _build_times(load) if load.service_ms else None,
    )
