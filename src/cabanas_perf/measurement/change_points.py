"""Where a series changed its level: the runs from which on things were slower, or faster.

As E-divisive does it (Matteson and James, A nonparametric approach for multiple change point analysis, 2014), over
ranks: the likeliest place parts a stretch from the one behind it best, shuffled copies of the series say how likely
chance would have done as well, and both sides are searched in the same way. Ranks, because one slow run among twenty
is no change.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from statistics import median

SEGMENT_MIN = 4
"""Fewer runs than this on either side are no level. Four against four can be told from chance: 2 in 70 orders."""
CHANCE_MAX = 0.05
_SHUFFLES = 199


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """The series has another level from the value at `index` on. Medians are of the stretches on either side, up to
    the next change.
    """

    index: int
    before: float
    after: float

    @property
    def ratio(self) -> float:
        """After by before; infinite from nothing to something."""
        return self.after / self.before if self.before else math.inf


def find_change_points(values: Sequence[float], *, margin_ratio: float = 0.05, seed: int = 0) -> list[ChangePoint]:
    """Changes by more than the margin, in order. Same values, same seed, same answer.

    >>> [(point.index, point.before, point.after) for point in find_change_points([5] * 6 + [9] * 6)]
    [(6, 5.0, 9.0)]
    """
    rng = random.Random(seed)  # noqa: S311 - statistics, not secrets
    cuts = [0, *sorted(_search(values, 0, len(values), rng)), len(values)]
    # A cut whose sides are alike after all joins them, the least change first.
    while len(cuts) > 2:
        levels = [float(median(values[start:end])) for start, end in pairwise(cuts)]
        changes = [abs(_log_ratio(before, after)) for before, after in pairwise(levels)]
        least = min(range(len(changes)), key=changes.__getitem__)
        if changes[least] > math.log1p(margin_ratio):
            break
        del cuts[least + 1]
    levels = [float(median(values[start:end])) for start, end in pairwise(cuts) if end > start]
    return [
        ChangePoint(index, before, after) for index, before, after in zip(cuts[1:-1], levels, levels[1:], strict=False)
    ]


def _search(values: Sequence[float], start: int, end: int, rng: random.Random) -> list[int]:
    """Places between `start` and `end` where the level changes more than chance would have it."""
    if end - start < 2 * SEGMENT_MIN:
        return []
    ranks = _centred_ranks(values[start:end])
    place, height = _highest(ranks)
    if not height:
        return []
    as_high = sum(_highest(_shuffled(ranks, rng))[1] >= height for _ in range(_SHUFFLES))
    if (as_high + 1) / (_SHUFFLES + 1) > CHANCE_MAX:
        return []
    cut = start + place
    return [*_search(values, start, cut, rng), cut, *_search(values, cut, end, rng)]


def _highest(ranks: Sequence[float]) -> tuple[int, float]:
    """The cut at which the ranks before it and those of the stretch behind it lie furthest apart, and how far: the
    rank sum test's distance. The stretch may end anywhere, so that a rise does not hide behind the fall after it.
    """
    n = len(ranks)
    sums = [0.0, *accumulate(ranks)]
    best, height = 0, -1.0
    for cut in range(SEGMENT_MIN, n - SEGMENT_MIN + 1):
        before = sums[cut] / cut
        for end in range(cut + SEGMENT_MIN, n + 1):
            behind = end - cut
            score = abs((sums[end] - sums[cut]) / behind - before) * math.sqrt(cut * behind / end)
            if score > height:
                best, height = cut, score
    return best, height


def _centred_ranks(values: Sequence[float]) -> list[float]:
    """Ranks less their mean; equal values share theirs."""
    ranks = [0.0] * len(values)
    before = 0
    for _, group in groupby(sorted(range(len(values)), key=values.__getitem__), key=values.__getitem__):
        places = list(group)
        for place in places:
            ranks[place] = before + (len(places) - 1) / 2 - (len(values) - 1) / 2
        before += len(places)
    return ranks


def _shuffled(ranks: Sequence[float], rng: random.Random) -> list[float]:
    copy = list(ranks)
    rng.shuffle(copy)
    return copy


def _log_ratio(before: float, after: float) -> float:
    if before == after:
        return 0.0
    return math.log(after / before) if before > 0 and after > 0 else math.inf
