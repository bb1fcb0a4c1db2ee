"""Argentine holidays and long weekends, from the law's rules and the bridge days decreed so far."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

DAY = timedelta(days=1)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)

# Non-working days for tourism and moves that a decree made year by year; no rule gives them.
_DECREED_BRIDGES: dict[int, tuple[tuple[int, int], ...]] = {
    2024: ((4, 1), (6, 21), (10, 11)),
    2025: ((5, 2), (8, 15), (11, 21)),
    2026: ((3, 23), (7, 10), (12, 7)),
}
_DECREED_MOVES: dict[tuple[int, int, int], tuple[int, int]] = {(2025, 10, 12): (10, 10)}

FIXED = ((1, 1), (3, 24), (4, 2), (5, 1), (5, 25), (6, 20), (7, 9), (12, 8), (12, 25))
MOVABLE = ((6, 17), (8, 17), (10, 12), (11, 20))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm in Meeus, Astronomical Algorithms, ch. 8."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (a + 11 * h) // 319
    r = (2 * e + 2 * i - k - h + m + 32) % 7
    month = (h - m + r + 90) // 25
    return date(year, month, (h - m + r + month + 19) % 32)


def observed(year: int, month: int, day: int) -> date:
    """The day on which a holiday is kept: movable ones go to a Monday as article 6 of law 27.399 says."""
    if (moved := _DECREED_MOVES.get((year, month, day))) is not None:
        return date(year, *moved)
    named = date(year, month, day)
    if (month, day) in MOVABLE:
        if named.weekday() in (TUESDAY, WEDNESDAY):
            return named - named.weekday() * DAY
        if named.weekday() in (THURSDAY, FRIDAY):
            return named + (7 - named.weekday()) * DAY
    return named


def carnival(year: int) -> tuple[date, date]:
    """Carnival Monday and Tuesday, the 48th and 47th days before Easter."""
    sunday = easter(year)
    return sunday - 48 * DAY, sunday - 47 * DAY


@lru_cache(maxsize=64)
def non_working_days(year: int) -> frozenset[date]:
    """Every holiday and bridge day of ``year``, moved holidays where they are kept."""
    days = {observed(year, month, day) for month, day in FIXED + MOVABLE}
    days.update(carnival(year))
    days.update({easter(year) - 2 * DAY, easter(year) - 3 * DAY})
    days.update(date(year, month, day) for month, day in _DECREED_BRIDGES.get(year, ()))
    return frozenset(days)


@lru_cache(maxsize=64)
def long_weekends(year: int) -> tuple[tuple[date, date], ...]:
    """First and last day of each run of three or more free days that touches a weekend, in order."""
    holidays = non_working_days(year)

    def is_free(day: date) -> bool:
        return day.weekday() >= SATURDAY or day in holidays

    runs: list[tuple[date, date]] = []
    day, end_of_year = date(year, 1, 1), date(year, 12, 31)
    while day <= end_of_year:
        if not is_free(day):
            day += DAY
            continue
        first = day
        while day < end_of_year and is_free(day + DAY):
            day += DAY
        if (day - first).days >= 2:
            runs.append((first, day))
        day += DAY
    return tuple(runs)


def next_long_weekend(after: date, *, month: int | None = None) -> tuple[date, date] | None:
    """The first long weekend that has not ended at ``after``, in ``month`` if one is given."""
    for year in (after.year, after.year + 1, after.year + 2):
        if year > date.max.year:
            return None
        for first, last in long_weekends(year):
            if last > after and (month is None or month in (first.month, last.month)):
                return first, last
    return None


def long_weekend_around(day: date) -> tuple[date, date] | None:
    """The long weekend that ``day`` belongs to or touches, if any."""
    for first, last in long_weekends(day.year):
        if first - DAY <= day <= last + DAY:
            return first, last
    return None


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The ``nth`` (from 1; -1 for the last) ``weekday`` of a month."""
    if nth < 0:
        following = date(year + month // 12, month % 12 + 1, 1)
        return following - ((following.weekday() - weekday - 1) % 7 + 1) * DAY
    first = date(year, month, 1)
    return first + ((weekday - first.weekday()) % 7 + 7 * (nth - 1)) * DAY
