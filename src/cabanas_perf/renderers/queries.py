"""What ``explain`` found, for a terminal of 80 columns: a table of statements, and plans with their findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cabanas_perf.plans.changes import PlanChange
from cabanas_perf.plans.parse import parse_explain
from cabanas_perf.renderers.numbers import format_ms, format_short
from cabanas_perf.renderers.plan_tree import build_tree
from cabanas_perf.renderers.wording import describe_advice, describe_growth
from cabanas_perf.report.record import Query

_SEVERITIES = {"error": "error", "warning": "warn", "info": "info"}


def render_queries(
    queries: Sequence[Query], *, trees: bool = False, changes: Sequence[PlanChange] = ()
) -> Iterator[RenderableType]:
    """The table; plans of statements with findings, or of all of them with ``trees``; advice, growth, changes."""
    if not queries:
        return
    yield _build_table(queries)
    for query in queries:
        if query.plan is not None and (trees or query.findings):
            yield Text()
            yield Text(_title(query), style="bold")
            yield build_tree(parse_explain(query.plan), query.findings)
            for finding in query.findings:
                if finding.fix:
                    yield _line(f"{finding.rule}, try: {finding.fix}")
        yield from _extras(query)
    for change in changes:
        yield Text(f"plan changed: {change.statement}", style="bold red")
        yield from (_line(f"- {step}", "red") for step in change.gone)
        yield from (_line(f"+ {step}", "green") for step in change.new)
    yield Text()
    yield _line("P50 and P95: plain executions. ANALYZE: EXPLAIN's own time, which slows what it measures.", "dim")


def _build_table(queries: Sequence[Query]) -> Table:
    table = Table(
        title=Text("Statements", style="bold"), title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False,
        header_style="dim",
    )  # fmt: skip
    table.add_column("Statement", min_width=24, overflow="fold")
    for header in ("data", "rows", "P50 ms", "P95 ms", "plan ms", "ANALYZE", "blocks"):
        table.add_column(header, justify="right")
    table.add_column("found", min_width=7, overflow="fold")
    for query in queries:
        latency = query.latency_ms
        table.add_row(
            Text(query.name),
            format_short(query.table_rows),
            format_short(query.rows),
            format_ms(latency.p50 if latency else None),
            format_ms(latency.p95 if latency else None),
            format_ms(query.planning_ms),
            format_ms(query.execution_ms),
            format_short(query.blocks),
            _found(query),
        )
    return table


def _found(query: Query) -> Text:
    if not query.explained:
        return Text("no plan", style="yellow")
    counts = [(severity, sum(one.severity == severity for one in query.findings)) for severity in _SEVERITIES]
    words = ", ".join(f"{n} {_SEVERITIES[severity]}" for severity, n in counts if n)
    style = "bold red" if counts[0][1] else "yellow" if words else "green"
    return Text(words or "ok", style=style)


def _title(query: Query) -> str:
    size = "" if query.table_rows is None else f" at {query.table_rows:,} reservations"
    return f"{query.name}{size}"


def _extras(query: Query) -> Iterator[RenderableType]:
    for note in query.notes:
        yield _line(f"{query.name}: {note}", "yellow")
    for advice in query.advice:
        yield _line(f"{query.name}: {describe_advice(advice)}")
    if query.growth is not None and query.growth.outgrows_result:
        yield _line(f"{query.name}: {describe_growth(query.growth)}", "yellow")


def _line(text: str, style: str = "") -> Padding:
    return Padding(Text(text, style=style, overflow="fold"), (0, 0, 0, 2))
