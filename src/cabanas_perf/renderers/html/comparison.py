"""Two versions against each other: the ratio of each workload with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from cabanas_perf.measurement.paired import Difference
from cabanas_perf.renderers.html.layout import Column, Section, Tone, build_legend, build_table, draw_badge, list_notes
from cabanas_perf.renderers.html.markup import Child, Html, element, join
from cabanas_perf.renderers.html.scales import Scale
from cabanas_perf.renderers.html.svg import draw_axis, percent
from cabanas_perf.renderers.numbers import format_ms, format_significant
from cabanas_perf.report.record import ComparedSide, Comparison, Report

_ROW_PX = 30
_NARROWEST = 1.25
_WIDEST = 20.0
_WORDS: dict[Difference, tuple[str, Tone]] = {
    Difference.SLOWER: ("✗ slower", "bad"),
    Difference.FASTER: ("✓ faster", "good"),
    Difference.NONE: ("= no difference", "good"),
    Difference.UNPROVEN: ("? inconclusive", "warn"),
}


def build_comparisons(report: Report) -> Section | None:
    """None for reports of one version."""
    if not report.comparisons:
        return None
    scale = _choose_scale(report.comparisons)
    columns = (
        Column("Workload", "text"),
        Column(draw_axis(scale, lambda ratio: f"x{ratio:.2g}", middle=1), "picture"),
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


def _choose_scale(comparisons: Sequence[Comparison]) -> Scale:
    """Logarithmic with 1 in its middle, so that twice and half are equally far."""
    ratios = [
        ratio
        for each in comparisons
        for ratio in (each.ratio, each.ratio_low, each.ratio_high)
        if ratio is not None and ratio > 0
    ]
    far = max([_NARROWEST, *(max(ratio, 1 / ratio) * 1.1 for ratio in ratios)])
    far = min(far, _WIDEST)
    return Scale(1 / far, far, logarithmic=True)


def _build_row(id_: str, each: Comparison, scale: Scale) -> Sequence[Child]:
    word, tone = _WORDS[each.difference]
    ratio = "-" if each.ratio is None else f"x{format_significant(each.ratio)}"
    bounds = " to ".join(
        "?" if bound is None else format_significant(bound) for bound in (each.ratio_low, each.ratio_high)
    )
    return (
        each.workload,
        _draw(id_, each, scale, f"{each.workload}: head by base {ratio}, {word}"),
        ratio,
        bounds,
        format_ms(each.base.p50_ms),
        format_ms(each.head.p50_ms),
        f"{each.pairs:,}",
        draw_badge(word, tone),
    )


def _draw(id_: str, each: Comparison, scale: Scale, title: str) -> Html:
    low, high = scale.at(max(1 - each.margin_ratio, scale.low)), scale.at(1 + each.margin_ratio)
    middle = _ROW_PX // 2
    whisker = dot = None
    if each.ratio is not None:
        dot = element("circle", cx=percent(scale.at(each.ratio)), cy=middle, r=5, class_="accent")
        ends = [
            percent(scale.at(each.ratio if bound is None else bound)) for bound in (each.ratio_low, each.ratio_high)
        ]
        whisker = element("line", x1=ends[0], x2=ends[1], y1=middle, y2=middle, class_="whisker")
    return element(
        "svg",
        element("title", title, id=id_),
        element("rect", x=percent(low), y=0, width=percent(high - low), height=_ROW_PX, class_="margin"),
        element("line", x1=percent(scale.at(1)), x2=percent(scale.at(1)), y1=0, y2=_ROW_PX, class_="zero"),
        whisker,
        dot,
        role="img",
        aria_labelledby=id_,
        width="100%",
        height=_ROW_PX,
        class_="forest",
    )
