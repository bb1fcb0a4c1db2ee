"""From a mention to a point in the calendar: a partial date, a fixed day, or a span that a name stands for."""

from __future__ import annotations

import re
from datetime import date, timedelta

from cabanas.nlu import calendar_ar as calendar
from cabanas.nlu.calendar_ar import DAY, FRIDAY, SUNDAY
from cabanas.nlu.fallback import resolve_span
from cabanas.nlu.grammar import grammar
from cabanas.nlu.lexicon import VALUE_OF, classes, symbol_of
from cabanas.nlu.mentions import HOLIDAY as _HOLIDAY

_DAY_CLASSES = classes("DAY UNO PRIMERO S N P")
_WEEK = timedelta(days=7)
_FORTNIGHT = timedelta(days=15)
# Days of each month in a leap year; the first entry stands for none.
_LONGEST_MONTH = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# A pair of digits after the month is a year of this century up to here; above it, somebody's birth.
_LAST_SHORT_YEAR = 50
# "viernes 21" with no month means the next 21st that is a Friday, if one is this near.
_MONTHS_AHEAD = 6
# Nobody books further ahead.
_YEARS_AHEAD = 2


class Point:
    """One end of a stay as mentioned: fields of a date, or a day already known.

    ``start`` and ``end`` are positions on the tape. ``fixed`` is the day itself where the mention needs no other to
    be read; ``until`` the last day of a named span, ``end_fixed`` the day the name means as the end of a stay. A
    vague point gives way to an explicit one.
    """

    # Defaults stand on the class: a point sets two or three of them, and it is made for every day of every message.
    day: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    weeks_ahead: int = 0
    in_next_week: bool = False
    fixed: date | None = None
    until: date | None = None
    end_fixed: date | None = None
    vague: bool = False
    is_weekend: bool = False
    is_week: bool = False

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def holds(self, day: date) -> bool:
        """Whether a stay in this named span may begin on ``day``, up to two days before its first."""
        return self.fixed is not None and self.until is not None and self.fixed - 2 * DAY <= day < self.until

    @property
    def is_bare_day(self) -> bool:
        return self.day is not None and self.month is None

    @property
    def is_bare_weekday(self) -> bool:
        return self.weekday is not None and self.day is None and self.fixed is None


