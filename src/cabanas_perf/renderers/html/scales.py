"""From values to places on an axis. Pure arithmetic; what is drawn there is `svg`'s part."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_ROUND_STEPS = (1, 2, 5, 10)
_MANY_DECADES = 3


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from ``low`` to ``high``; a logarithmic one needs both above 0."""

    low: float
    high: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Place of the value: 0 at the low end, 1 at the high one; values beyond an end are put on it.

        >>> Scale(1, 100, logarithmic=True).at(10), Scale(0, 4).at(1), Scale(0, 4).at(9)
        (0.5, 0.25, 1.0)
        """
        low, high, here = self.low, self.high, min(max(value, self.low), self.high)
        if high <= low:
            return 0.5
        if self.logarithmic:
            return math.log(here / low) / math.log(high / low)
        return (here - low) / (high - low)

    def ticks(self) -> tuple[float, ...]:
        """Round values from end to end, ascending: about five of a linear scale; of a logarithmic one the powers of
        ten, with their doubles and fivefolds where it spans few of them.

        >>> Scale(0, 10).ticks(), Scale(0.5, 30, logarithmic=True).ticks()
        ((0, 2, 4, 6, 8, 10), (0.5, 1, 2, 5, 10, 20))
        """
        return _decades(self.low, self.high) if self.logarithmic else _steps(self.low, self.high)


def _decades(low: float, high: float) -> tuple[float, ...]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 2, 5) if last - first <= _MANY_DECADES else (1,)
    values = (factor * 10.0**power for power in range(first, last + 1) for factor in factors)
    found = (value for value in values if low <= value <= high)
    return tuple(int(value) if value.is_integer() else value for value in found)


def _steps(low: float, high: float) -> tuple[float, ...]:
    if high <= low:
        return (low,)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in _ROUND_STEPS if each * power >= rough * (1 - 1e-9))
    places = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    values = (round(place * step, 12) for place in places)
    return tuple(int(value) if value == int(value) else value for value in values)


def scale_over(values: Iterable[float | None], *, logarithmic: bool = False, from_zero: bool = False) -> Scale | None:
    """A scale with some air around the values; None when there is nothing to show. Logarithmic scales pass over what
    is not above 0.
    """
    known = [value for value in values if value is not None and (value > 0 or not logarithmic)]
    if not known:
        return None
    low, high = min(known), max(known)
    if logarithmic:
        return Scale(low / 1.3, high * 1.3, logarithmic=True)
    low = min(low, 0.0) if from_zero else low
    return Scale(low, high + (high - low) * 0.05 if high > low else low + 1)
