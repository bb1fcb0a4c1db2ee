"""Latency distributions: the percentile spectrum of each workload on logarithmic axes, against its limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cabanas_perf.measurement.distribution import percentile_ns
from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.renderers.html.layout import (
    Column,
    Section,
    build_card,
    build_cards,
    build_facts,
    build_figure,
    build_legend,
    build_table,
    fold,
    list_notes,
)
from cabanas_perf.renderers.html.markup import Html, element, join
from cabanas_perf.renderers.html.scales import Scale, scale_over
from cabanas_perf.renderers.html.svg import Axis, Plot, Point, draw_chart, label_ms
from cabanas_perf.renderers.numbers import format_ms, format_significant, format_value
from cabanas_perf.report.record import Latency, Report, VerdictRecord, Workload
from cabanas_perf.slo.objective import Indicator, Unit
from cabanas_perf.slo.verdict import Verdict

_HEIGHT_PX = 190
_MAX_POINTS = 160
_AXIS_QUANTILES = (0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.95)
"""In the order in which they get their room."""
_TABLE_QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
_APART = 0.075
"""Of the axis: labels of quantiles closer than this would run into each other on a phone."""


def build_latencies(report: Report) -> Section | None:
    """A card for each workload that had an accepted request, and the counts of all; None without workloads."""
    workloads = report.workloads
    if not workloads:
        return None
    cards = [
        _build_card(f"latency-{nth}", workload, _limits(report.verdicts, workload))
        for nth, workload in enumerate(workloads)
        if workload.latency_ms is not None
    ]
    lead = "Accepted requests only, from a pass without any profiler; refusals and failures are counted apart."
    return Section("latency", "Latency", join(_build_counts(workloads), build_cards(cards)), lead)


def _limits(verdicts: Iterable[VerdictRecord], workload: Workload) -> tuple[VerdictRecord, ...]:
    return tuple(
        each
        for each in verdicts
        if each.workload == workload.name
        and each.indicator is Indicator.LATENCY
        and each.outcome.value == "ok"
        and each.verdict is not Verdict.NOT_IN_SCOPE
    )


def _build_counts(workloads: Sequence[Workload]) -> Html:
    columns = (
        Column("Workload", "text"),
        *(Column(head) for head in ("requests", "ok", "refused", "failed", "P50 ms", "P95 ms", "P99 ms", "req/s")),
    )
    return build_table("Requests and their latency", columns, map(_count, workloads))


def _count(workload: Workload) -> Sequence[str]:
    latency = workload.latency_ms
    known = (None, None, None) if latency is None else (latency.p50, latency.p95, latency.p99)
    rate = workload.throughput_rps
    return (
        workload.name,
        *(f"{count:,}" for count in (workload.requests, workload.ok, workload.refused, workload.errors)),
        *map(format_ms, known),
        "-" if rate is None else format_significant(rate),
    )


def _build_card(id_: str, workload: Workload, limits: Sequence[VerdictRecord]) -> Html:
    latency = workload.latency_ms
    assert latency is not None
    over = "over HTTP" if workload.via == "http" else "called directly"
    facts = build_facts([
        ("mean", format_value(latency.mean, Unit.MS)),
        ("P50", format_value(latency.p50, Unit.MS)),
        ("P95", format_value(latency.p95, Unit.MS)),
        ("P99", format_value(latency.p99, Unit.MS)),
        ("slowest", format_value(latency.max, Unit.MS)),
        ("CPU a request", format_value(workload.cpu_ms_per_request, Unit.MS) if workload.cpu_ms_per_request else None),
        ("statements a request", _round(workload.queries_per_request)),
        ("distinct inputs", None if workload.inputs is None else f"{workload.inputs.distinct:,}"),
        ("word error rate", None if workload.wer is None else format_value(workload.wer.ratio, Unit.RATIO)),
    ])  # fmt: skip
    return build_card(
        workload.name,
        facts,
        draw_spectrum(id_, workload.name, latency, limits),
        list_notes(_describe_outcomes(workload)),
        note=over,
    )


def _round(value: float | None) -> str | None:
    return None if value is None else format_significant(value)


def _describe_outcomes(workload: Workload) -> Iterator[str]:
    if workload.calls_per_sample > 1:
        yield f"each latency is the mean of {workload.calls_per_sample:,} calls, which says nothing of a single one"
    others = {name: n for name, n in workload.outcomes.items() if name != "ok"}
    if others:
        yield ", ".join(f"{name} {n:,}" for name, n in others.items())
    for label, latency in (("refusals", workload.refused_latency_ms), ("acknowledged", workload.ack_latency_ms)):
        if latency is not None:
            yield f"{label}: {latency.count:,}, P50 {format_ms(latency.p50)} ms, P95 {format_ms(latency.p95)} ms"
    first = None if workload.inputs is None else workload.inputs.first_latency_ms
    if first is not None:
        yield f"inputs seen for the first time: mean {format_ms(first.mean)} ms, P95 {format_ms(first.p95)} ms"
    yield from workload.notes


def draw_spectrum(id_: str, name: str, latency: Latency, limits: Sequence[VerdictRecord] = ()) -> Html:
    """Latency by percentile, each limit as a line; its numbers as a table that opens on demand."""
    histogram = LatencyHistogram.decode(latency.histogram)
    points = read_spectrum(histogram)
    shown = [each for each in limits if each.unit is Unit.MS]
    y = scale_over((*(ms for _, ms in points), *(each.target for each in shown)), logarithmic=True)
    if y is None:
        return element("p", "Every request took less than a nanosecond.")
    x = Scale(1, _end_place(latency.count), logarithmic=True)
    plot = Plot(x, y, _HEIGHT_PX)
    places = _choose_places(x)
    chart = draw_chart(
        plot,
        plot.draw_steps(points, "line accent"),
        (_draw_bound(plot, each) for each in shown),
        (plot.draw_limit(each.target, f"limit {each.assertion}") for each in shown),
        id_=id_,
        title=f"Latency of {name} by percentile",
        description=(
            f"{latency.count:,} requests: half within {format_value(latency.p50, Unit.MS)}, 95 of 100 within "
            f"{format_value(latency.p95, Unit.MS)}, the slowest {format_value(latency.max, Unit.MS)}."
        ),
        x=Axis(lambda place: _name_quantile(1 - 1 / place), places),
        y=Axis(label_ms),
    )
    legend = [("accent", "requests")]
    if any(each.interval for each in shown):
        legend.append(("bound", "90 % interval"))
    rows = [(_name_quantile(q), format_ms(ns_to_ms(percentile_ns(histogram, q)))) for q in _TABLE_QUANTILES]
    table = build_table(f"Latency of {name}", (Column("Percentile", "text"), Column("ms")), rows)
    return join(
        build_figure("Latency by percentile, both axes logarithmic", chart, build_legend(legend)),
        fold("As a table", table),
    )


def _choose_places(scale: Scale) -> list[float]:
    chosen: list[float] = []
    for q in _AXIS_QUANTILES:
        place = 1 / (1 - q)
        apart = all(abs(scale.at(place) - scale.at(other)) >= _APART for other in chosen)
        if place <= scale.high and apart:
            chosen.append(place)
    return sorted(chosen)


def _draw_bound(plot: Plot, record: VerdictRecord) -> Html | None:
    """The interval of a judged percentile, where it stands on the axis."""
    q, interval = _quantile(record.statistic), record.interval
    if q is None or interval is None:
        return None
    left = plot.left(1 / (1 - q))
    low = plot.y.low if interval.low is None else interval.low
    high = plot.y.high if interval.high is None else interval.high
    return element("line", x1=left, x2=left, y1=plot.top(low), y2=plot.top(high), class_="bound")


def _quantile(statistic: str) -> float | None:
    return float(statistic[1:]) / 100 if statistic[:1] == "p" else None


def _name_quantile(q: float) -> str:
    return "min" if q == 0 else f"P{round(q * 100, 4):g}"


def read_spectrum(histogram: LatencyHistogram) -> list[Point]:
    """Corners of the spectrum's steps: (1 / (1 - quantile), latency in ms) for each value, at most a few hundred.

    The quantile is the share of requests that took no longer. It would put the slowest request at infinity, so it goes
    to the axis' end.
    """
    total, seen = histogram.count, 0
    points: list[Point] = [(1.0, 0.0)]
    for value_ns, times in histogram.counts():
        seen += times
        place = total / (total - seen) if seen < total else _end_place(total)
        points.append((max(place, points[-1][0]), ns_to_ms(value_ns)))
    points[0] = (1.0, points[1][1])
    return _thin(points)


def _end_place(count: int) -> float:
    """Beyond the last quantile that so many requests have, and far enough for P95 to have its place."""
    return max(20.0, 2.0 * count)


def _thin(points: list[Point]) -> list[Point]:
    """Without the corners that lie too close to the one before to be told apart, on either axis."""
    if len(points) <= _MAX_POINTS:
        return points
    first, last = points[0], points[-1]
    x = Scale(first[0], max(last[0], first[0] * 1.01), logarithmic=True)
    y = Scale(max(first[1], 1e-6), max(last[1], 1e-5), logarithmic=True)
    kept = [first]
    for point in points[1:-1]:
        moved = abs(x.at(point[0]) - x.at(kept[-1][0])) + abs(y.at(max(point[1], 1e-6)) - y.at(max(kept[-1][1], 1e-6)))
        if moved >= 2 / _MAX_POINTS:
            kept.append(point)
    return [*kept, last]
