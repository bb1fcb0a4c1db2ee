"""What a comparison leaves: a row each, and how it reads in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cabanas_perf.measurement.intervals import percentile_ranks
from cabanas_perf.measurement.paired import PairedRatio, estimate_ratio
from cabanas_perf.measurement.percentiles import nearest_rank


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured. `pairs` are fixed before anything is seen."""

    pairs: int
    slow_pairs: int
    """For what takes seconds a turn."""
    longest_pairs: int
    """For what takes ten; below five there is no interval."""
    load_s: float
    """How long each load generator runs flat out."""
    stall_period_s: float
    """How often the server freezes whose percentiles are known. One long freeze is what tools miss; two in the time of
    a few requests are hard to miss."""
    block_s: float
    """How long webhooks are delivered under each condition, each round."""


QUICK = Effort(pairs=7, slow_pairs=5, longest_pairs=2, load_s=1.0, stall_period_s=2.0, block_s=0.5)
FULL = Effort(pairs=60, slow_pairs=5, longest_pairs=5, load_s=3.0, stall_period_s=6.0, block_s=1.5)


@dataclass(frozen=True, slots=True)
class Compared:
    """One side beside another, which does the same work. The ratio is its cost by the other's, pair by pair: below 1
    it is cheaper."""

    peer: str
    what: str
    """The figure that is compared, with its unit."""
    cost: float
    peer_cost: float
    ratio: PairedRatio
    note: str = ""
    """What the two sides do differently, where that bears on the figure."""
    side: str = "ours"


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that the project holds itself to, and what was measured."""

    what: str
    unit: str
    limit: float
    measured: float
    low: float | None
    """The interval; None on a side that the measurements do not bound."""
    high: float | None
    cause: str
    """Why there is a distance, where there is one."""
    at_least: bool = False
    """The limit is a floor, not a ceiling."""

    @property
    def standing(self) -> str:
        """``held`` or ``missed`` with the whole interval on one side of the limit."""
        good, bad = (self.low, self.high) if self.at_least else (self.high, self.low)
        if good is not None and self.is_within(good):
            return "held"
        return "missed" if bad is not None and not self.is_within(bad) else "not settled"

    def is_within(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Precision:
    """What a tool says of a server whose true percentiles are known."""

    tool: str
    p95_ms: float | None
    """None where the tool does not tell it."""
    p99_ms: float | None
    true_p95_ms: float
    true_p99_ms: float


@dataclass(frozen=True, slots=True)
class Absent:
    """A peer that could not be asked, and why."""

    peer: str
    why: str


@dataclass(frozen=True, slots=True)
class Growth:
    """How the cost of one path grows: cost at each size, and the exponent in ``cost = c * size ** exponent``."""

    path: str
    size: str
    """What is made larger."""
    unit: str
    points: tuple[tuple[float, float], ...]
    exponent: float


Row = Compared | Bar | Precision | Absent | Growth


@dataclass(frozen=True, slots=True)
class Section:
    """One topic: its title, what the sides are given, and its rows."""

    title: str
    given: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A comparison by name, before it runs."""

    name: str
    run: Callable[[Effort], Section]


def compare(
    peer: str,
    what: str,
    costs: Sequence[float],
    peer_costs: Sequence[float],
    ratios: Sequence[float],
    note: str = "",
    *,
    side: str = "ours",
) -> Compared:
    """A row of costs that were taken in turns; the figures shown are medians."""
    return Compared(peer, what, median_of(costs), median_of(peer_costs), estimate_ratio(ratios), note, side)


def percentile_bar(what: str, unit: str, limit: float, values: Sequence[float], q: float, *, cause: str) -> Bar:
    """A ceiling for a percentile of what was measured, with its exact interval."""
    ordered = sorted(values)
    low, high = percentile_ranks(q, len(ordered))
    return Bar(
        what,
        unit,
        limit,
        ordered[nearest_rank(q, len(ordered)) - 1],
        None if low is None else ordered[low - 1],
        None if high is None else ordered[high - 1],
        cause,
    )


def single_bar(what: str, unit: str, limit: float, measured: float, *, cause: str) -> Bar:
    """A ceiling for what is no sample of many, so that it stands for itself."""
    return Bar(what, unit, limit, measured, measured, measured, cause)


def speedup_bar(what: str, limit: float, ratio: PairedRatio, *, cause: str) -> Bar:
    """A floor for how many times faster the first side of the ratio is."""
    low, high = (None if bound is None else 1 / bound for bound in (ratio.high, ratio.low))
    return Bar(what, "times faster", limit, 1 / ratio.ratio, low, high, cause, at_least=True)


