from datetime import UTC, datetime, timedelta

import pytest

from cabanas_perf.renderers.trend import render_bars, render_trends
from cabanas_perf.report.record.trends import LevelChange, Trend, TrendPoint, Trends


def series(values, changes=(), subject="nlu"):
    start = datetime(2025, 10, 1, 9, 30, tzinfo=UTC)
    points = tuple(
        TrendPoint(run_id=f"run-{day}", started_at=start + timedelta(days=day), git_commit="abc", value_ms=value)
        for day, value in enumerate(values)
    )
    return Trend(subject=subject, statistic="p50", points=points, changes=tuple(changes))


@pytest.mark.parametrize(
    ("values", "marks", "bars"),
    [
        ([1], [], "▁"),
        ([3, 3, 3], [], "▁▁▁"),
        ([1, 2, 3, 4, 5, 6, 7, 8], [], "▁▂▃▄▅▆▇█"),
        ([1, 1, 8, 8, 1], [2, 4], "▁▁|██|▁"),
        ([9] * 10 + [1] * 50, [10], "|" + "▁" * 50),
    ],
)
def test_bars_span_from_the_smallest_to_the_largest_and_marks_stand_before_changes(values, marks, bars):
    assert render_bars(values, marks) == bars


def test_a_series_is_a_line_and_each_change_a_sentence():
    changes = [LevelChange(index=2, before_ms=5.0, after_ms=8.0), LevelChange(index=4, before_ms=8.0, after_ms=0.4)]
    trends = Trends(series=(series([5, 5, 8, 8, 0.4], changes), series([1], subject="prereservation")), notes=("odd",))
    assert list(render_trends(trends)) == [
        "nlu             P50  ▅▅|██|▁  400 us, 5 runs",
        "                slower since 2025-10-03 09:30 (run run-2, commit abc): 5.00 ms, then 8.00 ms (1.60 times)",
        "                faster since 2025-10-05 09:30 (run run-4, commit abc): 8.00 ms, then 400 us (0.0500 times)",
        "prereservation  P50  ▁  1.00 ms, 1 run",
        "note: odd",
    ]


def test_a_terminal_that_knows_ascii_alone_gets_that():
    assert all(line.isascii() for line in render_trends(Trends(series=(series([1, 8, 3]),)), ascii_only=True))


def test_nothing_to_show_is_said():
    assert list(render_trends(Trends(series=()))) == ["no latency in any report"]
