"""The report beside an earlier one: times as a hint, counts and plans for certain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cabanas_perf.renderers.html.layout import (
    Column,
    Section,
    build_legend,
    build_table,
    draw_badge,
    list_notes,
)
from cabanas_perf.renderers.html.markup import Child, Html, element, join
from cabanas_perf.renderers.html.ratios import (
    DIFFERENCES,
    RatioInterval,
    choose_ratio_scale,
    draw_ratio,
    draw_ratio_axis,
)
from cabanas_perf.renderers.html.scales import Scale
from cabanas_perf.renderers.numbers import format_ms
from cabanas_perf.report.record.stored import PlanDifference, StatisticChange, StoredComparison


def build_baseline(comparison: StoredComparison | None) -> Section | None:
    """None without a baseline."""
    if comparison is None:
        return None
    body = join(
        _build_latencies(comparison) if comparison.latencies else None,
        _build_counts(comparison),
        map(_build_plan, comparison.plans),
        list_notes(_describe(comparison)),
    )
    lead = (
        f"Base: run {comparison.base_id}. The two runs had the machine at different moments, so times are only a hint; "
        "what is counted is exact."
    )
    return Section("baseline", "Against the baseline", body, lead)


def _build_latencies(comparison: StoredComparison) -> Html:
    scale = choose_ratio_scale(
        ratio for each in comparison.latencies for ratio in (each.ratio, each.ratio_low, each.ratio_high)
    )
    columns = (
        Column("Latency", "text"),
        Column(draw_ratio_axis(scale), "picture"),
        *(Column(head) for head in ("ratio", "interval", "base ms", "head ms")),
        Column("looks", "text"),
    )
    rows = (
        _build_latency(f"baseline-{nth}", each, comparison.margin_ratio, scale)
        for nth, each in enumerate(comparison.latencies)
    )
    legend = build_legend((("accent", "head by base, with its interval"), ("margin", "counts as no difference")))
    return join(build_table("Latencies of both runs", columns, rows), legend)


def _build_latency(id_: str, each: StatisticChange, margin_ratio: float, scale: Scale) -> Sequence[Child]:
    word, tone = DIFFERENCES[each.difference]
    interval = RatioInterval(each.ratio, each.ratio_low, each.ratio_high, margin_ratio)
    name = f"{each.subject} {each.statistic.upper()}"
    return (
        name,
        draw_ratio(id_, interval, scale, f"{name}: head by base {interval.describe()}, {word}"),
        interval.describe(),
        interval.describe_bounds(),
        format_ms(each.base_ms),
        format_ms(each.head_ms),
        draw_badge(word, tone),
    )


def _build_counts(comparison: StoredComparison) -> Html:
    if not comparison.counts:
        return element("p", f"{comparison.counts_compared} counts compared, and none changed.")
    columns = (Column("Counted", "text"), Column("base"), Column("head"), Column("outcome", "text"))
    rows = (
        (
            f"{each.subject}: {each.counted}",
            f"{each.base:g}",
            f"{each.head:g}",
            draw_badge("✗ worse", "bad") if each.worse else draw_badge("✓ better", "good"),
        )
        for each in comparison.counts
    )
    return build_table(f"Counts that changed, of {comparison.counts_compared}", columns, rows)


def _build_plan(change: PlanDifference) -> Html:
    steps = (*(f"- {step}" for step in change.gone), *(f"+ {step}" for step in change.new))
    return join(
        element("p", draw_badge("✗ another plan", "bad"), " ", element("strong", change.statement)),
        element("pre", "\n".join(steps), tabindex=0),
    )


def _describe(comparison: StoredComparison) -> Iterator[str]:
    yield from (f"{each.objective}: {each.base} before, {each.head} now" for each in comparison.verdicts)
    yield from comparison.unlike
    yield from comparison.notes
