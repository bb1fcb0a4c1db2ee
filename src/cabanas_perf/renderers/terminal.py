"""The report for a terminal: tables that fit 80 columns, verdicts in words and symbols as well as in
colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cabanas_perf.renderers.comparisons import render_comparison
from cabanas_perf.renderers.numbers import (
    format_interval,
    format_ms,
    format_percent,
    format_significant,
    format_value,
)
from cabanas_perf.renderers.optimizations import render_ledger
from cabanas_perf.renderers.requests import render_profile, render_requests
from cabanas_perf.renderers.wording import (
    PARTIAL,
    VERDICT_SYMBOLS,
    describe_estimate,
    describe_exit,
    explain_verdict,
    summarise_verdicts,
)
from cabanas_perf.report.record import Audit, Latency, Overall, Report, Workload
from cabanas_perf.slo.verdict import Verdict

_STYLES = {
    Verdict.MET: "green",
    Verdict.MISSED: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_IN_SCOPE: "dim",
}
_ASCII_SYMBOLS = {**VERDICT_SYMBOLS, Verdict.MET: "+", Verdict.MISSED: "x"}
_FAILURES = ("error", "timeout")


def render(report: Report, *, report_path: Path | None = None, width: int = 80, color: bool = False) -> str:
    """Text of the report, each line at most `width` wide and without trailing blanks."""
    buffer = StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
    )
    _print(console, report, report_path, VERDICT_SYMBOLS)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def print_report(report: Report, console: Console, *, report_path: Path | None = None) -> None:
    """Print the report, in ASCII where the console knows nothing else."""
    symbols = VERDICT_SYMBOLS if console.encoding.lower().startswith("utf") else _ASCII_SYMBOLS
    _print(console, report, report_path, symbols)


def _print(console: Console, report: Report, report_path: Path | None, symbols: dict[Verdict, str]) -> None:
    for part in _parts(report, report_path, symbols):
        console.print(part, markup=False, highlight=False, emoji=False)


def _parts(report: Report, report_path: Path | None, symbols: dict[Verdict, str]) -> Iterator[RenderableType]:
    if report.workloads:
        yield _workload_table(report)
        for workload in report.workloads:
            yield from _workload_lines(workload)
    for comparison in report.comparisons:
        yield from map(Text, render_comparison(comparison))
    yield from render_ledger(report.optimizations, report.ledger)
    for workload in report.workloads:
        if workload.stages:
            yield Text()
            yield _stage_table(workload)
        for text in render_requests(workload, in_full=len(report.workloads) == 1):
            yield Text(text, style="bold" if text and not text.startswith(" ") else "", overflow="fold")
    yield Text()
    if report.verdicts:
        yield _verdict_table(report, symbols)
        yield from _verdict_lines(report, symbols)
        yield Text()
    if report.audit is not None:
        yield from _audit_lines(report.audit)
    yield from _closing_lines(report, report_path)


def _table(title: str) -> Table:
    return Table(
        title=Text(title, style="bold"),
        title_justify="left",
        box=None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        header_style="dim",
    )


def _workload_table(report: Report) -> Table:
    table = _table("Latency of accepted requests, and what became of the rest")
    table.add_column("Workload", width=16, overflow="fold")
    for header, width in (("requests", 8), ("ok", 6), ("refused", 7), ("failed", 6)):
        table.add_column(header, justify="right", min_width=width)
    for header in ("P50 ms", "P95 ms", "P99 ms", "req/s"):
        table.add_column(header, justify="right", min_width=6)
    for workload in report.workloads:
        latency = workload.latency_ms
        percentiles = (None,) * 3 if latency is None else (latency.p50, latency.p95, latency.p99)
        table.add_row(
            Text(workload.name),
            str(workload.requests),
            str(workload.ok),
            str(workload.refused),
            Text(str(workload.errors), style="bold red" if workload.errors else ""),
            *map(format_ms, percentiles),
            "-" if workload.throughput_rps is None else format_significant(workload.throughput_rps),
        )
    return table


def _workload_lines(workload: Workload) -> Iterator[RenderableType]:
    failures = [f"{name} {n}" for name, n in workload.outcomes.items() if name.partition("/")[0] in _FAILURES]
    if failures:
        yield _line(f"{workload.name} failures: {', '.join(failures)}", "red")
    for label, latency in (
        ("refusals", workload.refused_latency_ms),
        ("acknowledged", workload.ack_latency_ms),
    ):
        if latency is not None:
            yield _line(f"{workload.name} {label}: {latency.count}, {_percentiles(latency)}")
    if workload.inputs is not None:
        first = workload.inputs.first_latency_ms
        yield _line(f"{workload.name} inputs: {workload.inputs.distinct} distinct of {workload.requests}")
        if first is not None and workload.latency_ms is not None:
            yield _line(f"{workload.name} with repeats: {_mean_and_percentiles(workload.latency_ms)}")
            yield _line(f"{workload.name} without repeats: {_mean_and_percentiles(first)}")
    if workload.queries_per_request is not None and not workload.statements:
        yield _line(f"{workload.name} queries: {format_significant(workload.queries_per_request)} per request")
    profiles = workload.profiles or ((workload.profile,) if workload.profile is not None else ())
    for profile in profiles:
        yield _line(render_profile(workload.name, profile))
    for note in workload.notes:
        yield _line(f"{workload.name}: {note}", "yellow")


def _mean_and_percentiles(latency: Latency) -> str:
    return f"mean {format_ms(latency.mean)} ms, P50 {format_ms(latency.p50)} ms, P95 {format_ms(latency.p95)} ms"


def _percentiles(latency: Latency) -> str:
    return ", ".join(
        f"{name} {format_ms(value)} ms"
        for name, value in (("P50", latency.p50), ("P95", latency.p95), ("P99", latency.p99))
    )


def _stage_table(workload: Workload) -> Table:
    table = _table(f"Stages of {workload.name}, beside the design document's estimate")
    table.add_column("Stage", width=26, overflow="fold")
    for header in ("P50 ms", "P95 ms", "share", "estimate ms"):
        table.add_column(header, justify="right", min_width=8)
    for stage in workload.stages:
        table.add_row(
            Text(stage.name),
            format_ms(stage.p50_ms),
            format_ms(stage.p95_ms),
            format_percent(stage.share_ratio),
            describe_estimate(stage),
        )
    table.add_row(Text("(unexplained)"), "", "", format_percent(workload.unexplained_ratio), "")
    return table


def _verdict_table(report: Report, symbols: dict[Verdict, str]) -> Table:
    table = _table("Objectives")
    table.add_column("Objective", width=24, overflow="fold")
    table.add_column("observed", justify="right", min_width=8)
    table.add_column("90 % interval", justify="right", min_width=17)
    table.add_column("target", min_width=11)
    table.add_column("verdict", min_width=14)
    for record in report.verdicts:
        if record.verdict is Verdict.NOT_IN_SCOPE:
            continue
        interval = record.interval
        table.add_row(
            Text(record.objective),
            format_value(record.observed, record.unit),
            "-" if interval is None else format_interval(interval.low, interval.high, record.unit),
            Text(record.assertion),
            Text(f"{symbols[record.verdict]} {record.verdict.value}", style=_STYLES[record.verdict]),
        )
    return table


def _verdict_lines(report: Report, symbols: dict[Verdict, str]) -> Iterator[RenderableType]:
    for record in report.verdicts:
        if record.verdict in {Verdict.INCONCLUSIVE, Verdict.MISSED}:
            yield _line(
                f"{symbols[record.verdict]} {record.objective}: {explain_verdict(record)}", _STYLES[record.verdict]
            )
    out_of_scope = [r.objective for r in report.verdicts if r.verdict is Verdict.NOT_IN_SCOPE]
    if out_of_scope:
        yield _line(f"not in scope: {', '.join(out_of_scope)}", "dim")


def _audit_lines(audit: Audit) -> Iterator[RenderableType]:
    outcome = {True: "passed", False: "FAILED", None: "could not be made"}[audit.passed]
    style = "green" if audit.passed else "bold red"
    detail = f": {audit.detail}" if audit.detail else ""
    yield Text(f"Audit ({audit.source}) {outcome}{detail}", style=style)
    for check in audit.checks:
        if check.passed:
            continue
        counts = "" if check.expected is None else f", expected {check.expected}, found {check.found}"
        problem = "not checked" if check.passed is None else "failed"
        yield _line(": ".join(filter(None, (f"{check.name} {problem}{counts}", check.detail))), style)


def _closing_lines(report: Report, report_path: Path | None) -> Iterator[RenderableType]:
    style = {Overall.MET: "bold green", Overall.INCONCLUSIVE: "bold yellow"}.get(report.verdict, "bold red")
    yield Text(f"Verdict: {summarise_verdicts(report)}", style=style)
    yield Text(describe_exit(report))
    if not report.run.complete:
        yield Text(PARTIAL, style="bold red")
    if report_path is not None:
        yield Text(f"Report: {report_path}", overflow="fold")
        yield Text(f"Next: cabanas-perf report {report_path}", overflow="fold")
    for workload in report.workloads:
        if workload.profile is not None:
            yield Text(f"Next: cabanas-perf view {workload.profile.file}", overflow="fold")


def _line(text: str, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, 2))