def median_of(values: Sequence[float]) -> float:
    """The middle value, the upper one of two."""
    return sorted(values)[len(values) // 2]


def render(sections: Sequence[Section], *, busy: bool = False) -> str:
    """The sections in Markdown: all that was compared in one table, all bars in another, then each topic's input.

    A bar that does not hold says so when the machine was busy, which is then a cause of its own.
    """
    parts = [
        _render_compared(sections),
        _render_bars(sections, busy=busy),
        *(_render_section(section) for section in sections),
    ]
    return "\n".join(line for part in parts for line in part)


def _render_compared(sections: Iterable[Section]) -> Iterator[str]:
    yield from ("## Side by side", "")
    yield "| topic | side | beside | figure | side costs | beside costs | ratio (90 % interval, pairs) | so it is |"
    yield "| --- | --- | --- | --- | ---: | ---: | ---: | --- |"
    for section in sections:
        for row in section.rows:
            if isinstance(row, Compared):
                yield (
                    f"| {section.title} | {row.side} | {row.peer} | {row.what} | {_figure(row.cost)} | "
                    f"{_figure(row.peer_cost)} | {_interval(row.ratio)} | "
                    f"{_standing(row.ratio)}{f': {row.note}' if row.note else ''} |"
                )
    yield ""
    absent = [row for section in sections for row in section.rows if isinstance(row, Absent)]
    if absent:
        yield from ("Not here to be compared with:", "")
        yield from (f"- {row.peer}: {row.why}" for row in absent)
        yield ""


def _render_bars(sections: Iterable[Section], *, busy: bool) -> Iterator[str]:
    bars = [row for section in sections for row in section.rows if isinstance(row, Bar)]
    if not bars:
        return
    yield from ("## Bars", "")
    yield "What the project holds itself to. A bar is held, or missed, with its whole interval; else it is not settled."
    yield ""
    yield "| what | bar | measured (90 % interval) | it is |"
    yield "| --- | ---: | ---: | --- |"
    for bar in bars:
        limit = f"{'≥' if bar.at_least else '≤'} {_figure(bar.limit)} {bar.unit}"
        standing = bar.standing
        if standing != "held":
            standing = f"**{standing}**{', on a busy machine' if busy else ''}"
            # Where the figure keeps the bar and only its interval does not, there is no distance to explain.
            standing += "" if bar.is_within(bar.measured) else f": {bar.cause}"
        bounds = "" if bar.low == bar.measured == bar.high else f" ({_bounds(bar.low, bar.high)})"
        yield f"| {bar.what} | {limit} | {_figure(bar.measured)}{bounds} | {standing} |"
    yield ""


def _render_section(section: Section) -> Iterator[str]:
    yield from (f"## {section.title}", "", section.given, "")
    precise = [row for row in section.rows if isinstance(row, Precision)]
    if precise:
        yield "| tool | P95 | off by | P99 | off by |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        truth = precise[0]
        yield f"| the truth | {truth.true_p95_ms:.0f} ms | | {truth.true_p99_ms:.0f} ms | |"
        for one in precise:
            yield f"| {one.tool} | {_beside(one.p95_ms, one.true_p95_ms)} | {_beside(one.p99_ms, one.true_p99_ms)} |"
        yield ""
    growths = [row for row in section.rows if isinstance(row, Growth)]
    if growths:
        yield "| path | larger by | cost | exponent |"
        yield "| --- | --- | --- | ---: |"
        for growth in growths:
            costs = ", ".join(f"{size:,.0f}: {_figure(cost)} {growth.unit}" for size, cost in growth.points)
            yield f"| {growth.path} | {growth.size} | {costs} | {growth.exponent:.2f} |"
        yield ""


def _figure(value: float) -> str:
    """Three significant digits, and thousands apart."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _beside(told_ms: float | None, true_ms: float) -> str:
    """Two cells: what was told, and how far that is from the truth."""
    return "not told | " if told_ms is None else f"{_figure(told_ms)} ms | {told_ms / true_ms - 1:+.1%}"


def _interval(ratio: PairedRatio) -> str:
    return f"{ratio.ratio:.3g} ({_bounds(ratio.low, ratio.high)}, {ratio.pairs})"


def _bounds(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "no interval"
    ends = ("?" if bound is None else _figure(bound) for bound in (low, high))
    return " to ".join(ends)


def _standing(ratio: PairedRatio) -> str:
    if ratio.high is not None and ratio.high < 1:
        return f"**{_figure(1 / ratio.ratio)} times cheaper**"
    if ratio.low is not None and ratio.low > 1:
        return f"**{_figure(ratio.ratio)} times dearer**"
    return "not proven different" if ratio.low is not None and ratio.high is not None else "not known: too few pairs"
