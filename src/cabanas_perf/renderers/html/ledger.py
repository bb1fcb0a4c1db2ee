"""The ledger of optimisations as a forest plot: what was claimed against what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cabanas_perf.renderers.html.layout import (
    Column,
    Section,
    Tone,
    build_legend,
    build_table,
    draw_badge,
    fold,
    list_notes,
)
from cabanas_perf.renderers.html.markup import Child, Html, element, join
from cabanas_perf.renderers.html.scales import Scale
from cabanas_perf.renderers.html.svg import draw_axis, percent
from cabanas_perf.renderers.numbers import format_claim, format_ms, format_percent
from cabanas_perf.report.record import Bottleneck, CumulativeStep, Ledger, Optimization, Report, SavingPoint

_ROW_PX = 30
_THINNEST = 0.012
"""Of the width: what a claim of one figure is drawn as."""
_FLOOR = -0.5
"""Losses beyond this are drawn at the edge."""
_VERDICTS: dict[str, tuple[str, Tone]] = {
    "confirmed": ("✓", "good"),
    "above claim": ("✓", "good"),
    "below claim": ("✗", "bad"),
    "changes the answer": ("≠", "bad"),
    "not measurable here": ("?", "warn"),
}


def build_ledger(report: Report) -> Section | None:
    """None for reports without optimisations."""
    if not report.optimizations:
        return None
    scale = _choose_scale(report.optimizations)
    body = join(
        _build_forest(report.optimizations, scale),
        build_legend((("claimed", "claimed"), ("accent", "measured, with its 95 % interval"))),
        (_build_details(each, scale) for each in report.optimizations if each.points or each.claims or each.reason),
        _build_companions(report.ledger) if report.ledger else None,
    )
    lead = "Claimed and measured savings, as shares of the time before; left of the zero line it got slower."
    return Section("ledger", "Optimisations", body, lead)


def _choose_scale(optimizations: Iterable[Optimization]) -> Scale:
    lows = [
        value
        for each in optimizations
        for value in (each.claimed_low_ratio, each.saving_low_ratio, *(point.saving_low_ratio for point in each.points))
        if value is not None
    ]
    return Scale(max(_FLOOR, min([0.0, *lows])), 1)


def _build_forest(optimizations: Sequence[Optimization], scale: Scale) -> Html:
    columns = (
        Column("Optimisation", "text"),
        Column(_draw_axis(scale), "picture"),
        Column("claimed"),
        Column("measured"),
        Column("pairs"),
        Column("verdict", "text"),
    )
    rows = (
        (
            join(each.id, " ", each.title),
            _draw_row(each, scale),
            format_claim(each.claimed_low_ratio, each.claimed_high_ratio),
            join(
                format_percent(each.saving_ratio),
                element("small", format_claim(each.saving_low_ratio, each.saving_high_ratio))
                if each.saving_low_ratio is not None
                else None,
            ),
            each.pairs or "-",
            _judge(each),
        )
        for each in optimizations
    )
    return build_table("Claimed and measured savings", columns, rows)


def _draw_axis(scale: Scale) -> Html:
    return draw_axis(scale, lambda ratio: f"{ratio * 100:.0f} %", middle=0)


def _judge(optimization: Optimization) -> Html:
    symbol, tone = _VERDICTS[optimization.verdict]
    return draw_badge(f"{symbol} {optimization.verdict}", tone)


def _draw_row(each: Optimization, scale: Scale) -> Html:
    id_ = f"forest-{each.id}"
    measured = format_percent(each.saving_ratio) if each.saving_ratio is not None else "not measured"
    title = f"{each.id}: claimed {format_claim(each.claimed_low_ratio, each.claimed_high_ratio)}, measured {measured}"
    return element(
        "svg",
        element("title", title, id=id_),
        element("line", x1=percent(scale.at(0)), x2=percent(scale.at(0)), y1=0, y2=_ROW_PX, class_="zero"),
        _draw_claim(each, scale),
        _draw_saving(each.saving_ratio, each.saving_low_ratio, each.saving_high_ratio, scale),
        role="img",
        aria_labelledby=id_,
        width="100%",
        height=_ROW_PX,
        class_="forest",
    )


def _draw_claim(each: Optimization, scale: Scale) -> Html | None:
    low, high = each.claimed_low_ratio, each.claimed_high_ratio
    if low is None or high is None:
        return None
    start, width = scale.at(low), max(scale.at(high) - scale.at(low), _THINNEST)
    return element("rect", x=percent(start), y=4, width=percent(width), height=_ROW_PX - 8, rx=3, class_="claimed")


def _draw_saving(saving: float | None, low: float | None, high: float | None, scale: Scale) -> Html | None:
    if saving is None:
        return None
    middle = _ROW_PX // 2
    start, end = (scale.at(saving if bound is None else bound) for bound in (low, high))
    return element(
        "g",
        element("line", x1=percent(start), x2=percent(end), y1=middle, y2=middle, class_="whisker"),
        element("circle", cx=percent(scale.at(saving)), cy=middle, r=5, class_="accent"),
    )


def _build_details(each: Optimization, scale: Scale) -> Html:
    notes = [text for text in (each.reason, each.conditions, each.contradiction, *each.notes) if text]
    claims = [f"Section {claim.section}: {claim.statement}" for claim in each.claims]
    return fold(
        f"{each.id} {each.title}: {each.verdict}",
        list_notes(notes),
        list_notes(claims),
        _build_points(each.id, each.points, scale) if each.points else None,
    )


def _build_points(id_: str, points: Sequence[SavingPoint], scale: Scale) -> Html:
    columns = (
        Column("Condition", "text"),
        Column(_draw_axis(scale), "picture"),
        *(Column(head) for head in ("saved", "before ms", "after ms", "pairs")),
        Column("same answers", "text"),
    )
    rows: Iterator[Sequence[Child]] = (
        (
            point.condition,
            element(
                "svg",
                element("title", f"{point.condition}: {format_percent(point.saving_ratio)}", id=f"{id_}-point-{nth}"),
                element("line", x1=percent(scale.at(0)), x2=percent(scale.at(0)), y1=0, y2=_ROW_PX, class_="zero"),
                _draw_saving(point.saving_ratio, point.saving_low_ratio, point.saving_high_ratio, scale),
                role="img", aria_labelledby=f"{id_}-point-{nth}", width="100%", height=_ROW_PX, class_="forest",
            ),
            format_percent(point.saving_ratio),
            format_ms(point.before_ms),
            format_ms(point.after_ms),
            point.pairs,
            "yes" if point.outputs_equal else "no",
        )
        for nth, point in enumerate(points)
    )  # fmt: skip
    return build_table(f"{id_} under each condition", columns, rows)


def _build_companions(ledger: Ledger) -> Html:
    return join(
        _build_cumulative(ledger.cumulative) if ledger.cumulative else None,
        _build_bottlenecks(ledger.bottlenecks) if ledger.bottlenecks else None,
    )


def _build_cumulative(steps: Sequence[CumulativeStep]) -> Html:
    heads = ("claimed P95 ms", "P50 ms", "P95 ms", "P99 ms", "claimed saving", "measured saving", "samples")
    columns = (Column("Endpoint and step", "text"), *map(Column, heads))
    rows = (
        (
            join(f"{step.endpoint}, {step.step}", element("small", step.reason) if step.reason else None),
            format_ms(step.claimed_p95_ms),
            format_ms(step.p50_ms),
            format_ms(step.p95_ms),
            format_ms(step.p99_ms),
            format_percent(step.claimed_saving_ratio),
            format_percent(step.saving_ratio),
            step.samples or "-",
        )
        for step in steps
    )
    return build_table("Optimisations one after the other", columns, rows)


def _build_bottlenecks(bottlenecks: Sequence[Bottleneck]) -> Html:
    columns = (
        Column("Stage", "text"),
        *map(Column, ("P50 ms", "share", "document's place", "document's ms", "document's share")),
    )
    rows = (
        (
            join(f"{each.endpoint}: {each.stage}", element("small", each.reason) if each.reason else None),
            format_ms(each.p50_ms),
            format_percent(each.share_ratio),
            each.document_rank or "-",
            "-" if each.document_low_ms is None else f"{each.document_low_ms:g} to {each.document_high_ms or 0:g}",
            format_percent(each.document_share_ratio),
        )
        for each in bottlenecks
    )
    return build_table("Bottlenecks: measured beside the document's", columns, rows)
