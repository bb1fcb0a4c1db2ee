"""From points to days: what a point leaves out comes from the other end, a month in force, or the reference day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from cabanas.nlu.calendar_ar import DAY
from cabanas.nlu.points import (
    Point,
    next_day_and_month,
    next_day_of_month,
    next_weekday,
    safe_date,
)

_WEEK = timedelta(days=7)
_FORTNIGHT_DAYS = 14
# "viernes 21" with no month means the next 21st that is a Friday, if one of the next four months has it.
_MONTHS_AHEAD = 4


class MonthInForce(NamedTuple):
    """A month named without a day at a place on the tape: bare days around it belong to it."""

    start: int
    month: int
    year: int | None


class Resolver:
    """Resolves the points of one message against its reference day."""

    __slots__ = ("_points", "_reference", "months")

    def __init__(self, reference: date, points: list[Point], months: list[MonthInForce]) -> None:
        self._reference = reference
        self._points = points
        self.months = months

    def start_of(self, point: Point) -> date | None:
        """The day that ``point`` means as the beginning of a stay; None where the calendar has no such day."""
        if point.fixed is not None:
            return point.fixed
        if point.day is None:
            return None if point.weekday is None else self._weekday(point, point.weekday)
        month, year = point.month, point.year
        if month is None:
            in_force = self._month_for(point, point.day)
            if in_force is None:
                return self._bare_day(point.day, point.weekday)
            found = self._in_month(point.day, in_force.month, in_force.year)
            if point.weekday is None or (found is not None and found.weekday() == point.weekday):
                return found
            # A weekday says more than a month that is named elsewhere: "en diciembre no, este sábado 18".
            near = self._bare_day(point.day, point.weekday)
            return near if near is not None and near.weekday() == point.weekday else found
        return self._in_month(point.day, month, year)

    def _in_month(self, day: int, month: int, year: int | None) -> date | None:
        return next_day_and_month(day, month, self._reference) if year is None else safe_date(year, month, day)

    def end_after(self, point: Point, start: date) -> date | None:  # noqa: PLR0911 - one for each kind of point
        """The day that ``point`` means as the end of a stay that began on ``start``."""
        if point.fixed is not None:
            return point.end_fixed or point.until or point.fixed
        if point.day is not None:
            if point.month is None:
                return next_day_of_month(point.day, start + DAY)
            if point.year is not None:
                return safe_date(point.year, point.month, point.day)
            return next_day_and_month(point.day, point.month, start + DAY)
        if point.weekday is None:
            return None
        if point.in_next_week:
            return self._weekday(point, point.weekday)
        return next_weekday(point.weekday, start) + point.weeks_ahead * _WEEK

    def pair(self, first: Point, last: Point) -> tuple[date | None, date | None]:
        """Both ends of a range; a missing month, year or week flows back from the later end."""
        if first.day is not None and first.month is None and first.fixed is None:
            self._flow_back(first, first.day, last)
        if first.is_bare_weekday and first.weekday is not None:
            start = self._weekday_before(first, first.weekday, last)
        else:
            start = self.start_of(first)
        if start is None:
            return None, None
        end = self.end_after(last, start)
        return start, end if end is not None and end > start else None

    def month_for(self, point: Point) -> MonthInForce | None:
        return None if point.day is None else self._month_for(point, point.day)

    def _month_for(self, point: Point, day: int) -> MonthInForce | None:
        """The last month named before the point, else the first named after it, else that of a named span."""
        if self.months:
            before = [month for month in self.months if month.start < point.start]
            return before[-1] if before else self.months[0]
        for span in self._points:
            if not span.vague or span is point:
                continue
            if span.fixed is None:
                return None if span.month is None else MonthInForce(span.start, span.month, span.year)
            # "navidad, del 24 al 26"
            near = next_day_of_month(day, max(self._reference, span.fixed - 10 * DAY))
            return None if near is None else MonthInForce(span.start, near.month, near.year)
        return None

    def _bare_day(self, day: int, weekday: int | None) -> date | None:
        first = found = next_day_of_month(day, self._reference)
        if weekday is None:
            return first
        past = self._reference - ((self._reference.weekday() - weekday - 1) % 7 + 1) * DAY
        if past.day == day and first is not None and first.weekday() != weekday:
            return None  # "lo dejamos el domingo 12", said two days later
        for _ in range(_MONTHS_AHEAD):
            if found is None or found.weekday() == weekday:
                return found
            found = next_day_of_month(day, found + DAY)
        return first

    def _weekday(self, point: Point, weekday: int) -> date:
        """The next such weekday, or the one within a span that the message names: "semana santa, de jueves a ..."."""
        reference = self._reference
        if point.in_next_week:
            return reference + (7 - reference.weekday() + weekday) * DAY
        if not point.weeks_ahead:
            for span in self._points:
                if span.vague and span.fixed is not None and span.until is not None:
                    return next_weekday(weekday, span.fixed - 2 * DAY)
        return next_weekday(weekday, reference) + point.weeks_ahead * _WEEK

    def _flow_back(self, first: Point, day: int, last: Point) -> None:
        if last.fixed is not None:
            end = last.end_fixed or last.until or last.fixed
            month, year, end_day = end.month, end.year, end.day
        elif last.day is not None and last.month is not None:
            month, end_day = last.month, last.day
            first.month, first.year = month, last.year
            if day > end_day:
                first.month = month - 1 or 12
                if last.year is not None and month == 1:
                    first.year = last.year - 1
            return
        else:
            return
        crosses = day >= end_day
        first.month = (month - 1 or 12) if crosses else month
        first.year = year - 1 if crosses and month == 1 else year

    def _weekday_before(self, first: Point, weekday: int, last: Point) -> date | None:
        if last.in_next_week:
            first.in_next_week = True
        elif last.weeks_ahead and not first.weeks_ahead:
            first.weeks_ahead, last.weeks_ahead = last.weeks_ahead, 0
        start = self._weekday(first, weekday)
        if last.day is not None or last.fixed is not None:
            end = self.end_after(last, start)
            if end is not None and (end - start).days > _FORTNIGHT_DAYS:
                return next_weekday(weekday, end - 8 * DAY)
        return start
