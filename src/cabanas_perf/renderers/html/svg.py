"""Charts as inline SVG that is as wide as the page lets it be: places across are percentages, places down are pixels,
so that text keeps its size from a phone to a printed sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cabanas_perf.renderers.html.markup import Child, Html, element
from cabanas_perf.renderers.html.scales import Scale
from cabanas_perf.renderers.numbers import format_value
from cabanas_perf.slo.objective import Unit

_PATH_UNITS = 1000
_TICK_GAP_PX = 14
_AXIS_EDGE = 0.22
"""Of an axis: a label nearer to an end would run into that end's own."""

Point = tuple[float, float]
Label = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Plot:
    """The area between the axes."""

    x: Scale
    y: Scale
    height_px: int

    def left(self, value: float) -> str:
        return percent(self.x.at(value))

    def top(self, value: float) -> float:
        return round((1 - self.y.at(value)) * self.height_px, 1)

    def draw_line(self, points: Sequence[Point], class_: str) -> Html:
        return self.draw_path("M" + "L".join(map(self._place, points)), class_)

    def draw_steps(self, points: Sequence[Point], class_: str) -> Html:
        """Each value from the point before it on, as distributions rise."""
        places = [(self._across(x), self.top(y)) for x, y in points]
        first = places[0]
        rest = "".join(f"V{y:g}H{x:g}" for x, y in places[1:])
        return self.draw_path(f"M{first[0]:g} {first[1]:g}{rest}", class_)

    def draw_area(self, points: Sequence[Point], class_: str) -> Html:
        """What lies between the points and the bottom."""
        bottom = f"{self.height_px}"
        first, last = self._across(points[0][0]), self._across(points[-1][0])
        line = "L".join(map(self._place, points))
        return self.draw_path(f"M{first:g} {bottom}L{line}L{last:g} {bottom}Z", class_)

    def draw_path(self, path: str, class_: str) -> Html:
        """A path whose places across go from 0 to 1000."""
        return element(
            "svg",
            element("path", d=path, class_=class_),
            viewBox=f"0 0 {_PATH_UNITS} {self.height_px}",
            preserveAspectRatio="none",
            width="100%",
            height=self.height_px,
        )

    def draw_limit(self, value: float, text: str) -> Html:
        """A line across at the value, named at its right end; above the line unless that is off the chart."""
        top = self.top(value)
        return element(
            "g",
            element("line", x1="0", x2="100%", y1=top, y2=top),
            element("text", text, x="100%", y=top - 5 if top > _TICK_GAP_PX else top + 13, text_anchor="end"),
            class_="limit",
        )

    def draw_span(self, low: float, high: float, class_: str) -> Html:
        """A stretch of the horizontal axis, from top to bottom."""
        start, end = self.x.at(low), self.x.at(high)
        return element("rect", x=percent(start), width=percent(end - start), y=0, height=self.height_px, class_=class_)

    def _across(self, value: float) -> float:
        return round(self.x.at(value) * _PATH_UNITS, 1)

    def _place(self, point: Point) -> str:
        return f"{self._across(point[0]):g} {self.top(point[1]):g}"


@dataclass(frozen=True, slots=True)
class Axis:
    """What stands along one side; ``places`` are the scale's own ticks unless given."""

    label: Label
    places: Sequence[float] | None = None


def draw_chart(
    plot: Plot, *marks: Child, id_: str, title: str, description: str, x: Axis, y: Axis, class_: str = ""
) -> Html:
    """The plot with its axes; ``title`` and ``description`` are what a screen reader says in its place."""
    names = f"{id_}-title {id_}-desc"
    drawing = element(
        "svg",
        element("title", title, id=f"{id_}-title"),
        element("desc", description, id=f"{id_}-desc"),
        element("g", _grid(plot, y), _feet(plot, x), class_="axes"),
        marks,
        role="img",
        aria_labelledby=names,
        width="100%",
        height=plot.height_px,
        class_="chart",
    )
    return element("div", drawing, class_=f"plot {class_}".rstrip())


def _grid(plot: Plot, axis: Axis) -> Iterable[Html]:
    ticks = plot.y.ticks() if axis.places is None else axis.places
    for value in _apart(ticks, plot):
        top = plot.top(value)
        yield element("line", x1="0", x2="100%", y1=top, y2=top)
        yield element("text", axis.label(value), x="-8", y=top + 4, text_anchor="end")


def _apart(ticks: Sequence[float], plot: Plot) -> Iterable[float]:
    """The ticks that leave each other room, from the bottom up."""
    last: float | None = None
    for value in ticks:
        if last is None or last - plot.top(value) >= _TICK_GAP_PX:
            last = plot.top(value)
            yield value


def _feet(plot: Plot, axis: Axis) -> Iterable[Html]:
    for value in plot.x.ticks() if axis.places is None else axis.places:
        left = plot.left(value)
        yield element("line", x1=left, x2=left, y1=plot.height_px, y2=plot.height_px + 4)
        yield element("text", axis.label(value), x=left, y=plot.height_px + 18, text_anchor="middle")


def draw_axis(scale: Scale, label: Label, *, middle: float | None = None) -> Html:
    """The ends of a scale, and a value between them, as the head of a column of pictures."""
    places = [(scale.low, "start"), (middle, "middle"), (scale.high, "end")]
    texts = (
        element("text", label(value), x=percent(scale.at(value)), y=13, text_anchor=anchor)
        for value, anchor in places
        if value is not None and (anchor != "middle" or _AXIS_EDGE < scale.at(value) < 1 - _AXIS_EDGE)
    )
    return element("svg", texts, width="100%", height=_TICK_GAP_PX + 3, class_="ends")


def label_ms(value_ms: float) -> str:
    """A tick in the unit that reads best, without the zeros that a measured value would show.

    >>> label_ms(0.05), label_ms(20), label_ms(3000)
    ('50 us', '20 ms', '3 s')
    """
    number, unit = format_value(value_ms, Unit.MS).split(" ")
    return f"{float(number):g} {unit}"


def percent(ratio: float) -> str:
    """A share of the width.

    >>> percent(0.5), percent(1 / 3)
    ('50%', '33.333%')
    """
    return f"{round(ratio * 100, 3):g}%"
