"""The one definition of a percentile: nearest rank, the `ceil(q * n)`-th smallest value.

It always answers with a value that was measured. Tools that interpolate differ from it, and from each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache


@lru_cache(maxsize=256)
def nearest_rank(q: float, n: int) -> int:
    """1-based rank of the `q` percentile among `n` values; `q` in 0..1, and 0 means the smallest.

    Counted in decimal, because 0.07 * 100 is above 7 in binary and would name the 8th value.

    >>> nearest_rank(0.95, 100), nearest_rank(0.07, 100), nearest_rank(0.5, 3)
    (95, 7, 2)

    Raises ValueError when there are no values or `q` is out of range.
    """
    if n < 1:
        raise ValueError("no values, no percentile")
    if not 0 <= q <= 1:
        raise ValueError(f"a percentile lies between 0 and 1, not at {q}")
    rank = (Decimal(repr(float(q))) * n).to_integral_value(rounding=ROUND_CEILING)
    return max(1, int(rank))


def percentile_of_sorted(values: Sequence[int], q: float) -> int:
    """Nearest rank among ascending values. Raises ValueError when there are none."""
    return values[nearest_rank(q, len(values)) - 1]


def value_at_rank(counts: Iterable[tuple[int, int]], rank: int) -> int:
    """Value that holds the given 1-based rank among ascending `(value, count)` pairs.

    Raises ValueError when the counts add up to less than the rank.
    """
    seen = 0
    for value, count in counts:
        seen += count
        if seen >= rank:
            return value
    raise ValueError(f"rank {rank} asked of {seen} values")
