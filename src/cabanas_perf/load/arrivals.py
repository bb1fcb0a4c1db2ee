"""When requests arrive in the open model: a rate that may change over time, evenly spaced or as a Poisson process.

Arrivals are a fixed sequence, known before the run from its rate and seed; the server's answers do not move them.
With N worker processes, each takes every N-th arrival, so that together they make the same sequence as one.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, count

from cabanas_perf.load.mix import Stream


class Spacing(StrEnum):
    CONSTANT = "constant"
    """Evenly spaced: the least variance between runs."""
    POISSON = "poisson"
    """Independent of each other, as real callers are."""


@dataclass(frozen=True, slots=True)
class RateStage:
    """The arrival rate over some time, changing evenly from its start to its end."""

    duration_s: float
    start_rps: float
    end_rps: float

    @property
    def arrivals(self) -> float:
        """Expected number of arrivals."""
        return self.duration_s * (self.start_rps + self.end_rps) / 2

    def time_of(self, arrivals: float) -> float:
        """Seconds until so many arrivals, at most `arrivals` of the stage, are expected."""
        slope = (self.end_rps - self.start_rps) / self.duration_s
        # Solves start * t + slope / 2 * t**2 = arrivals; written so that a slope of zero needs no case of its own.
        root = math.sqrt(max(0.0, self.start_rps**2 + 2 * slope * arrivals))
        return 2 * arrivals / (self.start_rps + root) if arrivals else 0.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that is to be sent `at_s` seconds after the plan's start; `stream` is an index into the mix."""

    at_s: float
    stream: int


def plan_arrivals(
    stages: Sequence[RateStage],
    mix: Sequence[Stream],
    *,
    spacing: Spacing,
    seed: int,
    index: int = 0,
    of: int = 1,
) -> Iterator[Arrival]:
    """Every arrival of worker `index` of `of` workers, in order of time.

    The mix is by arrivals: evenly spaced ones are dealt to the streams as evenly as weights allow, Poisson ones
    are drawn by weight.
    """
    # Statistics, not secrets.
    gaps, choice = random.Random(f"gaps {seed}"), random.Random(f"streams {seed}")  # noqa: S311
    dealt = _deal(mix) if spacing is Spacing.CONSTANT else _draw(mix, choice)
    position = 0.0
    bounds = list(accumulate((stage.arrivals for stage in stages), initial=0.0))
    starts_s = list(accumulate((stage.duration_s for stage in stages), initial=0.0))
    for number, stream in zip(count(), dealt, strict=False):
        if spacing is Spacing.POISSON:
            position += gaps.expovariate(1.0)
        # The smallest fraction keeps a rounding error from planning one more arrival at the very end.
        if position >= bounds[-1] - 1e-9:
            return
        if number % of == index:
            stage = bisect_right(bounds, position) - 1
            yield Arrival(starts_s[stage] + stages[stage].time_of(position - bounds[stage]), stream)
        if spacing is Spacing.CONSTANT:
            position += 1.0


def _deal(mix: Sequence[Stream]) -> Iterator[int]:
    """Indices in proportion to the weights, each time the stream that is most in arrears."""
    total = sum(stream.weight for stream in mix)
    credit = [0.0] * len(mix)
    while True:
        for index, stream in enumerate(mix):
            credit[index] += stream.weight / total
        chosen = max(range(len(mix)), key=credit.__getitem__)
        credit[chosen] -= 1.0
        yield chosen


def _draw(mix: Sequence[Stream], rng: random.Random) -> Iterator[int]:
    weights = [stream.weight for stream in mix]
    while True:
        yield rng.choices(range(len(mix)), weights)[0]
