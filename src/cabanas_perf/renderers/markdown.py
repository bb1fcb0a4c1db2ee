"""The report as Markdown, for the summary page of a CI job or a comment."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.renderers.numbers import format_interval, format_ms, format_value
from cabanas_perf.renderers.severity import all_findings, worst_first
from cabanas_perf.renderers.wording import PARTIAL, VERDICT_SYMBOLS, explain_verdict, summarise_verdicts
from cabanas_perf.report.record import Audit, Finding, Report, VerdictRecord, Workload
from cabanas_perf.slo.verdict import Verdict

SUMMARY_LIMIT_BYTES = 1024 * 1024
"""Of a step's summary on GitHub, which drops a longer one whole."""
_NOTE_ROOM_BYTES = 200


def render_markdown(report: Report, *, limit_bytes: int = SUMMARY_LIMIT_BYTES) -> str:
    """Markdown of at most `limit_bytes` in UTF-8. The worst comes first; what does not fit is counted at the end."""
    kept: list[str] = []
    left_bytes = limit_bytes - _NOTE_ROOM_BYTES
    lines = list(_lines(report))
    for line in lines:
        left_bytes -= len(line.encode()) + 1
        if left_bytes < 0:
            kept.append(f"\n_{len(lines) - len(kept)} more lines are left out here; the report has them all._")
            break
        kept.append(line)
    return "\n".join(kept) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"## cabanas-perf: {_escape(summarise_verdicts(report))}"
    yield ""
    yield f"Exit code {int(report.exit_code)}: {report.exit_code.meaning}."
    if not report.run.complete:
        yield ""
        yield f"**{PARTIAL}**"
    yield ""
    if report.verdicts:
        yield from _verdict_table(report)
    if report.audit is not None:
        yield from _audit_lines(report.audit)
    if report.workloads:
        yield from _workload_table(report)
    if findings := all_findings(report):
        yield from _finding_table(findings)
    yield f"`{report.run.command.replace('`', chr(39))}`"


def _verdict_table(report: Report) -> Iterator[str]:
    yield "| | Objective | Observed | 90 % interval | Target | Why |"
    yield "| --- | --- | ---: | ---: | --- | --- |"
    for verdict in worst_first(report.verdicts):
        if verdict.verdict is not Verdict.NOT_IN_SCOPE:
            yield _row(*_verdict_cells(verdict))
    yield ""
    if out := [one.objective for one in report.verdicts if one.verdict is Verdict.NOT_IN_SCOPE]:
        yield f"Not in scope: {_escape(', '.join(out))}"
        yield ""


def _verdict_cells(verdict: VerdictRecord) -> Iterator[str]:
    interval = verdict.interval
    yield f"{VERDICT_SYMBOLS[verdict.verdict]} {verdict.verdict.value}"
    yield verdict.objective
    yield format_value(verdict.observed, verdict.unit)
    yield "-" if interval is None else format_interval(interval.low, interval.high, verdict.unit)
    yield verdict.assertion
    yield explain_verdict(verdict)


def _audit_lines(audit: Audit) -> Iterator[str]:
    outcome = {True: "passed", False: "**failed**", None: "could not be made"}[audit.passed]
    yield f"Audit ({audit.source}) {outcome}{': ' + _escape(audit.detail) if audit.detail else ''}"
    for check in audit.checks:
        if not check.passed:
            state = "not checked" if check.passed is None else f"expected {check.expected}, found {check.found}"
            yield f"- {_escape(check.name)}: {state} {_escape(check.detail)}".rstrip()
    yield ""


def _workload_table(report: Report) -> Iterator[str]:
    yield "| Workload | Requests | Refused | Failed | P50 ms | P95 ms | P99 ms |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for workload in sorted(report.workloads, key=lambda one: -one.errors):
        yield _row(*_workload_cells(workload))
    yield ""


def _workload_cells(workload: Workload) -> Iterator[str]:
    latency = workload.latency_ms
    yield workload.name
    yield from map(str, (workload.requests, workload.refused, workload.errors))
    yield from map(format_ms, (None,) * 3 if latency is None else (latency.p50, latency.p95, latency.p99))


def _finding_table(findings: list[tuple[str, Finding]]) -> Iterator[str]:
    yield "| Severity | Where | Finding | Try |"
    yield "| --- | --- | --- | --- |"
    for name, finding in findings:
        yield _row(finding.severity, name, f"{finding.rule}: {finding.message}", finding.fix or "-")
    yield ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(map(_escape, cells))} |"


def _escape(text: str) -> str:
    """So that it stays one cell and nothing in it is markup."""
    for mark in "\\`*_[]<>|":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
