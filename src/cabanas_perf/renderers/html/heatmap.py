"""Latency over time: how many requests of each moment took how long, darker for more of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.renderers.html.layout import build_card, build_cards, build_figure
from cabanas_perf.renderers.html.markup import Html
from cabanas_perf.renderers.html.scales import Scale
from cabanas_perf.renderers.html.svg import Axis, Plot, draw_chart, label_ms
from cabanas_perf.renderers.numbers import format_value
from cabanas_perf.report.record import Load, TimelinePoint, VerdictRecord
from cabanas_perf.slo.objective import Indicator, Unit

_HEIGHT_PX = 160
_MAX_COLUMNS = 60
_ROWS_PER_DECADE = 8
_SHADES = 5
_MIN_POINTS = 3

Cells = Counter[tuple[int, int]]
"""Requests by column and row."""


def build_heat_maps(load: Load, verdicts: Sequence[VerdictRecord]) -> Html | None:
    """One map for each endpoint; None for runs without a time line to speak of."""
    if len(load.timeline) < _MIN_POINTS:
        return None
    names = dict.fromkeys(name for point in load.timeline for name in point.histograms)
    cards = [_build_map(f"heat-{nth}", name, load, verdicts) for nth, name in enumerate(names)]
    return build_cards(cards) if cards else None


def _build_map(id_: str, name: str, load: Load, verdicts: Sequence[VerdictRecord]) -> Html:
    limits = [
        each
        for each in verdicts
        if each.workload == name and each.indicator is Indicator.LATENCY and each.unit is Unit.MS
    ]
    end_s = load.timeline[-1].at_s + 1
    column_s = float(math.ceil(end_s / _MAX_COLUMNS))
    cells = count_cells(name, load.timeline, column_s)
    rows = [row for _, row in cells]
    lowest, highest = min(rows), max(rows) + 1
    y = Scale(_row_ms(lowest), _row_ms(highest), logarithmic=True)
    if limits and (tightest := min(each.target for each in limits)) > y.high:
        y = Scale(y.low, tightest * 1.2, logarithmic=True)
    plot = Plot(Scale(0, end_s), y, _HEIGHT_PX)
    chart = draw_chart(
        plot,
        _draw_cells(plot, cells, column_s),
        (plot.draw_limit(each.target, f"limit {each.assertion}") for each in limits),
        id_=id_,
        title=f"Latency of {name} over time",
        description=f"Accepted requests by second and latency, from {format_value(_row_ms(lowest), Unit.MS)} to "
        f"{format_value(_row_ms(highest), Unit.MS)}; the darker the more.",
        x=Axis(lambda s: f"{s:g} s"),
        y=Axis(label_ms),
    )
    return build_card(name, build_figure("Requests by time and latency; darker is more", chart))


def count_cells(name: str, timeline: Sequence[TimelinePoint], column_s: float) -> Cells:
    """Requests of the endpoint, by column of so many seconds and by row of an eighth of a decade of latency."""
    columns: dict[int, LatencyHistogram] = {}
    for point in timeline:
        if encoded := point.histograms.get(name):
            columns.setdefault(int(point.at_s / column_s), LatencyHistogram()).merge(LatencyHistogram.decode(encoded))
    cells: Cells = Counter()
    for column, histogram in columns.items():
        for value_ns, times in histogram.counts():
            cells[column, math.floor(math.log10(max(ns_to_ms(value_ns), 1e-6)) * _ROWS_PER_DECADE)] += times
    return cells


def _row_ms(row: int) -> float:
    return float(10 ** (row / _ROWS_PER_DECADE))


def _draw_cells(plot: Plot, cells: Cells, column_s: float) -> list[Html]:
    """One path for each shade: thousands of elements would make the page slow and large."""
    most = max(cells.values())
    paths: list[list[str]] = [[] for _ in range(_SHADES)]
    for (column, row), times in sorted(cells.items()):
        # The root lets single requests show beside hundreds.
        shade = min(_SHADES - 1, int(math.sqrt(times / most) * _SHADES))
        left, right = (plot.x.at(each * column_s) * 1000 for each in (column, column + 1))
        top, bottom = plot.top(_row_ms(row + 1)), plot.top(_row_ms(row))
        paths[shade].append(f"M{left:.1f} {top:g}H{right:.1f}V{bottom:g}H{left:.1f}Z")
    return [plot.draw_path("".join(path), f"heat heat-{shade}") for shade, path in enumerate(paths) if path]
