"""Argentine holidays against the published calendars."""

from datetime import date

import pytest

from cabanas.nlu import calendar_ar as calendar


@pytest.mark.parametrize(
    ("year", "month", "day"),
    # Tables of Easter dates: Meeus, Astronomical Algorithms, p. 68, and the years at hand.
    [
        (1818, 3, 22),
        (1943, 4, 25),
        (1961, 4, 2),
        (2000, 4, 23),
        (2024, 3, 31),
        (2025, 4, 20),
        (2026, 4, 5),
        (2038, 4, 25),
    ],
)
def test_easter(year, month, day):
    assert calendar.easter(year) == date(year, month, day)


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        (date(2024, 11, 20), date(2024, 11, 18)),  # Wednesday: the Monday before
        (date(2025, 11, 20), date(2025, 11, 24)),  # Thursday: the Monday after
        (date(2026, 11, 20), date(2026, 11, 23)),  # Friday: the Monday after
        (date(2025, 6, 17), date(2025, 6, 16)),  # Tuesday: the Monday before
        (date(2026, 8, 17), date(2026, 8, 17)),  # a Monday stays
        (date(2025, 8, 17), date(2025, 8, 17)),  # a Sunday stays
        (date(2025, 10, 12), date(2025, 10, 10)),  # moved by decree
        (date(2026, 7, 9), date(2026, 7, 9)),  # never moves
    ],
)
def test_movable_holidays_are_kept_on_mondays(named, kept):
    assert calendar.observed(named.year, named.month, named.day) == kept


@pytest.mark.parametrize(
    ("year", "month", "first", "last"),
    [
        (2025, 3, date(2025, 3, 1), date(2025, 3, 4)),
        (2025, 11, date(2025, 11, 21), date(2025, 11, 24)),
        (2026, 2, date(2026, 2, 14), date(2026, 2, 17)),
        (2026, 4, date(2026, 4, 2), date(2026, 4, 5)),
        (2026, 7, date(2026, 7, 9), date(2026, 7, 12)),
        (2026, 12, date(2026, 12, 5), date(2026, 12, 8)),
    ],
)
def test_long_weekends_join_holidays_bridges_and_weekends(year, month, first, last):
    assert calendar.next_long_weekend(date(year, month, 1), month=month) == (first, last)


def test_a_month_without_a_long_weekend_waits_for_a_year_that_has_one():
    assert calendar.next_long_weekend(date(2025, 10, 14), month=10) == (date(2026, 10, 10), date(2026, 10, 12))


@pytest.mark.parametrize(
    ("nth", "expected"), [(1, date(2025, 10, 5)), (3, date(2025, 10, 19)), (-1, date(2025, 10, 26))]
)
def test_nth_weekday_of_a_month(nth, expected):
    assert calendar.nth_weekday(2025, 10, calendar.SUNDAY, nth) == expected
