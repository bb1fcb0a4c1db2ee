"""Ratios of two times with their intervals, one beside the other on an axis with 1 in its middle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cabanas_perf.measurement.paired import Difference
from cabanas_perf.renderers.html.layout import Tone
from cabanas_perf.renderers.html.markup import Html, element
from cabanas_perf.renderers.html.scales import Scale
from cabanas_perf.renderers.html.svg import draw_axis, percent
from cabanas_perf.renderers.numbers import format_significant

_ROW_PX = 30
_NARROWEST = 1.25
_WIDEST = 20.0
DIFFERENCES: dict[Difference, tuple[str, Tone]] = {
    Difference.SLOWER: ("✗ slower", "bad"),
    Difference.FASTER: ("✓ faster", "good"),
    Difference.NONE: ("= no difference", "good"),
    Difference.UNPROVEN: ("? inconclusive", "warn"),
}


@dataclass(frozen=True, slots=True)
class RatioInterval:
    """Head by base; None where there is none. Within ``margin_ratio`` of 1 lies no difference."""

    ratio: float | None
    low: float | None
    high: float | None
    margin_ratio: float

    def describe(self) -> str:
        return "-" if self.ratio is None else f"x{format_significant(self.ratio)}"

    def describe_bounds(self) -> str:
        if self.low is None and self.high is None:
            return "-"
        return " to ".join("?" if bound is None else format_significant(bound) for bound in (self.low, self.high))


def choose_ratio_scale(ratios: Iterable[float | None]) -> Scale:
    """Logarithmic with 1 in its middle, so that twice and half are equally far."""
    known = [ratio for ratio in ratios if ratio]
    far = min(_WIDEST, max([_NARROWEST, *(max(ratio, 1 / ratio) * 1.1 for ratio in known)]))
    return Scale(1 / far, far, logarithmic=True)


def draw_ratio_axis(scale: Scale) -> Html:
    return draw_axis(scale, lambda ratio: f"x{ratio:.2g}", middle=1)


def draw_ratio(id_: str, interval: RatioInterval, scale: Scale, title: str) -> Html:
    """The ratio as a dot on its interval, over the margin around 1."""
    margin = interval.margin_ratio
    low, high = scale.at(max(1 - margin, scale.low)), scale.at(1 + margin)
    middle = _ROW_PX // 2
    whisker = dot = None
    if interval.ratio is not None:
        dot = element("circle", cx=percent(scale.at(interval.ratio)), cy=middle, r=5, class_="accent")
        bounds = (interval.low, interval.high)
        ends = [percent(scale.at(interval.ratio if bound is None else bound)) for bound in bounds]
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
