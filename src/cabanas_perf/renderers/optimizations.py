"""The ledger of optimisations for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cabanas_perf.renderers.forest import CLAIMED, MEASURED, draw_forest
from cabanas_perf.renderers.numbers import format_claim, format_ms, format_percent, format_saving
from cabanas_perf.renderers.wording import describe_worth
from cabanas_perf.report.ledger import by_worth
from cabanas_perf.report.record import Bottleneck, CumulativeStep, Ledger, Optimization, SavingPoint

_WIDTH = 80
_STYLES = {
    "confirmed": "green",
    "above claim": "green",
    "below claim": "bold red",
    "changes the answer": "bold red",
    "not measurable here": "yellow",
}
_BOTTLENECKS_SHOWN = 8
"""With those that the document names on top."""


def render_ledger(rows: Sequence[Optimization], ledger: Ledger | None) -> Iterator[RenderableType]:
    """The table, a forest plot, what stands behind each row, the cumulative tables, the bottlenecks, and what is worth
    most.
    """
    if not rows:
        return
    yield _build_table(rows)
    yield Text()
    yield Text("Saving of the time before, claimed and measured", style="bold")
    for line in draw_forest(rows, width=_WIDTH):
        yield Text(line)
    yield _line(f"{CLAIMED * 4} claimed   |--{MEASURED}--| measured, with its 95 % interval", "dim")
    for row in rows:
        yield Text()
        yield from _render_details(row)
    if ledger is not None and ledger.cumulative:
        yield Text()
        yield _build_cumulative(ledger.cumulative)
        if samples := max(step.samples for step in ledger.cumulative):
            yield _line(f"of {samples} requests at each step; a P99 of so few is about their slowest", "dim")
        for reason in dict.fromkeys(f"{step.endpoint}: {step.reason}" for step in ledger.cumulative if step.reason):
            yield _line(reason, "yellow")
    if ledger is not None and ledger.bottlenecks:
        yield Text()
        yield _build_bottlenecks(ledger.bottlenecks)
    yield Text()
    yield Text("By what an hour of effort saves", style="bold")
    for row in by_worth(rows):
        yield _line(f"{row.id} {row.title}: {describe_worth(row)}")


def _table(title: str) -> Table:
    return Table(
        title=Text(title, style="bold"), title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False,
        header_style="dim",
    )  # fmt: skip


def _build_table(rows: Sequence[Optimization]) -> Table:
    table = _table("The document's optimisations: claimed beside measured")
    table.add_column("", width=2)
    table.add_column("Optimisation", width=20)
    table.add_column("claimed", justify="right", width=10)
    table.add_column("measured", justify="right", min_width=25)
    table.add_column("verdict", width=19)
    for row in rows:
        table.add_row(
            row.id,
            Text(row.title),
            format_claim(row.claimed_low_ratio, row.claimed_high_ratio),
            format_saving(row.saving_ratio, row.saving_low_ratio, row.saving_high_ratio),
            Text(row.verdict, style=_STYLES[row.verdict]),
        )
    return table


def _render_details(row: Optimization) -> Iterator[RenderableType]:
    yield Text(f"{row.id} {row.title}", style="bold")
    yield _line(f"{row.verdict}: {row.reason}", _STYLES[row.verdict])
    if row.effort_h is not None:
        yield _line(f"effort {row.effort_h:g} h, {row.horizon}")
    if row.conditions:
        yield _line(f"judged at: {row.conditions} ({row.pairs} pairs); one time is of one {row.unit}")
    if row.points:
        yield Padding(_build_points(row.points), (0, 0, 0, 2))
    for note in row.notes:
        yield _line(f"note: {note}")
    for claim in row.claims:
        yield _line(f"claim ({claim.section}): {claim.statement}", "dim")
    if row.contradiction:
        yield _line(f"the document against itself: {row.contradiction}", "yellow")


def _build_points(points: Sequence[SavingPoint]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("condition", width=30)
    for header in ("before ms", "after ms"):
        table.add_column(header, justify="right", min_width=8)
    table.add_column("saved", justify="right", min_width=26)
    for point in points:
        answers = "" if point.outputs_equal else " (other answers)"
        table.add_row(
            Text(point.condition + answers),
            format_ms(point.before_ms),
            format_ms(point.after_ms),
            format_saving(point.saving_ratio, point.saving_low_ratio, point.saving_high_ratio),
        )
    return table


def _build_cumulative(steps: Sequence[CumulativeStep]) -> Table:
    table = _table("One after the other: whole endpoints, measured beside the document's table")
    table.add_column("Endpoint", width=14)
    table.add_column("step", width=10)
    for header in ("P50 ms", "P95 ms", "P99 ms"):
        table.add_column(header, justify="right", min_width=6)
    table.add_column("claimed ms", justify="right", min_width=15)
    table.add_column("saved", justify="right", min_width=7)
    table.add_column("claimed", justify="right", min_width=7)
    for step in steps:
        claimed = (step.claimed_p50_ms, step.claimed_p95_ms, step.claimed_p99_ms)
        table.add_row(
            step.endpoint,
            step.step,
            *map(format_ms, (step.p50_ms, step.p95_ms, step.p99_ms)),
            "-" if None in claimed else "/".join(f"{ms:.0f}" for ms in claimed),
            format_percent(step.saving_ratio),
            format_claim(step.claimed_saving_ratio, step.claimed_saving_ratio),
        )
    return table


def _build_bottlenecks(bottlenecks: Sequence[Bottleneck]) -> Table:
    table = _table("Bottlenecks of the document's service, one request at a time")
    table.add_column("Stage", width=34)
    for header in ("P50 ms", "share", "document's", "its ms", "its share"):
        table.add_column(header, justify="right", min_width=6)
    for place, one in enumerate(bottlenecks):
        if place >= _BOTTLENECKS_SHOWN and one.document_rank is None:
            continue
        table.add_row(
            Text(f"{one.endpoint}: {one.stage}"),
            format_ms(one.p50_ms),
            format_percent(one.share_ratio),
            "-" if one.document_rank is None else f"no. {one.document_rank}",
            "-" if one.document_low_ms is None else f"{one.document_low_ms:g}-{one.document_high_ms or 0:g}",
            format_claim(one.document_share_ratio, one.document_share_ratio),
        )
    return table


def _line(text: str, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, 2))
