import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.renderers.numbers import (
    format_interval,
    format_ms,
    format_percent,
    format_significant,
    format_value,
)
from cabanas_perf.slo.objective import Unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.00012, "0.000120"),
        (0.9996, "1.00"),
        (9.999, "10.0"),
        (99.95, "100"),
        (12.34, "12.3"),
        (98765.4, "98765"),
    ],
)
def test_three_significant_digits(value, text):
    assert format_significant(value) == text


@given(st.floats(1e-6, 1e9))
def test_rounding_stays_within_half_a_percent(value):
    assert float(format_significant(value)) == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, Unit.MS, "-"),
        (0, Unit.MS, "0 ms"),
        (0.25, Unit.MS, "250 us"),
        (1, Unit.MS, "1.00 ms"),
        (2_500, Unit.MS, "2.50 s"),
        (0.0033, Unit.RATIO, "0.330 %"),
        (1, Unit.RATIO, "100 %"),
        (5, Unit.COUNT, "5"),
    ],
)
def test_a_value_carries_its_unit(value, unit, text):
    assert format_value(value, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (0.9, 1.25, Unit.MS, "0.900 to 1.25 ms"),
        (990, 1_100, Unit.MS, "0.990 to 1.10 s"),
        (2.5, None, Unit.MS, "2.50 to ? ms"),
        (None, 0.01, Unit.RATIO, "? to 1.00 %"),
        (None, None, Unit.MS, "-"),
    ],
)
def test_both_bounds_share_a_unit(low, high, unit, text):
    assert format_interval(low, high, unit) == text


def test_columns_that_name_their_unit_show_bare_numbers():
    assert (format_ms(1.234), format_ms(None), format_percent(0.1234), format_percent(None)) == (
        "1.23",
        "-",
        "12.3 %",
        "-",
    )
