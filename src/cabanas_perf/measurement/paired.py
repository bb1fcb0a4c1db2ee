"""Did B change anything against A: pairs of measurements taken side by side, and what their ratios prove.

A pair is each side at the same work, close together in time, so that whatever slows the machine slows both; the ratio
of the two cancels it. Only ratios are judged here, never times of one side alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from cabanas_perf.measurement.intervals import TAIL, percentile_ranks

PAIRS_MIN = 5
"""With four pairs the true ratio lies above all of them in 6 % of the runs, so fewer than five give no bound."""

PAIRS_MAX = 10_000
"""Beyond this many, the number of pairs that would settle a comparison is given as None."""

DEFAULT_MARGIN_RATIO = 0.05
DEFAULT_PAIRS = 100
"""What the rule needs on busy cores for its power, on the CPU clock; `benchmarks/RULES.md` has the figures."""
DEFAULT_PAIRS_WAITING = 500
"""The same on the wall clock, with turns of a request or two: the shorter a turn, the fewer are disturbed, and the
median does not mind the others. Five statements a turn in 100 pairs take as long and find less."""


class Difference(StrEnum):
    """What the pairs prove about the second side."""

    SLOWER = "slower"
    FASTER = "faster"
    NONE = "no difference"
    """None larger than the margin, in either direction."""
    UNPROVEN = "inconclusive"
    """The interval reaches over the margin's edge, or there are too few pairs for one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A difference counts when the whole interval of the ratio lies beyond the margin.

    Margins are symmetric in the ratio: 0.05 asks for more than 1.05 or less than 1 / 1.05.
    """

    margin_ratio: float = DEFAULT_MARGIN_RATIO

    def __post_init__(self) -> None:
        if not self.margin_ratio > 0:
            raise ValueError(f"a margin is above 0, not {self.margin_ratio}")

    @property
    def high(self) -> float:
        return 1 + self.margin_ratio

    @property
    def low(self) -> float:
        return 1 / self.high

    def classify(self, low: float | None, high: float | None) -> Difference:
        """What an interval of the ratio shows; None for a bound that there is none of."""
        if low is None or high is None:
            return Difference.UNPROVEN
        if low > self.high:
            return Difference.SLOWER
        if high < self.low:
            return Difference.FASTER
        return Difference.NONE if self.low <= low and high <= self.high else Difference.UNPROVEN


@dataclass(frozen=True, slots=True)
class PairedRatio:
    """The median of the ratios, second side by first, and its interval with 5 % on each side.

    The bounds are None below `PAIRS_MIN`.
    """

    pairs: int
    ratio: float
    low: float | None
    high: float | None

    @property
    def largest_difference_ratio(self) -> float | None:
        """The largest difference that the interval leaves open, in either direction: 0.08 for 0.97 to 1.08."""
        if self.low is None or self.high is None:
            return None
        return max(self.high, 1 / self.low) - 1


@dataclass(frozen=True, slots=True)
class PairedVerdict:
    """What a rule makes of the pairs."""

    estimate: PairedRatio
    difference: Difference
    pairs_needed: int | None
    """In all, for an answer, as far as these pairs tell; None when there is one, or when no number would do."""


def estimate_ratio(ratios: Sequence[float]) -> PairedRatio:
    """The median ratio with its interval. Swapping the two sides inverts all three figures.

    The bounds are two of the ratios, at ranks that hold for every distribution. A bootstrap of the median lands on
    the same ranks or on narrower ones, which promise more than they keep: its distribution is known in closed form,
    so that there is nothing to draw (Efron, Bootstrap methods: another look at the jackknife, 1979, section 3).

    Raises ValueError without pairs, and for ratios that are not above 0.
    """
    ordered = sorted(ratios)
    if not ordered:
        raise ValueError("no pairs, no ratio")
    if not ordered[0] > 0 or math.isinf(ordered[-1]):
        raise ValueError("a ratio is above 0 and finite")
    n = len(ordered)
    middle = math.sqrt(ordered[(n - 1) // 2] * ordered[n // 2])
    low, high = percentile_ranks(0.5, n)
    if low is None or high is None:
        return PairedRatio(n, middle, None, None)
    return PairedRatio(n, middle, ordered[low - 1], ordered[high - 1])


def judge_pairs(ratios: Sequence[float], rule: Rule | None = None) -> PairedVerdict:
    """What these ratios, second side by first, prove by the rule. The number of pairs must have been fixed before.

    Raises ValueError as `estimate_ratio` does.
    """
    return judge_rounds([ratios], rule)


def judge_rounds(rounds: Sequence[Sequence[float]], rule: Rule | None = None) -> PairedVerdict:
    """As `judge_pairs`, for pairs from several rounds, each with processes of its own.

    Where its code happens to lie in memory, and whom it shares its core with, favours one process over another for as
    long as it lives, and no number of pairs inside one round shows that. So a difference has to recur: see `recurs`.
    """
    rule = rule or Rule()
    estimate = estimate_ratio([ratio for pairs in rounds for ratio in pairs])
    difference = rule.classify(estimate.low, estimate.high)
    if difference in {Difference.SLOWER, Difference.FASTER} and not recurs(rounds):
        difference = Difference.UNPROVEN
    needed = pairs_needed(estimate, rule) if difference is Difference.UNPROVEN else None
    return PairedVerdict(estimate, difference, needed)


def recurs(rounds: Sequence[Sequence[float]]) -> bool:
    """Whether the medians of the rounds lie on one side of 1, but for as many as chance may put on the other: none of
    up to seven, one of eight to ten (the same ranks that bound a median).
    """
    medians = sorted(estimate_ratio(pairs).ratio for pairs in rounds if pairs)
    low, high = percentile_ranks(0.5, len(medians))
    smallest, largest = medians[(low or 1) - 1], medians[(high or len(medians)) - 1]
    return not smallest <= 1 <= largest


def pairs_needed(estimate: PairedRatio, rule: Rule | None = None) -> int | None:
    """How many pairs, in all, would give an answer if the ratio stays where it was seen.

    An interval shrinks with the square root of the pairs. None where the ratio lies on the edge of the margin.
    """
    rule = rule or Rule()
    if estimate.low is None or estimate.high is None:
        return PAIRS_MIN
    distance = min(abs(math.log(estimate.ratio / edge)) for edge in (rule.low, rule.high))
    reach = max(math.log(estimate.high / estimate.ratio), math.log(estimate.ratio / estimate.low))
    if not distance:
        return None
    needed = max(estimate.pairs + 1, math.ceil(estimate.pairs * (reach / distance) ** 2))
    return needed if needed <= PAIRS_MAX else None


def pairs_for_power(spread_ratio: float, *, slowdown_ratio: float, power: float, rule: Rule | None = None) -> int:
    """How many pairs find a slow-down with this probability, for pairs whose log ratios spread normally.

    `spread_ratio` is the standard deviation of the log ratios, `slowdown_ratio` the true change (0.10 for ten
    percent). The median's own deviation is sqrt(pi / 2n) spreads.

    >>> pairs_for_power(0.03, slowdown_ratio=0.10, power=0.85)
    5

    Raises ValueError when the slow-down does not exceed the margin: no number of pairs proves that.
    """
    rule = rule or Rule()
    distance = math.log1p(slowdown_ratio) - math.log(rule.high)
    if distance <= 0:
        raise ValueError(f"a slow-down of {slowdown_ratio} is within the margin of {rule.margin_ratio}")
    reach = NormalDist().inv_cdf(1 - TAIL) + NormalDist().inv_cdf(power)
    return max(PAIRS_MIN, math.ceil(math.pi / 2 * (spread_ratio * reach / distance) ** 2))
