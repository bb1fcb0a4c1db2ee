"""Call stacks with the time that was seen in them, and what they say of each function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cabanas_perf.measurement.intervals import ratio_interval

DISAGREEMENT_RATIO = 0.10
"""Two profilers whose shares of a function differ by more cannot both be believed."""


class Frame(NamedTuple):
    """A function: its name, its file from the package on, and its first line (0: not known)."""

    name: str
    file: str
    line: int

    @property
    def function(self) -> Function:
        """What profilers agree on: some know the class too, some the line that ran."""
        return Function(self.name.rpartition(".")[2], self.file)


class Function(NamedTuple):
    name: str
    file: str


Stacks = Mapping[tuple[Frame, ...], float]
"""Seconds by stack, outermost function first."""


@dataclass(frozen=True, slots=True)
class FunctionTime:
    """Shares of the profiled time, 0 to 1: of the function's own, and with what it calls."""

    frame: Frame
    self_ratio: float
    total_ratio: float


@dataclass(frozen=True, slots=True)
class Shares:
    """Own shares of functions as one profiler saw them, in so many looks; None: it timed every call."""

    self_ratios: Mapping[Function, float]
    looks: int | None

    def interval(self, function: Function) -> tuple[float, float]:
        """Bounds of a function's share; 90 % between them where it rests on looks."""
        share = self.self_ratios.get(function, 0.0)
        if self.looks is None:
            return share, share
        bounds = ratio_interval(min(self.looks, round(share * self.looks)), self.looks)
        return bounds.low or 0.0, 1.0 if bounds.high is None else bounds.high


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A function's own share by profiler, where they lie more than `DISAGREEMENT_RATIO` apart."""

    function: Function
    self_ratios: Mapping[str, float]

    @property
    def gap_ratio(self) -> float:
        return max(self.self_ratios.values()) - min(self.self_ratios.values())


def rank_functions(stacks: Stacks, limit: int) -> tuple[FunctionTime, ...]:
    """The functions with the most time of their own, most first. One that calls itself counts once in its total."""
    own: Counter[Frame] = Counter()
    total: Counter[Frame] = Counter()
    for stack, seconds in stacks.items():
        if stack:
            own[stack[-1]] += seconds  # type: ignore[assignment]  # a Counter adds floats as well
        for frame in set(stack):
            total[frame] += seconds  # type: ignore[assignment]
    whole = sum(stacks.values())
    if not whole:
        return ()
    return tuple(FunctionTime(frame, own[frame] / whole, total[frame] / whole) for frame, _ in own.most_common(limit))


def self_ratios(stacks: Stacks) -> dict[Function, float]:
    """Each function's own share of the time in the stacks."""
    seconds: dict[Function, float] = {}
    for stack, weight in stacks.items():
        if stack:
            function = stack[-1].function
            seconds[function] = seconds.get(function, 0.0) + weight
    whole = sum(seconds.values())
    return {function: weight / whole for function, weight in seconds.items()} if whole else {}


def find_disagreements(profiles: Mapping[str, Shares]) -> tuple[Disagreement, ...]:
    """Functions whose own shares, by profiler, lie too far apart, and further than chance puts few looks; the widest
    gap first. A function that a profiler never saw has no share there.
    """
    functions = dict.fromkeys(one for shares in profiles.values() for one in shares.self_ratios)
    found = []
    for function in functions:
        ratios = {name: shares.self_ratios.get(function, 0.0) for name, shares in profiles.items()}
        disagreement = Disagreement(function, ratios)
        if disagreement.gap_ratio > DISAGREEMENT_RATIO:
            intervals = [shares.interval(function) for shares in profiles.values()]
            if max(low for low, _ in intervals) > min(high for _, high in intervals):
                found.append(disagreement)
    return tuple(sorted(found, key=lambda one: -one.gap_ratio))
