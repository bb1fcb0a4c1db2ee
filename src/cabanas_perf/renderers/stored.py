"""Two stored reports beside each other, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cabanas_perf.measurement.paired import Difference
from cabanas_perf.renderers.numbers import format_ms, format_significant
from cabanas_perf.report.record.stored import PlanDifference, StatisticChange, StoredComparison

_WORDS = {
    Difference.SLOWER: ("looks slower", "red"),
    Difference.FASTER: ("looks faster", "green"),
    Difference.NONE: ("alike", "dim"),
    Difference.UNPROVEN: ("cannot tell", "yellow"),
}


def render_stored(comparison: StoredComparison) -> Iterator[RenderableType]:
    """Times, then what was counted, then plans and verdicts."""
    for line in comparison.unlike:
        yield Text(f"unlike: {line}", style="yellow")
    if comparison.latencies:
        yield _latency_table(comparison)
        yield Text("Times of different runs are indicative: `cabanas-perf ab` measures both in one.", style="dim")
    for change in comparison.counts:
        word, style = ("worse", "bold red") if change.worse else ("better", "green")
        yield Text(f"{change.subject}: {change.counted} {change.base:g}, now {change.head:g} ({word})", style=style)
    for plan in comparison.plans:
        yield from _plan_lines(plan)
    for verdict in comparison.verdicts:
        yield Text(f"{verdict.objective}: {verdict.base}, now {verdict.head}")
    for note in comparison.notes:
        yield Text(f"note: {note}", style="dim")
    yield Text(_summary(comparison))


def _latency_table(comparison: StoredComparison) -> Table:
    table = Table(
        title=Text(f"Times of {comparison.head_id} by those of {comparison.base_id}", style="bold"),
        title_justify="left",
        box=None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        header_style="dim",
    )
    table.add_column("", overflow="fold")
    for header in ("", "base ms", "head ms", "ratio", "interval"):
        table.add_column(header, justify="right")
    table.add_column("")
    subject = ""
    for change in comparison.latencies:
        word, style = _WORDS[change.difference]
        table.add_row(
            Text("" if change.subject == subject else change.subject),
            change.statistic.upper(),
            format_ms(change.base_ms),
            format_ms(change.head_ms),
            _ratio(change.ratio),
            _interval(change),
            Text(word, style=style),
        )
        subject = change.subject
    return table


def _interval(change: StatisticChange) -> str:
    return f"{_ratio(change.ratio_low)} to {_ratio(change.ratio_high)}"


def _ratio(ratio: float | None) -> str:
    return "?" if ratio is None else format_significant(ratio)


def _plan_lines(plan: PlanDifference) -> Iterator[Text]:
    cost = "" if plan.cost_ratio is None else f", estimated cost {format_significant(plan.cost_ratio)} times the old"
    yield Text(f"query/{plan.statement}: another plan{cost}", style="bold red")
    for sign, style, steps in (("-", "red", plan.gone), ("+", "green", plan.new)):
        for step in steps:
            yield Text(f"  {sign} {step}", style=style)


def _summary(comparison: StoredComparison) -> str:
    worse = sum(change.worse for change in comparison.counts)
    return (
        f"{comparison.counts_compared} counts compared, {worse} worse; {comparison.plans_compared} plans compared, "
        f"{len(comparison.plans)} changed"
    )
