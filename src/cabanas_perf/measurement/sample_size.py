"""How many samples would settle what the ones at hand leave open.

"Samples" are totals; what is missing is the total less what was seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from cabanas_perf.measurement.binomial import at_least, at_most
from cabanas_perf.measurement.intervals import MEAN_MIN_SAMPLES, TAIL

SAMPLES_MAX = 10_000_000
"""Beyond this the answer is None: what was seen lies on the limit, and more of the same settles nothing."""


def samples_needed(*, limit_ratio: float, bad: int, n: int) -> int | None:
    """Fewest samples, in all, that settle whether bad ones are rarer than `limit_ratio`.

    A percentile is such a question: P95 < 3 s asks whether fewer than 5 % take 3 s or longer. Where the share
    seen is within the limit, the answer assumes that no further bad one turns up; where it is above, that the
    share persists.

    >>> [samples_needed(limit_ratio=0.05, bad=bad, n=20 * bad) for bad in range(5)]
    [59, 93, 124, 153, 181]
    """
    if bad <= limit_ratio * n:
        return _smallest(lambda total: at_most(bad, total, limit_ratio) <= TAIL, start=n)
    return _smallest(lambda total: at_least(bad * total // n, total, limit_ratio) <= TAIL, start=n)


def samples_needed_for_mean(*, mean: float, bound: float | None, target: float, n: int) -> int | None:
    """How many samples, in all, would pull `bound`, the end of the interval beyond the target, to the mean's
    side.

    An interval shrinks with the square root of the samples.
    """
    if n < MEAN_MIN_SAMPLES or bound is None:
        return max(MEAN_MIN_SAMPLES, n + 1)
    if mean == target:
        return None
    total = math.ceil(n * ((bound - mean) / (target - mean)) ** 2) + 1
    return total if total <= SAMPLES_MAX else None


def _smallest(settles: Callable[[int], bool], *, start: int) -> int | None:
    """Smallest total from `start` on that settles it, if every larger one does too."""
    low, high = max(start, 1) - 1, max(start, 1)
    while not settles(high):
        low, high = high, high * 2
        if high > SAMPLES_MAX:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if settles(middle):
            high = middle
        else:
            low = middle
    return high
