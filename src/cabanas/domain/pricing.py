"""The price of a stay, exact to the cent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from cabanas.domain.stay import Stay

SATURDAY, SUNDAY = 5, 6
DEFAULT_WEEKEND_NIGHTS = frozenset({SATURDAY, SUNDAY})
"""Weekdays (Monday is 0) whose nights cost more: a night belongs to the day on which it starts."""

DEPOSIT_RATIO = Decimal("0.30")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a night costs in one accommodation: money per night, and the factor for a weekend night."""

    base_price: Decimal
    weekend_multiplier: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of one stay; money has two decimals."""

    nights: int
    weekend_nights: int
    total_price: Decimal
    deposit_amount: Decimal


def count_weekend_nights(stay: Stay, weekend_nights: Collection[int] = DEFAULT_WEEKEND_NIGHTS) -> int:
    """How many nights of the stay start on one of the given weekdays, without walking through the stay.

    Every full week has each weekday once; at most six nights are left over.

    >>> from datetime import date
    >>> count_weekend_nights(Stay(date(2025, 12, 12), date(2025, 12, 15)))  # Friday to Monday
    2
    """
    full_weeks, rest = divmod(stay.nights, 7)
    first = stay.check_in.weekday()
    return full_weeks * len(weekend_nights) + sum((first + i) % 7 in weekend_nights for i in range(rest))


def quote_stay(tariff: Tariff, stay: Stay, *, weekend_nights: Collection[int] = DEFAULT_WEEKEND_NIGHTS) -> Quote:
    """Price a stay: the total is rounded half-up to the cent first, the deposit is 30 % of that total, likewise."""
    weekend = count_weekend_nights(stay, weekend_nights)
    weekdays = stay.nights - weekend
    total = _to_cents(tariff.base_price * (weekdays + weekend * tariff.weekend_multiplier))
    return Quote(
        nights=stay.nights,
        weekend_nights=weekend,
        total_price=total,
        deposit_amount=_to_cents(total * DEPOSIT_RATIO),
    )


def _to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)
