"""Whether something grows, and by how much a step: a line through few, noisy points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from cabanas_perf.measurement.intervals import TAIL, Interval


@dataclass(frozen=True, slots=True)
class Slope:
    """Of y by x, in y's unit by x's; the interval is 90 % between its bounds."""

    value: float
    interval: Interval


def estimate_slope(points: Sequence[tuple[float, float]]) -> Slope | None:
    """Theil-Sen: the median of the slopes between all pairs, which a few wild points do not move. None below two x.

    The bounds are those of the ranks of the pairs' slopes by Kendall's statistic, in its normal approximation: Sen,
    "Estimates of the Regression Coefficient Based on Kendall's Tau", 1968. Too few points give none.

    >>> estimate_slope([(0, 1.0), (1, 3.0), (2, 5.0)]).value
    2.0
    """
    slopes = sorted(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for position, earlier in enumerate(points)
        for later in points[position + 1 :]
        if later[0] != earlier[0]
    )
    if not slopes:
        return None
    n = len(points)
    spread = NormalDist().inv_cdf(1 - TAIL) * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = math.floor((len(slopes) - spread) / 2)
    high = math.ceil((len(slopes) + spread) / 2)
    within = low >= 0 and high < len(slopes)
    return Slope(median(slopes), Interval(slopes[low], slopes[high]) if within else Interval(None, None))
