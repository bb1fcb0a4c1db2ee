"""What a price costs: in closed form, so that sixty nights take no longer than one.

pytest benchmarks/test_pricing.py
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cabanas.domain.pricing import Tariff, quote_stay
from cabanas.domain.stay import Stay

TARIFF = Tariff(Decimal("45000.00"), Decimal("1.25"))
CHECK_IN = date(2026, 1, 2)


@pytest.mark.parametrize("nights", [1, 7, 60])
def test_quote(benchmark, nights):
    stay = Stay(CHECK_IN, CHECK_IN + timedelta(days=nights))
    assert benchmark(quote_stay, TARIFF, stay).total_price > 0
