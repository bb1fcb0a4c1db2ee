from datetime import timedelta

import pytest

from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.report.build import build_latency
from cabanas_perf.report.files import write_report
from cabanas_perf.report.trend import build_trends
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.trend import read_trends


@pytest.fixture
def runs(report):
    """Reports a day apart whose one workload takes so many milliseconds."""

    def build(values, *, environment=None, run=None, **changes):
        (workload, *_) = report.workloads
        return [
            report.model_copy(
                update={
                    "workloads": (workload.model_copy(update={"latency_ms": took(value)} | changes),),
                    "load": None,
                    "queries": (),
                    "environment": report.environment.model_copy(update=environment or {}),
                    "run": report.run.model_copy(
                        update={"id": f"run-{day}", "started_at": report.run.started_at + timedelta(days=day)}
                        | (run or {})
                    ),
                }
            )
            for day, value in enumerate(values)
        ]

    return build


def dated(report, day):
    return {"id": f"run-{day}", "started_at": report.run.started_at + timedelta(days=day)}


def took(value_ms):
    return build_latency(LatencySummary.of(RawDistribution([int(value_ms * 1e6)] * 100)))


def test_a_series_is_in_the_order_of_the_runs_whatever_that_of_the_files(runs):
    trends = build_trends(runs([1, 2, 3])[::-1])
    assert [trend.statistic for trend in trends.series] == ["p50", "p95"]
    assert [point.run_id for point in trends.series[0].points] == ["run-0", "run-1", "run-2"]
    assert [point.value_ms for point in trends.series[0].points] == pytest.approx([1, 2, 3], rel=1e-3)


def test_the_run_that_changed_the_level_is_marked(runs):
    trend = build_trends(runs([5] * 6 + [8] * 6)).series[0]
    (change,) = trend.changes
    assert trend.points[change.index].run_id == "run-6"
    assert (change.before_ms, change.after_ms) == pytest.approx((5, 8), rel=1e-3)


def test_partial_runs_and_other_machines_are_left_out_and_said(runs):
    trends = build_trends(
        [*runs([1] * 2, environment={"cores": 99}), *runs([2], run={"complete": False}), *runs([3] * 3)]
    )
    assert [point.value_ms for point in trends.series[0].points] == pytest.approx([3, 3, 3], rel=1e-3)
    assert trends.notes == (
        "left out: 1 partial",
        "left out: 2 from another machine than the newest",
    )


def test_only_the_newest_hundred_are_searched(runs):
    trends = build_trends(runs([1] * 101))
    assert len(trends.series[0].points) == 100
    assert trends.notes == ("left out: 1 older than the newest 100",)


def test_asked_in_another_way_a_workload_is_another_series(runs):
    reports = [*runs([1]), *runs([2], via="http"), *runs([3], concurrency=8)]
    name = reports[0].workloads[0].name
    assert {trend.subject for trend in build_trends(reports).series} == {
        name,
        f"{name} over HTTP",
        f"{name}, 8 at once",
    }


def test_files_that_are_no_reports_are_noted(runs, tmp_path):
    for report in runs([1, 2]):
        write_report(report, tmp_path)
    (tmp_path / "profiling_report_20200101_000000.json").write_text("{")
    (tmp_path / "notes.json").write_text("{")
    trends = read_trends(tmp_path)
    assert len(trends.series[0].points) == 2
    assert len(trends.notes) == 1
    assert "profiling_report_20200101_000000.json" in trends.notes[0]


@pytest.mark.parametrize("name", ["", "missing"])
def test_without_reports_there_is_no_trend(tmp_path, name):
    with pytest.raises(RunError):
        read_trends(tmp_path / name)


def test_reports_without_latencies_have_no_series(runs):
    assert build_trends(runs([1], latency_ms=None)).series == ()