def safe_date(year: int, month: int, day: int) -> date | None:
    """The date, or None where the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def next_day_of_month(day: int, on_or_after: date) -> date | None:
    """The first ``day`` of a month from ``on_or_after``; months too short for it are passed over."""
    year, month = on_or_after.year, on_or_after.month
    if day < on_or_after.day:
        year, month = year + month // 12, month % 12 + 1
    for _ in range(3):
        if (found := safe_date(year, month, day)) is not None:
            return found
        year, month = year + month // 12, month % 12 + 1
    return None


def next_day_and_month(day: int, month: int, on_or_after: date) -> date | None:
    """The first such day from ``on_or_after``; None where that year has no such day."""
    rolled = (month, day) < (on_or_after.month, on_or_after.day)
    return safe_date(on_or_after.year + rolled, month, day)


def month_after(day: date) -> tuple[int, int]:
    """Year and month that follow the month of ``day``."""
    return day.year + day.month // 12, day.month % 12 + 1


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the last day of a month too short for it."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for last in range(day.day, 27, -1):
        if (found := safe_date(year, month + 1, last)) is not None:
            return found
    return date(year, month + 1, day.day)


def last_of_month(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - DAY


def next_weekday(weekday: int, after: date) -> date:
    """The first such weekday strictly after ``after``."""
    return after + ((weekday - after.weekday() - 1) % 7 + 1) * DAY


class Reader:
    """Reads the mentions of one message against its reference day."""

    __slots__ = ("reference", "tape", "tokens")

    def __init__(self, tokens: list[str], tape: str, reference: date) -> None:
        self.tokens = tokens
        self.tape = tape
        self.reference = reference

    def value(self, match: re.Match[str], chosen: frozenset[str]) -> int | None:
        """The value of the first token of the mention that is of one of the classes."""
        for index in range(match.start(), match.end()):
            if self.tape[index] in chosen:
                return _value(self.tokens[index])
        return None

    def has(self, match: re.Match[str], chosen: frozenset[str]) -> bool:
        return not chosen.isdisjoint(match[0])

    # The kinds of mention; each reader is named after its kind.

    def day(self, match: re.Match[str]) -> Point | None:
        start, end = match.span()
        point = Point(start, end)
        point.day = VALUE_OF[self.tokens[start]]
        return point

    glued_day = linked_day = day

    def numeric(self, match: re.Match[str]) -> Point | None:
        start = match.start()
        day, month = _value(self.tokens[start]), _value(self.tokens[match.end() - 1])
        if (day, month) == _ROUND_THE_CLOCK and (not start or self.tape[start - 1] not in _CUES):
            return None
        is_like_a_score = (
            (day, month) in _FULL_MARKS
            or (self.tape[start] in _DASHED_OR_DOTTED and len(self.tokens[start]) == len("1-") and month < 10)
            or ((day, month) in _FRACTIONS and start and self.tape[start - 1] in _DAY_CLASSES)
        )
        if month in _BEST_MARKS and (self._is_decimal(match) or (day <= month and self._is_praise(match))):
            return None
        if (is_like_a_score and not self._is_cued(match)) or self._is_timestamp(match):
            return None
        if start and self.tape[start - 1] in _IN_CODE and _CODE in self.tape:
            return None
        return self._dated(match, day, month, None)

    def _is_praise(self, match: re.Match[str]) -> bool:
        """As in "9/10 la estadía" and "todo impecable, 9/10"."""
        start, end = match.span()
        before, follows = self.tape[max(0, start - 2) : start], self.tape[end : end + 1]
        if follows and follows not in _STOPS:
            return follows in _MARKED and before[-1:] not in _SCORE_CUES
        return before.rstrip(_COMMA)[-1:] in _PRAISE and _SPEAKS_OF_STAY.isdisjoint(self.tape)

    def _is_decimal(self, match: re.Match[str]) -> bool:
        """As in "4,8/5 en google"."""
        start, end = match.span()
        if start < 2 or self.tape[start - 1] != _COMMA or self.tape[start - 2] not in _FIGURES:
            return False
        is_last = end == len(self.tape) or self.tape[end] in _STOPS_OR_IN
        return is_last and (start < 3 or self.tape[start - 3] not in _COUNTING)

    def _is_timestamp(self, match: re.Match[str]) -> bool:
        """A message that is passed on: "[3/5/26 22:10] Mamá: ..."."""
        start, end = match.span()
        if self.tape[end + 1 : end + 2] != _COLON and self.tape[end + 2 : end + 3] != _COLON:
            return False
        return not (start and self.tape[start - 1] in _SCORE_CUES) and _PASSED_ON.match(self.tape, end) is not None

    def _is_cued(self, match: re.Match[str]) -> bool:
        """Whether the words around two numbers, or their absence, say that they are a date and no score or decimal."""
        start, end = match.span()
        if start and self.tape[start - 1] in _SCORE_CUES:
            return True
        return end - start == len(self.tape) or _RANGE_GOES_ON.match(self.tape, end) is not None

    def numeric_full(self, match: re.Match[str]) -> Point | None:
        start = match.start()
        day, month, year = (_value(token) for token in self.tokens[start : start + 3])
        if self._is_timestamp(match):
            return None
        return self._dated(match, day, month, _full_year(year))

    def iso(self, match: re.Match[str]) -> Point | None:
        year, month, day = (_value(token) for token in self.tokens[match.start() : match.end()])
        return self._dated(match, day, month, year)

    def worded(self, match: re.Match[str]) -> Point | None:
        if match[0][-1] in _HOUSE_NUMBER or match[0][-1] in _PASADO:  # a street: 25 de Mayo 340
            return None
        start, end = match.span()
        month_at = start + match[0].rindex(_MONTH)
        year = None if month_at == end - 1 else _full_year(VALUE_OF[self.tokens[end - 1]])
        day, month = VALUE_OF[self.tokens[start]], VALUE_OF[self.tokens[month_at]]
        if start and self.tape[start - 1] in _BEFORE_STREETS and self._is_street(match, day, month):
            return None
        if (day, month) in _STREET_DAYS and self._is_corner(match):
            return None
        return self._dated(match, day, month, year)

    def _is_street(self, match: re.Match[str], day: int, month: int) -> bool:
        """Streets and towns are named after days: "se entra por 1 de Mayo", "cerca de 9 de Julio", "la 9 de Julio"."""
        start, end = match.span()
        before = self.tape[start - 1]
        if before == _LA:
            return True
        if _RANGE_OF_DAYS.match(self.tape, end) is not None:
            return False
        is_known = (day, month) in _STREET_DAYS
        if before == _DESDE:
            return is_known and start > 1 and self.tape[start - 2] in _DISTANCE
        if before in _UNKNOWN:
            return is_known and self.tokens[start - 1] == "sobre"
        if start < 2 or not (is_known or before == _POR):
            return False
        return self.tape[start - 2] in (_WAYS_AND_NAMES if is_known else _WAYS)

    def _is_corner(self, match: re.Match[str]) -> bool:
        """Two such streets: "9 de Julio y 25 de Mayo"."""
        start, end = match.span()
        other = _CORNER_AFTER.match(self.tape, end) or _CORNER_BEFORE.search(self.tape, max(0, start - 4), start)
        if other is None:
            return False
        words = [VALUE_OF[token] for token in self.tokens[other.start() : other.end()] if token in VALUE_OF]
        return tuple(words) in _STREET_DAYS

    def month_first(self, match: re.Match[str]) -> Point | None:
        month, day = VALUE_OF[self.tokens[match.start()]], _value(self.tokens[match.end() - 1])
        return self._dated(match, day, month, None)

    def day_of_numbered_month(self, match: re.Match[str]) -> Point | None:
        day, month = _value(self.tokens[match.start()]), _value(self.tokens[match.end() - 1])
        return self._dated(match, day, month, None)

    def _dated(self, match: re.Match[str], day: int, month: int, year: int | None) -> Point | None:
        if not (1 <= month <= 12 and 1 <= day <= _LONGEST_MONTH[month]):
            return None
        if year is not None and year > self.reference.year + _YEARS_AHEAD:
            return None
        if _AYER in self.tape and self._is_just_past(day, month):
            return None
        start, end = match.span()
        point = Point(start, end)
        point.day, point.month = day, month
        if year is not None:
            point.year = year
        return point

    def _is_just_past(self, day: int, month: int) -> bool:
        """Yesterday or the day before: "fue realizado ayer, 13 de octubre"."""
        passed = (self.reference - DAY, self.reference - 2 * DAY)
        return (day, month) in [(one.day, one.month) for one in passed]

    def feriado(self, match: re.Match[str]) -> Point | None:
        """The next such day that is a holiday: "el feriado del 8"."""
        day = self.value(match, _DAY_CLASSES)
        found = None if day is None else next_day_of_month(day, self.reference)
        for _ in range(_MONTHS_AHEAD * 2):
            if day is None or found is None or found in calendar.non_working_days(found.year):
                break
            found = next_day_of_month(day, found + DAY)
        return self._fixed(match, found)

    def weekday(self, match: re.Match[str]) -> Point | None:
        first = match[0][0]
        weekday = self.value(match, _WEEKDAY)
        start, end = match.span()
        point = Point(start, end)
        point.weekday = weekday
        if end - start == 1:
            return None if self._is_weekly(start) else point
        if self.has(match, _PASADO):
            return None
        if self.has(match, _MONTH_SET):
            month = self.value(match, _MONTH_SET)
            nth = VALUE_OF[self.tokens[match.start()]] if first in _ORDINAL else None
            if nth is None or weekday is None or month is None:
                return None
            point.weekday, point.fixed = None, self._nth_in_month(weekday, month, nth)
            return point
        if self.has(match, _SEMANA):
            point.in_next_week = _ESTE not in match[0][1:]
        elif first == _OTRO or self.has(match, _EL):
            point.weeks_ahead = 1
        return point

    def _is_weekly(self, at: int) -> bool:
        """As in "los martes" and "un sábado", or a wish, or a name: "buen domingo", "soy Domingo".

        "los días martes 5 y miércoles 6" are days.
        """
        return at > 0 and self.tape[at - 1] in _EVERY and self.tape[at + 1 : at + 2] not in _DAY_CLASSES

    def _nth_in_month(self, weekday: int, month: int, nth: int) -> date:
        year = self.reference.year
        found = calendar.nth_weekday(year, month, weekday, nth)
        return found if found >= self.reference else calendar.nth_weekday(year + 1, month, weekday, nth)

    def today(self, match: re.Match[str]) -> Point | None:
        return self._fixed(match, self.reference)

    def tomorrow(self, match: re.Match[str]) -> Point | None:
        return self._fixed(match, self.reference + DAY)

    def overmorrow(self, match: re.Match[str]) -> Point | None:
        return self._fixed(match, self.reference + 2 * DAY)

    def offset(self, match: re.Match[str]) -> Point | None:
        count, unit = _value(self.tokens[match.start()]), self.tokens[match.end() - 1]
        if self.has(match, _PAR):
            count = 2
        if unit.startswith("mes"):
            return self._fixed(match, add_months(self.reference, count))
        return self._fixed(match, self.reference + count * _unit_days(unit) * DAY)

    def odd_offset(self, match: re.Match[str]) -> Point | None:
        words = self.tokens[match.start() : match.end()]
        return self._fixed(match, resolve_span(" ".join(["en", *words]), self.reference))

    def _fixed(self, match: re.Match[str], day: date | None) -> Point | None:
        if day is None:
            return None
        point = Point(match.start(), match.end())
        point.fixed = day
        return point

    def _vague(self, match: re.Match[str], first: date, until: date | None) -> Point:
        """A named span; one that has begun is what is left of it."""
        point = Point(match.start(), match.end())
        if until is not None and first < self.reference < until:
            first = self.reference
        point.fixed, point.until, point.vague = first, until, True
        return point

    def weekend(self, match: re.Match[str]) -> Point | None:
        before = self.tape[match.start() - 1] if match.start() else ""
        is_long = self.has(match, _LARGO)
        if self.has(match, _PASADO):
            return None
        holiday = _HOLIDAY.search(self.tape, match.start() + 1, match.end())
        if holiday is not None and (point := self.holiday(holiday)) is not None and point.fixed is not None:
            if _BESIDE.search(match[0]):
                return self._vague(match, *_weekend_beside(point.until or point.fixed, match))
            return self._holiday_weekend(match, point)
        if self._is_wished(match):
            return None
        span = self._weekend_span(match, is_long=is_long)
        if span is None or (
            before in _GENERIC_BEFORE and match[0][0] in _WEEKEND and not is_long and len(match[0]) <= 3
        ):
            return None
        point = self._vague(match, *span)
        point.is_weekend = not is_long
        if _MONTH in match[0]:
            point.month, point.year = self.value(match, _MONTH_SET), span[0].year
        return point

    def _is_wished(self, match: re.Match[str]) -> bool:
        """As in "buen finde" and "feliz navidad y año nuevo"."""
        return _WISHED.search(self.tape, max(0, match.start() - 3), match.start()) is not None

    def _holiday_weekend(self, match: re.Match[str], holiday: Point) -> Point:
        assert holiday.fixed is not None
        if holiday.until is not None:
            return self._vague(match, holiday.fixed, holiday.until)
        is_day_off = holiday.fixed in calendar.non_working_days(holiday.fixed.year)
        around = calendar.long_weekend_around(holiday.fixed) if is_day_off else None
        return self._vague(match, *(around or _weekend_of(holiday.fixed)))

    def _weekend_span(  # noqa: PLR0911 - one for each form
        self, match: re.Match[str], *, is_long: bool
    ) -> tuple[date, date] | None:
        day, month = self._of_day(match)
        if _BESIDE.search(match[0]):
            return self._weekend_beside(match, day, month)
        start = match.start()
        if day is None and start > 2 and self.tape[start - 2] == _POR:
            for_day = _DAY_FOR_WEEKEND.search(self.tape, max(0, start - 5), start)
            if for_day is not None:
                month = self.value(for_day, _MONTH_SET)
                anchor = self._day_from(_value(self.tokens[for_day.start()]), month)
                return None if anchor is None else _weekend_of(anchor)
        ordinal = VALUE_OF.get(self.tokens[match.start()]) if match[0][0] in _NUMBERED else None
        if day is not None:
            anchor = self._weekend_anchor(day, month, is_long=is_long)
            if anchor is None:
                return None
            is_holiday = anchor.weekday() < FRIDAY and anchor in calendar.non_working_days(anchor.year)
            around = calendar.long_weekend_around(anchor) if is_long or is_holiday else None
            return around or _weekend_of(anchor)
        if month is not None and is_long:
            return calendar.next_long_weekend(self.reference, month=month)
        if month is not None:
            friday = self._nth_in_month(calendar.SATURDAY, month, ordinal or 1) - DAY
            return None if ordinal is None else (friday, friday + 2 * DAY)
        if is_long:
            found = calendar.next_long_weekend(self.reference)
            is_begun = found is not None and found[0] <= self.reference
            if found is not None and (match[0][0] == _OTRO or (is_begun and self.has(match, _NEXT))):
                found = calendar.next_long_weekend(found[1] + DAY)
            return found
        return None if ordinal is not None else self._plain_weekend(match)  # none: "el primer finde libre"

    def _weekend_beside(self, match: re.Match[str], day: int | None, month: int | None) -> tuple[date, date] | None:
        """As in "el finde siguiente al feriado del 24 de noviembre" and "el finde antes del 15"."""
        long = calendar.next_long_weekend(self.reference)
        anchor = self._day_from(day, month) if day is not None else None if long is None else long[1]
        return None if anchor is None else _weekend_beside(anchor, match)

    def _plain_weekend(self, match: re.Match[str]) -> tuple[date, date]:
        friday = self.reference + ((FRIDAY - self.reference.weekday()) % 7) * DAY
        if self.reference.weekday() > FRIDAY:
            friday -= _WEEK
        begun = friday <= self.reference
        after_no = match.start() and self.tape[match.start() - 1] == _NO
        if self.has(match, _EL) and (after_no or _NO in match[0]):
            friday += _WEEK
        elif _NEXT_WEEK.search(match[0]):
            friday = self.reference + (7 - self.reference.weekday() + FRIDAY) * DAY
        elif match[0][0] == _OTRO or self.has(match, _AFTER) or (begun and self.has(match, _NEXT)):
            friday += _WEEK
        sunday = friday + 2 * DAY
        if sunday <= self.reference:
            friday, sunday = friday + _WEEK, sunday + _WEEK
        return max(friday, self.reference), sunday

    def _of_day(self, match: re.Match[str]) -> tuple[int | None, int | None]:
        """Day and month that qualify a weekend or a week: "del 15 de enero", "del 15/1", "de enero"."""
        day = month = None
        for index in range(match.start() + 1, match.end()):
            kind = self.tape[index]
            if kind == _MONTH:
                month = VALUE_OF[self.tokens[index]]
            elif day is not None and self.tape[index - 1] in _SLASHED:
                month = _value(self.tokens[index])
            elif kind in _DAY_CLASSES and not (day is not None and (kind in _ORDINAL or _Y in match[0])):
                day = _value(self.tokens[index])
        return day, month

    def _weekend_anchor(self, day: int, month: int | None, *, is_long: bool) -> date | None:
        """The next such day of a weekend, or of a long one; a day off makes any day one of a weekend."""
        if month is not None:
            return self._day_from(day, month)
        first = found = next_day_of_month(day, self.reference)
        for _ in range(_MONTHS_AHEAD):
            if found is None:
                break
            is_off = found in calendar.non_working_days(found.year)
            if is_off or (calendar.long_weekend_around(found) if is_long else found.weekday() >= FRIDAY):
                return found
            found = next_day_of_month(day, found + DAY)
        return first

    def week(self, match: re.Match[str]) -> Point | None:  # noqa: PLR0911 - one for each form
        if self.has(match, _PASADO):
            return None
        holiday = _HOLIDAY.search(self.tape, match.start() + 1, match.end())
        if holiday is not None and (point := self.holiday(holiday)) is not None and point.fixed is not None:
            kept = point.until or point.fixed
            monday = kept - kept.weekday() * DAY
            return self._week(match, monday, monday + 6 * DAY)
        day, month = self._of_day(match)
        if day is not None:
            first = self._day_from(day, month)
            return None if first is None else self._week(match, first, first + _WEEK)
        ordinal = VALUE_OF.get(self.tokens[match.start()]) if match[0][0] in _NUMBERED else None
        monday = self.reference - self.reference.weekday() * DAY
        if month is not None and ordinal is not None:
            return self._week(match, *self._week_of_month(month, ordinal))
        if self.has(match, _NEXT) or match[0][0] == _OTRO:
            return self._week(match, monday + _WEEK, monday + 13 * DAY)
        if match[0][0] == _ESTE and self.reference.weekday() < SUNDAY:
            return self._week(match, self.reference, monday + 6 * DAY)
        return None

    def _week(self, match: re.Match[str], first: date, until: date) -> Point:
        point = self._vague(match, first, until)
        point.is_week = True
        return point

    def _day_from(self, day: int, month: int | None) -> date | None:
        if month is None:
            return next_day_of_month(day, self.reference)
        return next_day_and_month(day, month, self.reference) if 1 <= month <= 12 else None

    def _week_of_month(self, month: int, ordinal: int) -> tuple[date, date]:
        """The days 1-7, 8-14, 15-21, 22-28 of a month, or its last seven."""
        year = self.reference.year + (month < self.reference.month)
        if ordinal < 0:
            last = last_of_month(year, month)
            return last - 6 * DAY, last
        first = date(year, month, 1) + (ordinal - 1) * _WEEK
        return first, first + _WEEK

    def fortnight(self, match: re.Match[str]) -> Point | None:
        if match[0][0] in _QUINCENA:
            day, month = self._of_day(match)
            first = None if day is None else self._day_from(day, month)
            return None if first is None else self._vague(match, first, first + _FORTNIGHT)
        nth = _value(self.tokens[match.start()])
        month = self.value(match, _MONTH_SET)
        point = Point(match.start(), match.end())
        point.day, point.month, point.vague = 1 if nth == 1 else 16, month, True
        point.year = self.value(match, _YEAR)
        return point if nth in (1, 2, -1) else None

    def part_of_month(self, match: re.Match[str]) -> Point | None:
        first, month = match[0][0], self.value(match, _MONTH_SET)
        day = 1 if first in _BEGINNING else 15 if first in _MIDDLE else 25
        if month is None:
            year, month = self.reference.year, self.reference.month
            if self.has(match, _NEXT):
                year, month = month_after(self.reference)
            found = safe_date(year, month, day)
            return None if found is None or found < self.reference else self._part(match, found)
        found = next_day_and_month(day, month, self.reference)
        if found is not None and month == self.reference.month and day < self.reference.day:
            return None
        return None if found is None else self._part(match, found)

    def _part(self, match: re.Match[str], first: date) -> Point:
        """Named as the end of a stay, "fin de mes" is the last of the month."""
        point = self._vague(match, first, None)
        if match[0][0] in _ENDING:
            point.end_fixed = last_of_month(first.year, first.month)
        return point

    def whole_month(self, match: re.Match[str]) -> Point | None:
        month = self.value(match, _MONTH_SET)
        assert month is not None
        year = self.reference.year + (month < self.reference.month)
        first = max(date(year, month, 1), self.reference)
        return self._vague(match, first, last_of_month(year, month))

    def holiday(self, match: re.Match[str]) -> Point | None:
        """A named holiday: that of the year given, else the next one that has not passed."""
        if self._is_wished(match):
            return None
        named = self.value(match, _YEAR)
        if named is not None and named > self.reference.year + _YEARS_AHEAD:
            return None
        this, following = self.reference.year, self.reference.year + 1
        if named is not None:
            # New Year's Eve belongs to the year before the new one.
            years: tuple[int, ...] = (named - self.has(match, _NEW),)
        else:
            years = (following,) if self.has(match, _NEXT) else (this, following)
        for year in years:
            point = self._holiday_in(year, match)
            if point is None or point.fixed is None:
                return point
            last = point.until or point.fixed
            if last >= self.reference and (point.until is None or last > self.reference):
                return point
        return None

    def _holiday_in(self, year: int, match: re.Match[str]) -> Point | None:  # noqa: PLR0911 - one for each holiday
        words = match[0]
        sunday = calendar.easter(year)
        first_word = words[0]
        if first_word == _WEEKDAY_SYMBOL:
            weekday = VALUE_OF[self.tokens[match.start()]]
            return self._fixed(match, sunday - (6 - weekday) * DAY)
        if not _HOLY_WEEK.isdisjoint(words):
            return self._vague(match, sunday - 3 * DAY, sunday)
        if _CARNIVAL in words:
            monday, tuesday = calendar.carnival(year)
            return self._vague(match, monday - 2 * DAY, tuesday)
        if _MOTHER in words:
            return self._fixed(match, calendar.nth_weekday(year, 10, SUNDAY, 3))
        if _FATHER in words:
            return self._fixed(match, calendar.nth_weekday(year, 6, SUNDAY, 3))
        if not _CHILDREN.isdisjoint(words):
            return self._fixed(match, calendar.nth_weekday(year, 8, SUNDAY, 3))
        if _NUEVO in words or not _ENDING.isdisjoint(words):
            eve = date(year, 12, 31)
            point = self._vague(match, eve, None)
            point.end_fixed = eve + DAY
            return point
        for kind, (month, day) in _HOLIDAY_DATES.items():
            if kind in words:
                return self._vague(match, calendar.observed(year, month, day), None)
        return None


def _value(token: str) -> int:
    return VALUE_OF[token]


def _full_year(year: int) -> int:
    if year >= 100:
        return year
    return 2000 + year if year <= _LAST_SHORT_YEAR else 1900 + year


def _unit_days(unit: str) -> int:
    if unit.startswith("sem"):
        return 7
    return 15 if unit.startswith("quin") else 1


def _weekend_beside(day: date, match: re.Match[str]) -> tuple[date, date]:
    """Friday to Sunday of the last weekend before ``day``, or of the first after it."""
    if _ANTES in match[0]:
        sunday = day - (day.weekday() + 1 if day.weekday() < SUNDAY else 7) * DAY
        return sunday - 2 * DAY, sunday
    friday = next_weekday(FRIDAY, day)
    return friday, friday + 2 * DAY


def _weekend_of(day: date) -> tuple[date, date]:
    """Friday to Sunday of the weekend nearest to ``day``."""
    friday = day + (FRIDAY - day.weekday() - (7 if day.weekday() <= calendar.TUESDAY else 0)) * DAY
    return friday, friday + 2 * DAY


_NEXT_WEEK = grammar("LA SEMANA (?: QUE? VIENE | PROXIMO ) | {PROXIMO|OTRO} SEMANA")
# "el 24 por el finde", "el 14 de noviembre por el finde"
_DAY_FOR_WEEKEND = grammar("(?: DAY {DE|DEL} MONTH | DAY ) POR EL $")
_BESIDE = grammar("{VIENE|PROXIMO} AL FERIADO | {AFTER|ANTES} {DE|DEL|AL} (?! ESTE )")
_ANTES = symbol_of("ANTES")
_ROUND_THE_CLOCK = (24, 7)
_EVERY = classes("LOS CADA UN ANY GOOD WISH HOME")
_CUES = classes("EL DEL AL DIA HASTA DESDE")
# Marks out of five and ten: "5/5 la atención".
_FULL_MARKS = frozenset({(5, 5), (10, 10)})
_BEST_MARKS, _FRACTIONS = frozenset({5, 10}), frozenset({(1, 2), (1, 4), (3, 4)})
_FIGURES, _COUNTING = classes("D12"), classes("SOMOS PARA X GO CON EL DEL AL DIA DIAS")
_STOPS, _PRAISE = classes("COMMA DOT ASK"), classes("TODO UNKNOWN WISH")
_STOPS_OR_IN = _STOPS | classes("EN")
_MARKED = _PRAISE | classes("LA EL LOS LAS")
_PASSED_ON = grammar("COMMA? DIGITS COLON {DIGITS|D99} {^COMMA|ASK|SOMOS|PARA}{1,8} COLON")
# Days that streets and towns are named after.
_STREET_DAYS = frozenset(
    [(25, 5), (9, 7), (1, 5), (12, 10), (20, 6), (24, 9), (3, 2), (11, 9), (17, 8), (2, 4), (17, 10), (18, 7), (20, 11)]
)
_BEFORE_STREETS, _UNKNOWN = classes("LA POR DE A DESDE UNKNOWN"), classes("UNKNOWN")
_RANGE_OF_DAYS = grammar("{AL|A|HASTA|DASH} {EL|AL}? {DAY|GLUED|WEEKDAY}")
_CORNER_AFTER, _CORNER_BEFORE = grammar("Y DAY DE MONTH"), grammar("DAY DE MONTH Y $")
_DISTANCE = classes("THING ES ARRIVE HOUR")
_WAYS = classes("FIT GO ARRIVE LEAVE REACHES O WHERE NEAR STREET THING STAND")
_WAYS_AND_NAMES = _WAYS | classes("UNKNOWN ES")
_SCORE_CUES = _CUES | classes(
    "PARA ENTRE A DASH Y COLON N WEEKDAY ARRIVE LEAVE IN_WORD OUT_WORD CALENDAR_DATE COMMA SLASH"
)
_RANGE_GOES_ON = grammar("{AL|A|HASTA|DASH|LEAVE} | {Y|O|COMMA} EL? {DIGITS|GLUED}")
_HOUSE_NUMBER = classes("BIG D99")
_DASHED_OR_DOTTED = classes("N12 P12")
_WISHED = grammar("{WISH|GOOD} (?: {NAVIDAD|PASCUA} {Y|COMMA} )? $")
_MONTH, _NUEVO, _ESTE, _OTRO = (symbol_of(name) for name in ["MONTH", "NUEVO", "ESTE", "OTRO"])
_AYER, _LA, _POR, _DESDE, _COLON, _COMMA = map(symbol_of, ["AYER", "LA", "POR", "DESDE", "COLON", "COMMA"])
_CODE, _IN_CODE = symbol_of("CODE"), classes("EQUALS PAREN")
_SPEAKS_OF_STAY = classes("FREE PLACE HAVE HAY BOOK GO SOMOS PARA ARRIVE WANT PRICE HOW_MUCH REMAIN")
_QUINCENA, _EL, _AFTER, _NO = classes("QUINCENA"), classes("EL"), classes("AFTER"), symbol_of("NO")
_PAR, _Y = classes("PAR"), symbol_of("Y")
_CARNIVAL, _MOTHER, _FATHER = (symbol_of(name) for name in ["CARNAVAL", "MOTHER", "FATHER"])
_CHILDREN = classes("CHILD KID KIDS")
_WEEKDAY_SYMBOL = symbol_of("WEEKDAY")
_PASADO, _WEEKDAY, _SEMANA, _LARGO, _YEAR = (
    classes(name) for name in ("PASADO PROMISE", "WEEKDAY INITIAL MAR", "SEMANA", "LARGO FERIADO BRIDGE", "YEAR")
)
_MONTH_SET, _ORDINAL, _SLASHED = classes("MONTH"), classes("ORDINAL"), classes("S")
_NUMBERED = _ORDINAL | classes("D12")
_NEXT = classes("VIENE PROXIMO")
_GENERIC_BEFORE, _WEEKEND = classes("UN LOS CADA DE W12 D12 ANY X POR"), classes("FIN FINDE")
_NEW = classes("NUEVO")
_HOLY_WEEK = classes("SANTA PASCUA")
_ENDING = classes("FIN FINES LAST_ONES")
_BEGINNING, _MIDDLE = classes("PRINCIPIOS FIRST_ONES"), classes("MEDIADOS")
_HOLIDAY_DATES = {
    symbol_of(name): day
    for name, day in {
        "NAVIDAD": (12, 25),
        "NOCHEBUENA": (12, 24),
        "BUENA": (12, 24),
        "REYES": (1, 6),
        "LOVERS": (2, 14),
        "WORKER": (5, 1),
        "INDEPENDENCE": (7, 9),
        "FLAG": (6, 20),
        "SOVEREIGNTY": (11, 20),
        "DIVERSITY": (10, 12),
        "MALVINAS": (4, 2),
        "VIRGIN": (12, 8),
    }.items()
}
