"""The price of a stay as the design document starts from: one night after the other."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from cabanas.domain.pricing import DEFAULT_WEEKEND_NIGHTS, DEPOSIT_RATIO, Quote, Tariff
from cabanas.domain.stay import Stay

_CENT = Decimal("0.01")


def quote_by_the_night(
    tariff: Tariff, stay: Stay, *, weekend_nights: Collection[int] = DEFAULT_WEEKEND_NIGHTS
) -> Quote:
    """What `cabanas.domain.pricing.quote_stay` answers, to the cent, in time that grows with the stay."""
    total, weekend = Decimal(0), 0
    night = stay.check_in
    while night < stay.check_out:
        price = tariff.base_price
        if night.weekday() in weekend_nights:
            price *= tariff.weekend_multiplier
            weekend += 1
        total += price
        night += timedelta(days=1)
    total = total.quantize(_CENT, rounding=ROUND_HALF_UP)
    return Quote(
        nights=stay.nights,
        weekend_nights=weekend,
        total_price=total,
        deposit_amount=(total * DEPOSIT_RATIO).quantize(_CENT, rounding=ROUND_HALF_UP),
    )
