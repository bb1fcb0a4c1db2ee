"""Workflow commands that GitHub shows as annotations of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cabanas_perf.renderers.severity import all_findings
from cabanas_perf.renderers.wording import PARTIAL, explain_verdict
from cabanas_perf.report.record import Report
from cabanas_perf.slo.verdict import Verdict

LIMIT = 10
"""Of each kind in a step; GitHub drops what is over without a word."""
_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}

_Annotation = tuple[str, str, str]
"""Level, title, message."""


def render_annotations(report: Report) -> str:
    """One command a line: missed objectives and a failed audit are errors, inconclusive ones warnings, and findings
    as severe as they are. The last one of a kind that is over the limit says how many are left out.
    """
    found = list(_collect(report))
    lines = []
    for level in ("error", "warning", "notice"):
        lines += _limit(level, [one for one in found if one[0] == level])
    return "".join(f"{line}\n" for line in lines)


def _collect(report: Report) -> Iterator[_Annotation]:
    if not report.run.complete:
        yield "error", "Partial report", PARTIAL
    if report.audit is not None and report.audit.passed is False:
        failed = [check.name for check in report.audit.checks if check.passed is False]
        yield "error", "Audit failed", ", ".join(failed) or report.audit.detail
    for verdict in report.verdicts:
        if verdict.verdict is Verdict.MISSED:
            yield "error", f"{verdict.objective} missed", f"{verdict.assertion}: {explain_verdict(verdict)}"
        elif verdict.verdict is Verdict.INCONCLUSIVE:
            yield "warning", f"{verdict.objective} inconclusive", f"{verdict.assertion}: {explain_verdict(verdict)}"
    for name, finding in all_findings(report):
        fix = f" Try: {finding.fix}" if finding.fix else ""
        yield _LEVELS[finding.severity], f"{name}: {finding.rule}", f"{finding.message}{fix}"


def _limit(level: str, found: Sequence[_Annotation]) -> list[str]:
    if len(found) <= LIMIT:
        return [_command(*one) for one in found]
    left_out = len(found) - LIMIT + 1
    rest = (level, f"{left_out} more", "left out here; the report has them all")
    return [_command(*one) for one in (*found[: LIMIT - 1], rest)]


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_escape(title, ':,')}::{_escape(message)}"


def _escape(text: str, also: str = "") -> str:
    """Percent-encoded where the syntax of workflow commands asks for it."""
    return "".join(f"%{ord(mark):02X}" if mark in f"%\r\n{also}" else mark for mark in text)
