"""``compare``: two reports from disk, refused where their machines or inputs differ."""

from __future__ import annotations

from pathlib import Path

from cabanas_perf.measurement.paired import Rule
from cabanas_perf.report.compare import compare_reports
from cabanas_perf.report.files import read_report
from cabanas_perf.report.record import Report
from cabanas_perf.report.record.stored import StoredComparison
from cabanas_perf.runners.baselines import find_baseline
from cabanas_perf.runners.errors import RunError


def compare_files(base: str, head: str, output: Path, *, rule: Rule, force: bool) -> StoredComparison:
    """Compare two reports, each given by its path or by a baseline's name.

    Raises:
        RunError: when there is no such report, or when the two are unlike and ``force`` is not set.
        ReportError: when a file is no report.
    """
    comparison = compare(read_report(find_baseline(base, output)), read_report(find_baseline(head, output)), rule)
    if comparison.unlike and not force:
        shown = "".join(f"\n    {one}" for one in comparison.unlike)
        raise RunError(
            f"the reports are unlike, so their times say little about the code:{shown}",
            fix="`cabanas-perf ab` measures both in one run; --force compares these all the same",
        )
    return comparison


def compare_with_baseline(report: Report, baseline: Report) -> StoredComparison:
    """A fresh report beside a baseline. Times are left out where the two are unlike: what is counted remains."""
    comparison = compare(baseline, report, Rule())
    return comparison.model_copy(update={"latencies": ()}) if comparison.unlike else comparison


def compare(base: Report, head: Report, rule: Rule) -> StoredComparison:
    try:
        return compare_reports(base, head, rule)
    except ValueError as error:
        raise RunError(f"a histogram cannot be read ({error})", fix="run the command that wrote it again") from error
