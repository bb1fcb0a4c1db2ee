"""What a comparison leaves: a row each, and how it reads in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cabanas_perf.measurement.paired import PairedRatio, estimate_ratio


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured. `pairs` are fixed before anything is seen."""

    pairs: int
    slow_pairs: int
    """For what takes seconds a turn."""
    load_s: float
    """How long each load generator runs flat out."""
    stall_period_s: float
    """How often the server freezes whose percentiles are known. One long freeze is what tools miss; two in the time of
    a few requests are hard to miss."""


QUICK = Effort(pairs=7, slow_pairs=5, load_s=2.0, stall_period_s=2.0)
FULL = Effort(pairs=60, slow_pairs=9, load_s=4.0, stall_period_s=10.0)


@dataclass(frozen=True, slots=True)
class Compared:
    """This project beside a peer. The ratio is our cost by theirs, pair by pair: below 1 we are cheaper."""

    peer: str
    what: str
    """The figure that is compared, with its unit."""
    ours: float
    theirs: float
    ratio: PairedRatio
    note: str = ""


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


Row = Compared | Precision | Absent | Growth


@dataclass(frozen=True, slots=True)
class Section:
    """One comparison: its title, what both sides are given, and its rows."""

    title: str
    given: str
    rows: tuple[Row, ...]
    sides: tuple[str, str] = ("ours", "theirs")
    """Whose cost is divided by whose."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A comparison by name, before it runs."""

    name: str
    run: Callable[[Effort], Section]


def compare(
    peer: str, what: str, ours: Sequence[float], theirs: Sequence[float], ratios: Sequence[float], note: str = ""
) -> Compared:
    """A row of costs that were taken in turns; the figures shown are medians."""
    return Compared(peer, what, median_of(ours), median_of(theirs), estimate_ratio(ratios), note)


def median_of(values: Sequence[float]) -> float:
    """The middle value, the upper one of two."""
    return sorted(values)[len(values) // 2]


def render(sections: Iterable[Section]) -> str:
    """The sections in Markdown."""
    return "\n".join(line for section in sections for line in _render_section(section))


def _render_section(section: Section) -> Iterator[str]:
    yield from (f"## {section.title}", "", section.given, "")
    compared = [row for row in section.rows if isinstance(row, Compared)]
    if compared:
        first, second = section.sides
        yield f"| beside | figure | {first} | {second} | {first} by {second} (90 % interval, pairs) | {first} is |"
        yield "| --- | --- | ---: | ---: | ---: | --- |"
        for row in compared:
            yield (
                f"| {row.peer} | {row.what} | {_figure(row.ours)} | {_figure(row.theirs)} | {_interval(row.ratio)} | "
                f"{_standing(row.ratio)}{f' ({row.note})' if row.note else ''} |"
            )
        yield ""
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
    absent = [row for row in section.rows if isinstance(row, Absent)]
    if absent:
        yield "Not installed here:"
        yield ""
        for missing in absent:
            yield f"- {missing.peer}: {missing.why}"
        yield ""


def _figure(value: float) -> str:
    """Three significant digits, and thousands apart."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _beside(told_ms: float | None, true_ms: float) -> str:
    """Two cells: what was told, and how far that is from the truth."""
    return "not told | " if told_ms is None else f"{_figure(told_ms)} ms | {told_ms / true_ms - 1:+.1%}"


def _interval(ratio: PairedRatio) -> str:
    if ratio.low is None or ratio.high is None:
        return f"{ratio.ratio:.3g} (no interval, {ratio.pairs})"
    return f"{ratio.ratio:.3g} ({ratio.low:.3g} to {ratio.high:.3g}, {ratio.pairs})"


def _standing(ratio: PairedRatio) -> str:
    if ratio.high is not None and ratio.high < 1:
        return f"**{_figure(1 / ratio.ratio)} times cheaper**"
    if ratio.low is not None and ratio.low > 1:
        return f"**{_figure(ratio.ratio)} times dearer**"
    return "not proven different"
