"""``report --trend``: every report of a folder."""

from __future__ import annotations

from pathlib import Path

from cabanas_perf.report.files import REPORT_PREFIX, ReportError, read_report
from cabanas_perf.report.record.trends import Trends
from cabanas_perf.report.trend import build_trends
from cabanas_perf.runners.errors import RunError


def read_trends(folder: Path) -> Trends:
    """The series of the folder's reports; files that are no reports are noted, and left out.

    Raises:
        RunError: when there is no such folder, or no report in it.
    """
    if not folder.is_dir():
        raise RunError(f"{folder} is no folder", fix="give the folder that runs write their reports to, as in profiles")
    reports, problems = [], []
    for path in sorted(folder.glob(f"{REPORT_PREFIX}_*.json")):
        try:
            reports.append(read_report(path))
        except ReportError as error:
            problems.append(str(error))
    if not reports:
        shown = "".join(f"\n    {problem}" for problem in problems)
        raise RunError(f"no report in {folder}{shown}", fix=f"look for {REPORT_PREFIX}_*.json in another folder")
    trends = build_trends(reports)
    return trends.model_copy(update={"notes": (*trends.notes, *problems)})
