"""From many stored reports to series, and to the runs at which a series changed its level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from cabanas_perf.measurement.change_points import find_change_points
from cabanas_perf.report.compare import compare_machines, latencies_of
from cabanas_perf.report.record import Latency, Report
from cabanas_perf.report.record.trends import LevelChange, Trend, TrendPoint, Trends

REPORTS_MAX = 100
"""The newest so many; finding changes takes the square of their number."""
_STATISTICS = ("p50", "p95")


def build_trends(reports: Sequence[Report]) -> Trends:
    """The series of every subject, oldest report first; from the newest report's machine alone, and without partial
    reports.
    """
    ordered = sorted(reports, key=lambda report: report.run.started_at)
    whole = [report for report in ordered if report.run.complete]
    alike = [report for report in whole if not any(compare_machines(whole[-1].environment, report.environment))]
    kept = alike[-REPORTS_MAX:]
    return Trends(
        series=tuple(_build_series(kept)), notes=tuple(_notes(len(ordered), len(whole), len(alike), len(kept)))
    )


def _notes(read: int, whole: int, alike: int, kept: int) -> Iterator[str]:
    for left_out, reason in (
        (read - whole, "partial"),
        (whole - alike, "from another machine than the newest"),
        (alike - kept, "older than the newest 100"),
    ):
        if left_out:
            yield f"left out: {left_out} {reason}"


def _build_series(reports: Sequence[Report]) -> Iterator[Trend]:
    found: defaultdict[str, list[tuple[Report, Latency]]] = defaultdict(list)
    for report in reports:
        for subject, latency in latencies_of(report):
            found[_describe_subject(report, subject)].append((report, latency))
    for subject, measured in found.items():
        for statistic in _STATISTICS:
            values = [getattr(latency, statistic) for _, latency in measured]
            yield Trend(
                subject=subject,
                statistic=statistic,  # type: ignore[arg-type]
                points=tuple(
                    TrendPoint(
                        run_id=report.run.id,
                        started_at=report.run.started_at,
                        git_commit=report.run.git_commit,
                        value_ms=value,
                    )
                    for (report, _), value in zip(measured, values, strict=True)
                ),
                changes=tuple(
                    LevelChange(index=point.index, before_ms=point.before, after_ms=point.after)
                    for point in find_change_points(values)
                ),
            )


def _describe_subject(report: Report, subject: str) -> str:
    """Asked in another way, a workload is another series."""
    for workload in report.workloads:
        if workload.name == subject:
            http = " over HTTP" if workload.via == "http" else ""
            return f"{subject}{http}" + (f", {workload.concurrency} at once" if workload.concurrency > 1 else "")
    if report.load is not None and subject.startswith("load/"):
        return f"{subject} in {report.load.scenario}"
    return subject
