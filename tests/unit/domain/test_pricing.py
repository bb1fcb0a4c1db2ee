import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.domain.pricing import DEFAULT_WEEKEND_NIGHTS, Tariff, count_weekend_nights, quote_stay
from cabanas.domain.stay import Stay

CENT = Decimal("0.01")
MONDAY = date(2025, 10, 13)

stays = st.builds(
    lambda start, nights: Stay(start, start + timedelta(days=nights)),
    st.dates(date(2024, 1, 1), date(2032, 12, 31)),
    st.integers(1, 400),
)
tariffs = st.builds(
    Tariff,
    st.decimals("0.00", "999999.99", places=2),
    st.decimals("0.10", "9.99", places=2),
)
weekends = st.frozensets(st.integers(0, 6))


def price_night_by_night(tariff: Tariff, stay: Stay, weekend: frozenset[int]) -> Decimal:
    total = Decimal(0)
    for night in range(stay.nights):
        special = (stay.check_in + timedelta(days=night)).weekday() in weekend
        total += tariff.base_price * tariff.weekend_multiplier if special else tariff.base_price
    return total.quantize(CENT, ROUND_HALF_UP)


@given(tariffs, stays, weekends)
def test_the_closed_form_equals_the_sum_over_the_nights(tariff, stay, weekend):
    assert quote_stay(tariff, stay, weekend_nights=weekend).total_price == price_night_by_night(tariff, stay, weekend)


@given(tariffs, stays)
def test_the_deposit_is_thirty_percent_of_the_rounded_total(tariff, stay):
    quote = quote_stay(tariff, stay)
    assert quote.deposit_amount == (quote.total_price * 30 / 100).quantize(CENT, ROUND_HALF_UP)


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("nights", [1, 2, 6, 7, 8, 13, 14, 30, 365])
def test_weekend_nights_are_counted_by_the_day_they_start_on(weekday, nights):
    stay = Stay(MONDAY + timedelta(days=weekday), MONDAY + timedelta(days=weekday + nights))
    expected = sum((weekday + night) % 7 in DEFAULT_WEEKEND_NIGHTS for night in range(nights))
    assert count_weekend_nights(stay) == expected


@pytest.mark.parametrize(
    ("base", "multiplier", "first", "nights", "total", "deposit"),
    [
        # Two weekday nights and one weekend night: the unrounded total would give a deposit of 9.96.
        ("10.37", "1.20", date(2025, 10, 16), 3, "33.18", "9.95"),
        ("100000.00", "1.20", date(2025, 10, 17), 2, "220000.00", "66000.00"),
        ("0.05", "1.00", date(2025, 10, 13), 1, "0.05", "0.02"),  # 0.015 goes up
    ],
)
def test_money_is_rounded_half_up_to_the_cent(base, multiplier, first, nights, total, deposit):
    quote = quote_stay(Tariff(Decimal(base), Decimal(multiplier)), Stay(first, first + timedelta(days=nights)))
    assert (quote.total_price, quote.deposit_amount) == (Decimal(total), Decimal(deposit))


def test_a_hundred_thousand_random_stays_cost_what_their_nights_add_up_to():
    """The reference walks through the nights in whole hundredths of a cent, without Decimal."""
    rng = random.Random(30)
    for _ in range(100_000):
        base_cents, multiplier_percent = rng.randrange(1, 100_000_000), rng.randrange(10, 500)
        nights, start = rng.randint(1, 30), MONDAY + timedelta(days=rng.randrange(3000))
        special = sum((start.weekday() + night) % 7 in DEFAULT_WEEKEND_NIGHTS for night in range(nights))
        hundredths = base_cents * (100 * (nights - special) + multiplier_percent * special)
        total_cents = (hundredths + 50) // 100
        deposit_cents = (total_cents * 30 + 50) // 100
        tariff = Tariff(Decimal(base_cents) / 100, Decimal(multiplier_percent) / 100)
        quote = quote_stay(tariff, Stay(start, start + timedelta(days=nights)))
        assert (quote.total_price * 100, quote.deposit_amount * 100) == (total_cents, deposit_cents)
