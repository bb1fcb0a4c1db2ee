"""The verdict strip: each objective with its interval against the limit, in a word, a symbol and a picture."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.renderers.html.layout import Section, Tone, draw_badge, fold
from cabanas_perf.renderers.html.markup import Html, element, join
from cabanas_perf.renderers.html.scales import Scale, scale_over
from cabanas_perf.renderers.html.svg import percent
from cabanas_perf.renderers.numbers import format_interval, format_value
from cabanas_perf.renderers.wording import VERDICT_SYMBOLS, explain_verdict
from cabanas_perf.report.record import Report, VerdictRecord
from cabanas_perf.slo.objective import Unit
from cabanas_perf.slo.verdict import Verdict

_TONES: dict[Verdict, Tone] = {
    Verdict.MET: "good",
    Verdict.MISSED: "bad",
    Verdict.INCONCLUSIVE: "warn",
    Verdict.NOT_IN_SCOPE: "muted",
}
_ORDER = (Verdict.MISSED, Verdict.INCONCLUSIVE, Verdict.MET)
_FAR_RATIO = 8.0
_MIDDLE_PX = 13
_THINNEST = 0.004
"""Of the width: what is narrower could not be seen."""


def build_verdicts(report: Report) -> Section | None:
    """The objectives in scope, what went wrong first; None without any."""
    if not report.verdicts:
        return None
    judged = sorted(
        (each for each in report.verdicts if each.verdict is not Verdict.NOT_IN_SCOPE),
        key=lambda each: _ORDER.index(each.verdict),
    )
    left = [each for each in report.verdicts if each.verdict is Verdict.NOT_IN_SCOPE]
    strip = element("ol", (_build_row(nth, each) for nth, each in enumerate(judged)), class_="verdicts")
    body = join(
        strip if judged else element("p", "No objective was in the scope of this run."),
        fold(f"Not in scope: {len(left)}", element("ul", (_name(each) for each in left), class_="notes"))
        if left
        else None,
    )
    lead = (
        "Each bar is the two-sided 90 % interval of what was measured; the line is the limit. An objective is met or "
        "missed only when the whole interval lies on one side of it."
    )
    return Section("verdicts", "Objectives", body, lead)


def _name(record: VerdictRecord) -> Html:
    return element("li", element("code", record.objective), f" {record.assertion}")


def _build_row(nth: int, record: VerdictRecord) -> Html:
    word = f"{VERDICT_SYMBOLS[record.verdict]} {record.verdict.value}"
    tone = _TONES[record.verdict]
    return element(
        "li",
        element("div", draw_badge(word, tone), element("h3", record.objective), class_="verdict-head"),
        _draw_interval(f"verdict-{nth}", record),
        element("p", element("strong", format_value(record.observed, record.unit)), " ", _describe(record)),
        element("p", _explain(record), class_="reason"),
        class_=f"verdict {tone}",
    )


def _describe(record: VerdictRecord) -> Html:
    interval = record.interval
    shown = None if interval is None else f"({format_interval(interval.low, interval.high, record.unit)})"
    return join(
        element("span", shown, class_="interval") if shown else None,
        " against ",
        element("code", record.assertion),
    )


def _explain(record: VerdictRecord) -> Html:
    samples = f"{record.samples:,} sample{'' if record.samples == 1 else 's'}; "
    reason = explain_verdict(record)
    return join(samples, element("strong", reason) if record.missing_samples else reason)


def _draw_interval(id_: str, record: VerdictRecord) -> Html:
    if record.observed is None:
        return element("p", "no data", class_="gauge nothing")
    scale = _choose_scale(record)
    title = f"{record.objective}: {format_value(record.observed, record.unit)} against {record.assertion}"
    return element(
        "svg",
        element("title", title, id=f"{id_}-title"),
        join(_draw_marks(record, scale)),
        role="img",
        aria_labelledby=f"{id_}-title",
        width="100%",
        height=2 * _MIDDLE_PX,
        class_="gauge",
    )


def _draw_marks(record: VerdictRecord, scale: Scale) -> Iterator[Html]:
    target, observed = scale.at(record.target), scale.at(record.observed or 0.0)
    good_from, good_to = (0.0, target) if record.operator.startswith("<") else (target, 1.0)
    yield _draw_stretch(0.0, 1.0, 6, "track")
    yield _draw_stretch(good_from, good_to, 6, "allowed")
    if record.interval is not None:
        low = 0.0 if record.interval.low is None else scale.at(record.interval.low)
        high = 1.0 if record.interval.high is None else scale.at(record.interval.high)
        yield _draw_stretch(low, high, 12, "band")
    yield element("line", x1=percent(target), x2=percent(target), y1=0, y2=2 * _MIDDLE_PX, class_="target")
    yield element("circle", cx=percent(observed), cy=_MIDDLE_PX, r=5, class_="observed")


def _draw_stretch(start: float, end: float, height_px: int, class_: str) -> Html:
    top = _MIDDLE_PX - height_px // 2
    width = percent(max(end - start, _THINNEST))
    return element("rect", x=percent(start), y=top, width=width, height=height_px, rx=3, class_=class_)


def _choose_scale(record: VerdictRecord) -> Scale:
    """From nothing to a little past the limit, or logarithmic where what was measured is far from it."""
    interval = record.interval
    bounds = () if interval is None else (interval.low, interval.high)
    values = [value for value in (record.observed, record.target, *bounds) if value is not None]
    if record.unit is Unit.RATIO and not record.operator.startswith("<"):
        return Scale(0, 1)
    small, large = min(values), max(values)
    if record.unit is Unit.MS and small > 0 and large / small > _FAR_RATIO:
        return scale_over((small / 2, large * 1.5), logarithmic=True) or Scale(0, 1)
    return Scale(0, large * 1.25 or 1)
