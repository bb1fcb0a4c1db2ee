"""Two versions against each other: the ratio of each workload with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from cabanas_perf.renderers.html.layout import Column, Section, build_legend, build_table, draw_badge, list_notes
from cabanas_perf.renderers.html.markup import Child, join
from cabanas_perf.renderers.html.ratios import (
    DIFFERENCES,
    RatioInterval,
    choose_ratio_scale,
    draw_ratio,
    draw_ratio_axis,
)
from cabanas_perf.renderers.html.scales import Scale
from cabanas_perf.renderers.numbers import format_ms
from cabanas_perf.report.record import ComparedSide, Comparison, Report


def build_comparisons(report: Report) -> Section | None:
    """None for reports of one version."""
    if not report.comparisons:
        return None
    scale = choose_ratio_scale(
        ratio for each in report.comparisons for ratio in (each.ratio, each.ratio_low, each.ratio_high)
    )
    columns = (
        Column("Workload", "text"),
        Column(draw_ratio_axis(scale), "picture"),
        *(Column(head) for head in ("ratio", "90 % interval", "base P50 ms", "head P50 ms", "pairs")),
        Column("answer", "text"),
    )
    rows = [_build_row(f"compare-{nth}", each, scale) for nth, each in enumerate(report.comparisons)]
    notes = [f"{each.workload}: {note}" for each in report.comparisons for note in _notes(each)]
    legend = build_legend((("accent", "head by base, with its 90 % interval"), ("margin", "counts as no difference")))
    first = report.comparisons[0]
    lead = f"Base: {_name(first.base)}. Head: {_name(first.head)}. Above 1 the head is slower; measured in turns."
    return Section(
        "comparison",
        "Comparison",
        join(build_table("Head against base", columns, rows), legend, list_notes(notes)),
        lead,
    )


def _name(side: ComparedSide) -> str:
    commit = f" ({side.commit[:10]}{', with changes of its own' if side.dirty else ''})" if side.commit else ""
    return f"{side.name}{commit}"


def _notes(each: Comparison) -> list[str]:
    different = (
        [f"{each.outputs_different:,} of {each.outputs_compared:,} answers differ"] if each.outputs_different else []
    )
    needed = [f"needs about {each.pairs_needed:,} pairs in all"] if each.pairs_needed else []
    return [*different, *needed, *each.notes]


def _build_row(id_: str, each: Comparison, scale: Scale) -> Sequence[Child]:
    word, tone = DIFFERENCES[each.difference]
    interval = RatioInterval(each.ratio, each.ratio_low, each.ratio_high, each.margin_ratio)
    return (
        each.workload,
        draw_ratio(id_, interval, scale, f"{each.workload}: head by base {interval.describe()}, {word}"),
        interval.describe(),
        interval.describe_bounds(),
        format_ms(each.base.p50_ms),
        format_ms(each.head.p50_ms),
        f"{each.pairs:,}",
        draw_badge(word, tone),
    )
