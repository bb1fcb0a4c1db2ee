"""Latencies in order of size, as raw values or as a histogram: whatever a statistic needs."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Protocol

from cabanas_perf.measurement.percentiles import nearest_rank


class Distribution(Protocol):
    """Values in nanoseconds, ascending."""

    @property
    def count(self) -> int: ...

    def at_rank(self, rank: int) -> int:
        """Value with this 1-based rank. Raises ValueError when there is none."""

    def counts(self) -> Iterator[tuple[int, int]]:
        """Ascending `(value, how often)` pairs, without zeros."""


class RawDistribution:
    """Every value, sorted once."""

    __slots__ = ("_values_ns",)

    def __init__(self, values_ns: Iterable[int]) -> None:
        self._values_ns = array("q", sorted(values_ns))

    @property
    def count(self) -> int:
        return len(self._values_ns)

    def at_rank(self, rank: int) -> int:
        if not 1 <= rank <= self.count:
            raise ValueError(f"rank {rank} asked of {self.count} values")
        return self._values_ns[rank - 1]

    def counts(self) -> Iterator[tuple[int, int]]:
        for value_ns, repeats in groupby(self._values_ns):
            yield value_ns, sum(1 for _ in repeats)


def percentile_ns(distribution: Distribution, q: float) -> int:
    """Nearest rank; `q` in 0..1. Raises ValueError without values."""
    return distribution.at_rank(nearest_rank(q, distribution.count))


def mean_ns(distribution: Distribution) -> float:
    """Arithmetic mean. Raises ValueError without values."""
    if not distribution.count:
        raise ValueError("no values, no mean")
    return sum(value_ns * n for value_ns, n in distribution.counts()) / distribution.count


def stdev_ns(distribution: Distribution) -> float | None:
    """Sample standard deviation (divisor n - 1); None below two values."""
    if distribution.count < 2:
        return None
    centre = mean_ns(distribution)
    squares = math.fsum(n * (value_ns - centre) ** 2 for value_ns, n in distribution.counts())
    return math.sqrt(squares / (distribution.count - 1))


def expand_ns(distribution: Distribution) -> Sequence[int]:
    """Every value, repeated as often as it was seen, ascending."""
    values = array("q")
    for value_ns, n in distribution.counts():
        values.extend([value_ns] * n)
    return values
