"""Where requests spend their time: stages beside the document's estimates, one request span by span, time by kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cabanas_perf.renderers.html.findings import build_finding
from cabanas_perf.renderers.html.layout import (
    Column,
    Section,
    build_card,
    build_figure,
    build_legend,
    build_table,
    fold,
)
from cabanas_perf.renderers.html.markup import Child, Html, element, join
from cabanas_perf.renderers.html.scales import Scale, scale_over
from cabanas_perf.renderers.html.svg import draw_axis, label_ms, percent
from cabanas_perf.renderers.numbers import format_ms, format_percent, format_significant, format_value
from cabanas_perf.renderers.wording import describe_estimate
from cabanas_perf.report.record import Attribution, Report, Stage, StatementUse, Waterfall, Workload
from cabanas_perf.slo.objective import Unit

_BAR_PX = 22
_SHARE_PX = 26
_KINDS = {
    "database": "the database",
    "redis": "Redis",
    "pool_wait": "a connection of the pool",
    "cpu": "our own work",
    "waiting": "other waiting",
    "unexplained": "unexplained",
}


def build_stages(report: Report) -> Section | None:
    """A card for each workload whose time is accounted for; None where none is."""
    cards = [
        _build_card(f"stages-{nth}", workload)
        for nth, workload in enumerate(report.workloads)
        if workload.stages or workload.waterfall or workload.attribution or workload.statements or workload.findings
    ]
    lead = "Measured stages beside what the design document expected of them."
    return Section("stages", "Where the time goes", join(cards), lead) if cards else None


def _build_card(id_: str, workload: Workload) -> Html:
    return build_card(
        workload.name,
        map(build_finding, workload.findings),
        _draw_attribution(f"{id_}-kinds", workload.name, workload.attribution) if workload.attribution else None,
        _draw_waterfall(f"{id_}-request", workload.name, workload.waterfall) if workload.waterfall else None,
        _build_stage_table(f"{id_}-stage", workload) if workload.stages else None,
        _build_statements(workload.name, workload.statements) if workload.statements else None,
    )


def _build_stage_table(id_: str, workload: Workload) -> Html:
    bounds = (
        bound
        for stage in workload.stages
        for bound in (stage.p50_ms, stage.p95_ms, stage.estimate_low_ms, stage.estimate_high_ms)
    )
    scale = scale_over(bounds, logarithmic=True) or Scale(0.001, 1, logarithmic=True)
    columns = (
        Column("Stage", "text"),
        Column(draw_axis(scale, label_ms), "picture"),
        *(Column(head) for head in ("P50 ms", "P95 ms", "share", "estimate ms")),
    )
    rows: list[Sequence[Child]] = [
        (
            stage.name,
            _draw_stage(f"{id_}-{nth}", stage, scale),
            format_ms(stage.p50_ms),
            format_ms(stage.p95_ms),
            format_percent(stage.share_ratio),
            describe_estimate(stage),
        )
        for nth, stage in enumerate(workload.stages)
    ]
    if workload.unexplained_ratio is not None:
        rows.append(("(unexplained)", "", "", "", format_percent(workload.unexplained_ratio), ""))
    legend = build_legend((("accent", "measured, P50 to P95"), ("estimate", "the document's estimate")))
    return join(build_table(f"Stages of {workload.name}, on one logarithmic axis", columns, rows), legend)


def _draw_stage(id_: str, stage: Stage, scale: Scale) -> Html:
    low, high = scale.at(stage.p50_ms), scale.at(stage.p95_ms)
    estimate = None
    if stage.estimate_low_ms is not None and stage.estimate_high_ms is not None:
        first, last = scale.at(stage.estimate_low_ms), scale.at(stage.estimate_high_ms)
        estimate = element(
            "rect", x=percent(first), y=3, width=percent(max(last - first, 0.01)), height=16, rx=2, class_="estimate"
        )
    return element(
        "svg",
        element("title", f"{stage.name}: {format_ms(stage.p50_ms)} to {format_ms(stage.p95_ms)} ms", id=id_),
        estimate,
        element("rect", x=percent(low), y=8, width=percent(max(high - low, 0.01)), height=6, rx=3, class_="accent"),
        element("circle", cx=percent(low), cy=11, r=4, class_="accent"),
        role="img",
        aria_labelledby=id_,
        width="100%",
        height=_BAR_PX,
    )


def _draw_waterfall(id_: str, name: str, waterfall: Waterfall) -> Html:
    total = Scale(0, max([waterfall.latency_ms, *(span.end_ms for span in waterfall.spans)]))
    columns = (
        Column("Span", "text"),
        Column(draw_axis(total, label_ms), "picture"),
        Column("from ms"),
        Column("took ms"),
        Column("in the code", "text"),
    )
    rows = []
    for nth, span in enumerate(waterfall.spans):
        start, end = total.at(span.start_ms), total.at(span.end_ms)
        took_ms = span.end_ms - span.start_ms
        bar = element(
            "svg",
            element("title", f"{span.name}: {format_ms(took_ms)} ms", id=f"{id_}-{nth}"),
            element("rect", x=percent(start), y=4, width=percent(max(end - start, 0.004)), height=14, rx=2,
                    class_=f"kind-{span.kind}"),
            role="img", aria_labelledby=f"{id_}-{nth}", width="100%", height=_BAR_PX,
        )  # fmt: skip
        label = element("span", span.name, style=f"padding-left:{span.depth * 0.8:g}rem", class_="span-name")
        code = element("code", span.code_line) if span.code_line else ""
        rows.append((label, bar, format_ms(span.start_ms), format_ms(took_ms), code))
    kinds = dict.fromkeys(span.kind for span in waterfall.spans)
    names = {"stage": "a stage", **_KINDS}
    caption = f"One request of {name}, the one of the median latency ({format_value(waterfall.latency_ms, Unit.MS)})"
    return join(
        build_table(caption, columns, rows), build_legend((f"kind-{kind}", names.get(kind, kind)) for kind in kinds)
    )


def _draw_attribution(id_: str, name: str, attribution: Attribution) -> Html:
    parts = [part for part in attribution.parts if part.share_ratio > 0]
    shares = [(_KINDS.get(part.kind, part.kind), part.share_ratio, f"kind-{part.kind}") for part in parts]
    mean = format_value(attribution.ms_per_request, Unit.MS)
    table = build_table(
        f"Time of {name} by kind",
        (Column("Kind", "text"), Column("ms a request"), Column("share"), Column("calls a request")),
        (
            (
                _KINDS.get(part.kind, part.kind),
                format_ms(part.ms_per_request),
                format_percent(part.share_ratio),
                "-" if part.calls_per_request is None else format_significant(part.calls_per_request),
            )
            for part in parts
        ),
    )
    return build_figure(
        f"The mean accepted request, {mean}, by what it waited for or worked on",
        draw_shares(id_, f"Time of {name} by kind", shares),
        build_legend((class_, f"{words} {format_percent(ratio)}") for words, ratio, class_ in shares),
        fold("As a table", table),
    )


def draw_shares(id_: str, title: str, shares: Iterable[tuple[str, float, str]]) -> Html:
    """Parts of a whole as one bar: names, ratios and classes, from left to right."""
    known = list(shares)
    total = sum(ratio for _, ratio, _ in known) or 1.0
    reached, marks = 0.0, []
    for words, ratio, class_ in known:
        width = ratio / total
        label = element("title", f"{words}: {format_percent(ratio)}")
        marks.append(
            element("rect", label, x=percent(reached), y=0, width=percent(width), height=_SHARE_PX, class_=class_)
        )
        reached += width
    description = ", ".join(f"{words} {format_percent(ratio)}" for words, ratio, _ in known)
    return element(
        "svg",
        element("title", title, id=f"{id_}-title"),
        element("desc", description, id=f"{id_}-desc"),
        marks,
        role="img",
        aria_labelledby=f"{id_}-title {id_}-desc",
        width="100%",
        height=_SHARE_PX,
        class_="shares",
    )


def _build_statements(name: str, statements: Sequence[StatementUse]) -> Html:
    columns = (Column("Statement", "text"), Column("a request"), Column("at most"), Column("ms each"))
    rows = (
        (
            join(
                element("code", each.statement),
                element("small", ", ".join(each.code_lines)) if each.code_lines else None,
            ),
            format_significant(each.calls_per_request),
            each.calls_max,
            format_ms(each.ms_per_call),
        )
        for each in statements
    )
    table = build_table(f"Statements that requests of {name} send", columns, rows)
    return fold("Statements sent", table)
