"""The price loop that the closed form is measured against prices every stay alike."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cabanas.domain.pricing import Tariff, quote_stay
from cabanas.domain.stay import Stay
from cabanas_perf.workloads.before.pricing import quote_by_the_night

MONEY = st.decimals(min_value=0, max_value=Decimal("9999999.99"), places=2)
FACTOR = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9.99"), places=2)


@given(
    base_price=MONEY,
    multiplier=FACTOR,
    check_in=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    nights=st.integers(1, 400),
    weekend_nights=st.frozensets(st.integers(0, 6)),
)
def test_the_loop_and_the_closed_form_agree_to_the_cent(base_price, multiplier, check_in, nights, weekend_nights):
    tariff, stay = Tariff(base_price, multiplier), Stay(check_in, check_in + timedelta(days=nights))
    assert quote_by_the_night(tariff, stay, weekend_nights=weekend_nights) == quote_stay(
        tariff, stay, weekend_nights=weekend_nights
    )
