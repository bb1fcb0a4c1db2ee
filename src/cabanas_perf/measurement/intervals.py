"""Intervals around what was measured: one-sided 5 % on each side, so 90 % between the two bounds.

A bound is None where the samples cannot give one; nobody may read that as "fine".
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

from cabanas_perf.measurement.binomial import at_least, at_most
from cabanas_perf.measurement.distribution import Distribution, expand_ns

TAIL = 0.05
"""The chance, on each side, that a bound is wrong."""

MEAN_MIN_SAMPLES = 100
"""No bound on a mean holds for every distribution: what was never seen can move it at will. With 100 samples
a slow mode of 3 % goes unseen in fewer than 5 % of the runs (0.97 ** 100), so we claim nothing below."""

_BATCHES = 500
_RESAMPLES = 1_000
_BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds in the unit of the value they enclose; None where the samples give no bound."""

    low: float | None
    high: float | None


@lru_cache(maxsize=256)
def percentile_ranks(q: float, n: int) -> tuple[int | None, int | None]:
    """Ranks, among `n` samples, whose values bound the true `q` percentile from below and from above.

    Exact for every distribution: the number of samples at or below the true percentile is Binomial(n, q). See
    Conover, Practical Nonparametric Statistics, 3rd edition, section 3.2.

    >>> percentile_ranks(0.95, 58), percentile_ranks(0.95, 59)
    ((52, None), (53, 59))
    """
    # The largest l with P(X <= l - 1) <= TAIL, and the smallest u with P(X >= u) <= TAIL.
    low = bisect_left(range(n), True, key=lambda below: at_most(below, n, q) > TAIL)
    high = bisect_left(range(1, n + 1), True, key=lambda rank: at_least(rank, n, q) <= TAIL) + 1
    return (low or None), (high if high <= n else None)


def percentile_interval(distribution: Distribution, q: float) -> Interval:
    """Nanoseconds; `q` in 0..1. Without samples both bounds are None."""
    low, high = percentile_ranks(q, distribution.count)
    return Interval(
        low=None if low is None else distribution.at_rank(low),
        high=None if high is None else distribution.at_rank(high),
    )


def ratio_interval(count: int, n: int) -> Interval:
    """Exact (Clopper-Pearson) interval of a probability after `count` hits in `n` trials, in 0..1.

    >>> ratio_interval(0, 299).high < 0.01 < ratio_interval(0, 298).high
    True
    """
    if n == 0:
        return Interval(None, None)
    low = 0.0 if count == 0 else _crossing(lambda p: at_least(count, n, p) >= TAIL)
    high = 1.0 if count == n else _crossing(lambda p: at_most(count, n, p) <= TAIL)
    return Interval(low, high)


def _crossing(holds: Callable[[float], bool]) -> float:
    """Smallest p in 0..1 from which on the condition holds."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high


def mean_interval(distribution: Distribution, *, seed: int = 0) -> Interval:
    """Bootstrap-t interval of the mean, in nanoseconds; no bounds below `MEAN_MIN_SAMPLES`.

    Latencies are skewed, so the plain t interval ends too early on the long side. The bootstrap learns the
    skew from the samples (Efron and Tibshirani, An Introduction to the Bootstrap, section 12.5). Same
    samples, same seed, same interval.
    """
    n = distribution.count
    if n < MEAN_MIN_SAMPLES:
        return Interval(None, None)
    values = list(expand_ns(distribution))
    mean, error = _mean_and_error(values)
    if error == 0:
        return Interval(mean, mean)
    t_low, t_high = _studentised_tails(values, random.Random(seed))  # noqa: S311 - statistics, not secrets
    return Interval(
        low=mean - t_high * error if math.isfinite(t_high) else None,
        high=mean - t_low * error if math.isfinite(t_low) else None,
    )


def _studentised_tails(values: list[int], rng: random.Random) -> tuple[float, float]:
    """Lower and upper `TAIL` quantiles of (resampled mean - mean) / resampled standard error."""
    # Means of random batches have the mean's skew in the same proportion to its error, at a fixed cost.
    rng.shuffle(values)
    batches = [
        sum(batch) / len(batch) for batch in (values[start::_BATCHES] for start in range(min(_BATCHES, len(values))))
    ]
    centre = sum(batches) / len(batches)
    ratios = []
    for _ in range(_RESAMPLES):
        mean, error = _mean_and_error(rng.choices(batches, k=len(batches)))
        shift = mean - centre
        ratios.append(shift / error if error else math.copysign(math.inf, shift))
    ratios.sort()
    tail = round(TAIL * _RESAMPLES)
    return ratios[tail - 1], ratios[-tail]


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error."""
    n = len(values)
    mean = sum(values) / n
    # Squares about the first value: about zero, equal values would leave rounding noise for a variance.
    origin = values[0]
    offsets = [value - origin for value in values]
    shift = mean - origin
    variance = max(0.0, sum(map(mul, offsets, offsets)) / n - shift * shift) * n / (n - 1)
    return mean, math.sqrt(variance / n)
