"""Series over stored reports, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cabanas_perf.renderers.numbers import format_significant, format_value
from cabanas_perf.report.record.trends import LevelChange, Trend, Trends
from cabanas_perf.slo.objective import Unit

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*#@"
_MARK = "|"
_POINTS_SHOWN = 50
_COMMIT_SHOWN = 10


def render_trends(trends: Trends, *, ascii_only: bool = False) -> Iterator[str]:
    """A line for each series, with a bar for each run and a mark before each change; then the changes in words."""
    width = max((len(trend.subject) for trend in trends.series), default=0)
    for trend in trends.series:
        values = [point.value_ms for point in trend.points]
        last = format_value(values[-1], Unit.MS)
        bars = render_bars(values, [change.index for change in trend.changes], _ASCII_BARS if ascii_only else _BARS)
        runs = "1 run" if len(values) == 1 else f"{len(values)} runs"
        yield f"{trend.subject.ljust(width)}  {trend.statistic.upper()}  {bars}  {last}, {runs}"
        for change in trend.changes:
            yield f"{' ' * width}  {_describe_change(trend, change)}"
    for note in trends.notes:
        yield f"note: {note}"
    if not trends.series:
        yield "no latency in any report"


def render_bars(values: Sequence[float], marks: Sequence[int], bars: str = _BARS) -> str:
    """The last 50 values as bars from the smallest to the largest, with a mark before each value of `marks`.

    >>> render_bars([1, 1, 8, 8], [2])
    '▁▁|██'
    """
    first = max(0, len(values) - _POINTS_SHOWN)
    shown = values[first:]
    low, span = min(shown), max(shown) - min(shown)
    drawn = []
    for index, value in enumerate(shown, start=first):
        step = round((value - low) / span * (len(bars) - 1)) if span else 0
        drawn.append(f"{_MARK if index in marks else ''}{bars[step]}")
    return "".join(drawn)


def _describe_change(trend: Trend, change: LevelChange) -> str:
    point = trend.points[change.index]
    word = "slower" if change.after_ms > change.before_ms else "faster"
    commit = "" if point.git_commit is None else f", commit {point.git_commit[:_COMMIT_SHOWN]}"
    times = f" ({format_significant(change.after_ms / change.before_ms)} times)" if change.before_ms else ""
    return (
        f"{word} since {point.started_at:%Y-%m-%d %H:%M} (run {point.run_id}{commit}): "
        f"{format_value(change.before_ms, Unit.MS)}, then {format_value(change.after_ms, Unit.MS)}{times}"
    )
