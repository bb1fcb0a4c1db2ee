"""From the tape to a stay: which points belong together, and which of several stays the guest means.

How what is ambiguous is read, here and in `cabanas.nlu.points`:

- A date without a year is the next one from the reference day on; a day without a month too. A date with a year that
  has passed, and a date that no calendar has, is no date.
- A weekend runs from Friday to Sunday, from today if it has begun. "Este", "próximo" and "que viene" mean the coming
  one (once it has begun, "próximo" means the next); "el otro" means the one after.
- A weekday is the next one, today not included; "el otro viernes" a week later, "de la semana que viene" in the week
  that starts next Monday.
- A long weekend runs from its first to its last free day; Semana Santa from Thursday to Sunday, carnival from Saturday
  to Tuesday. Navidad is the 25th, año nuevo the 31st, and as the end of a stay the 1st.
- Any of these spans that has begun begins today; "próximo" then means the next one, and so does a fortnight whose month
  nobody names.
- Fortnights are the 1st to the 15th and the 16th to the last ("la primera de enero" is one); "la semana del 10" is
  seven nights; "la semana que viene" Monday to Sunday; principios, mediados and fines are the 1st, the 15th and the
  25th, with no end.
- "15 y 16" leaves on the last day named; "las noches del 15 y 16" on the day after. Days count as nights, a week as
  seven, a "quincena" as fifteen.
- A day alone has no end unless a number of nights is given. Explicit days beat names of weekends and holidays.
- Of several ranges the last wins (corrections), unless "o" offers it as an alternative; a negated range never wins, and
  a list or a pair of weekdays wins over a range of days only after a word that puts right.
  Of several days alone the first wins, unless a correction stands between.
- Days need evidence. A day alone, or a pair of weekdays, whose clause has words of another matter and none that speaks
  of a stay is none ("el partido es el domingo"); in a clause that runs on, as voice notes do, the words beside the day
  have to speak of one. Nor is a day one that is told of the past, promised for a payment or a call, or part
  of an address, a telephone or a timetable (`surroundings`).
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from cabanas.nlu.calendar_ar import DAY
from cabanas.nlu.grammar import grammar
from cabanas.nlu.lexicon import VALUE_OF, classes, symbol_of
from cabanas.nlu.mentions import find_mentions
from cabanas.nlu.points import Point, Reader, add_months, last_of_month, month_after, next_weekday
from cabanas.nlu.resolution import MonthInForce, Resolver
from cabanas.nlu.surroundings import Surroundings

# Between these, no mention leads out of the years that a date can hold; outside there is nothing to book.
_FIRST_YEAR, _LAST_YEAR = 1000, 9000
# Longer than this, two days that look like a range are two days.
_LONGEST_STAY = 200 * DAY
# The last day of the first fortnight of a month.
_FIRST_HALF = 15
# "para navidad y año nuevo" is one stay if the two are this near.
_NEAR = 10 * DAY

_FRAGMENTS = {
    "time": """COMMA? (?: {A|POR|DE|EN} LA {MANANA|TARDE|NOCHE} | A {LA|LAS} {COUNT|P} (?: COLON? DIGITS )? HOUR?
        | {AL|A} MEDIODIA | AFTER {DE|DEL} {LA|LAS}? {MEDIODIA|COUNT} HOUR? | TIPO COUNT HOUR? | DIGITS HOUR
        | A PRIMERO CLOCK_TIME )""",
}
_RANGE = grammar(
    """DOT? @time? {COMMA|PAREN}? Y? {AL|A|HASTA|DASH|SLASH} (?: AFTER DE )? {EL|LA|LOS|AL|DE|INITIAL}? DIA? DASH?
    | {A|HASTA} LA {MANANA|TARDE|NOCHE} {DE|DEL} | {AL|HASTA} EL? MEDIODIA {DE|DEL}""",
    _FRAGMENTS,
)
_PLAIN_RANGES = frozenset({symbol_of("AL"), symbol_of("HASTA") + symbol_of("EL"), symbol_of("DASH")})
_LIST = grammar("COMMA? Y (?: {EL|AL|LA|DEL}? DIA? | LA? NOCHE? {DE|DEL} EL? ) | COMMA EL?")
_ALTERNATIVE = grammar(
    "@time? {COMMA|PAREN|DOT|ASK}? Y? (?: O {SINO|SI}? NO? | SI NO | SINO ) COMMA? {EL|DEL|AL|PARA|ESTE}? {EL|DEL}?",
    _FRAGMENTS,
)
_WEEKDAY_THEN_DAY = grammar("COMMA? TIPO? {EL|DIA}? DIA? | PAREN")
_DAY_THEN_WEEKDAY = grammar("COMMA? PAREN?")
_WEEKDAY_OF_SPAN = grammar("{DEL|DE} {ESTE|LA|EL}?")

_DATE_KINDS = frozenset({"worded", "numeric", "numeric_full", "iso"})
_NO_DAYS = frozenset({"ago", "price"})
_MONTH_PUT_RIGHT = grammar("CORRECTION UNKNOWN? COMMA? {DE|EN}? $ | (?: NO COMMA | WANT UNKNOWN ) {DE|EN} $")
_MONTH_KINDS = frozenset({"month", "relative_month", "next_year"})
_NIGHTS, _NO_LENGTH = classes("NOCHES NOCHE"), classes("ANTES AFTER MAS")
_PAST_MONTH, _NEXT_MONTH = classes("PASADO"), classes("VIENE PROXIMO OTRO")
_PAR, _Y, _AL, _O, _SI, _NO, _SINO = (symbol_of(name) for name in ["PAR", "Y", "AL", "O", "SI", "NO", "SINO"])
_NOTHING_OR_COMMA = frozenset({"", symbol_of("COMMA"), symbol_of("NEUTRAL")})
_DAY, _GLUED = classes("DAY GLUED"), classes("N S P YGLUED")


class Stay(NamedTuple):
    """What a message says of the stay; ``nights`` from the two days, else as stated."""

    check_in: date | None
    check_out: date | None
    nights: int | None


NO_STAY = Stay(None, None, None)


class _Length(NamedTuple):
    """A number of units: "3 noches", "una semana"."""

    number: int
    unit: str

    def nights(self, check_in: date | None) -> int | None:
        """A week is seven nights, a fortnight fifteen, "5 días" five, a month runs to the same day of the next.

        None for none at all.
        """
        if self.unit.startswith("mes"):
            nights = 30 * self.number if check_in is None else (add_months(check_in, self.number) - check_in).days
        elif self.unit.startswith(("se", "sm")):
            nights = 7 * self.number
        else:
            nights = 15 * self.number if self.unit.startswith("qu") else self.number
        return nights or None


class _Range(NamedTuple):
    """Two points that belong together, resolved; ``start`` and ``end`` are positions on the tape."""

    check_in: date
    check_out: date | None
    start: int
    end: int
    is_alternative: bool
    is_list: bool
    are_weekdays: bool


class _Single(NamedTuple):
    """A point that belongs to no other; ``leaves`` as in `Surroundings.leaves`."""

    point: Point
    leaves: bool | None
    previous_end: int


def read_stay(
    tokens: list[str], tape: str, present: frozenset[str], reference: date, *, is_aside: bool = False
) -> Stay:
    """The stay a message asks for, read against ``reference``; ``present`` are the classes that stand on the tape.

    ``is_aside``: the message is long and asks for no stay, so its days have to prove that they are of a stay.
    """
    mentions = find_mentions(tape)
    if not mentions or not _FIRST_YEAR <= reference.year <= _LAST_YEAR:
        return NO_STAY
    stay = _Reading(tokens, tape, present, reference, mentions, is_aside=is_aside).stay()
    return NO_STAY if is_aside and stay.check_in is None and stay.check_out is None else stay


def _are_successive(first: Point, last: Point) -> bool:
    """As in "viernes 24, sábado 25"."""
    if first.weekday is None or last.weekday is None or first.day is None or last.day is None:
        return False
    return last.day - first.day == (last.weekday - first.weekday) % 7


class _Reading:
    __slots__ = (
        "_around",
        "_is_aside",
        "_lengths",
        "_may_have_alternatives",
        "_points",
        "_reference",
        "_resolver",
        "_tape",
        "_tokens",
    )

    def __init__(
        self,
        tokens: list[str],
        tape: str,
        present: frozenset[str],
        reference: date,
        mentions: list[re.Match[str]],
        *,
        is_aside: bool,
    ) -> None:
        self._tokens, self._tape, self._reference, self._is_aside = tokens, tape, reference, is_aside
        self._points: list[Point] = []
        self._lengths: list[_Length] = []
        self._resolver = Resolver(reference, self._points, [])
        self._around = Surroundings(tape, present)
        # After a "no", "sino" puts right what was denied.
        self._may_have_alternatives = _O in present or (_SI in present if _NO in present else _SINO in present)
        self._gather(mentions)

    # Gathering points, months and lengths

    def _gather(self, mentions: list[re.Match[str]]) -> None:
        reader = Reader(self._tokens, self._tape, self._reference)
        points = self._points
        previous_end = impossible_end = -1
        for mention in mentions:
            kind = mention.lastgroup
            assert kind is not None
            if kind == "linked_day" and mention.start() - 1 != previous_end:
                continue
            if kind == "length":
                self._add_length(mention)
            elif kind in _MONTH_KINDS:
                self._add_month(mention, kind)
            elif kind not in _NO_DAYS:
                point: Point | None = getattr(reader, kind)(mention)
                if point is None:
                    self._drop_the_beginning_of(mention)
                    impossible_end = mention.end() if kind in _DATE_KINDS else -1
                elif impossible_end > 0 and _RANGE.fullmatch(self._tape, impossible_end, point.start):
                    impossible_end = -1  # a range from an impossible day is none: "del 31 de junio al 2 de julio"
                elif point.vague and point.month is not None and point.fixed is not None:
                    # "el finde largo de marzo, del 20 al 24"
                    self._resolver.months.append(MonthInForce(point.start, point.month, point.year))
                    points.append(point)
                elif not points or (point.weekday is None and points[-1].weekday is None) or not self._merged(point):
                    points.append(point)
            previous_end = mention.end()

    def _drop_the_beginning_of(self, mention: re.Match[str]) -> None:
        """A range to an impossible day is none: "del 30 al 31 de febrero"."""
        last = self._points[-1] if self._points else None
        if last is not None and last.is_bare_day and _RANGE.fullmatch(self._tape, last.end, mention.start()):
            self._points.pop()

    def _add_length(self, mention: re.Match[str]) -> None:
        start, end = mention.span()
        if self._tape[end : end + 1] and self._tape[end] in _NO_LENGTH:
            return
        values = [VALUE_OF[token] for token in self._tokens[start:end] if token in VALUE_OF]
        if not _NIGHTS.isdisjoint(mention[0]):
            self._lengths.append(_Length(values[-1], "noches"))
        else:
            self._lengths.append(_Length(2 if _PAR in mention[0] else values[-1], self._tokens[end - 1]))

    def _length(self) -> _Length | None:
        if not self._lengths:
            return None
        in_nights = [length for length in self._lengths if length.unit == "noches"]
        return (in_nights or self._lengths)[-1]

    def _add_month(self, mention: re.Match[str], kind: str) -> None:
        if not _PAST_MONTH.isdisjoint(mention[0]):
            return
        months = self._resolver.months
        if kind == "month":
            month, *others = self._tokens[mention.start() : mention.end()]
            year = next((VALUE_OF[other] for other in others if other in VALUE_OF), None)
            begin = max(0, mention.start() - 4)
            if months and self._tape[mention.start() - 1] == _NO:
                return  # "es febrero, no enero"
            if self._points and _MONTH_PUT_RIGHT.search(self._tape, begin, mention.start()):
                # "del 20 al 25 de febrero, perdón, de marzo"
                for point in self._points[-2:]:
                    point.month = point.month and VALUE_OF[month]
            months.append(MonthInForce(mention.start(), VALUE_OF[month], year))
        elif kind == "relative_month":
            year, of_year = self._reference.year, self._reference.month
            if not _NEXT_MONTH.isdisjoint(mention[0]):
                year, of_year = month_after(self._reference)
            months.append(MonthInForce(mention.start(), of_year, year))

    def _merged(self, point: Point) -> bool:  # noqa: PLR0911 - one for each pair that merges
        """Whether the point says more of the one before it: "viernes" + "17 de enero", "hoy" + "viernes"."""
        previous, tape = self._points[-1], self._tape
        if previous.is_bare_weekday and previous.weekday is not None:
            if point.day is not None and not point.vague:
                if _WEEKDAY_THEN_DAY.fullmatch(tape, previous.end, point.start):
                    point.weekday, point.start = previous.weekday, previous.start
                    self._points[-1] = point
                    return True
            elif point.fixed is not None and point.vague:
                if _WEEKDAY_OF_SPAN.fullmatch(tape, previous.end, point.start):
                    previous.fixed = next_weekday(previous.weekday, point.fixed - 2 * DAY)
                    previous.weekday, previous.end = None, point.end
                    return True
            elif point.fixed is not None and tape[previous.end : point.start] in _NOTHING_OR_COMMA:
                point.start = previous.start
                self._points[-1] = point
                return True
        elif point.is_bare_weekday and not previous.vague:
            if previous.fixed is not None and self._tape[previous.end : point.start] in _NOTHING_OR_COMMA:
                previous.end = point.end
                return True
            follows = self._tape[point.end : point.end + 1]
            if previous.day is None or previous.weekday is not None or (follows and follows in _DAY):
                return False
            if _DAY_THEN_WEEKDAY.fullmatch(tape, previous.end, point.start):
                previous.weekday, previous.end = point.weekday, point.end
                return True
        return False

    # Which points belong together

    def _sorted(self) -> tuple[list[_Range], list[_Single]]:
        points, around = self._points, self._around
        ranges: list[_Range] = []
        singles: list[_Single] = []
        index = previous_end = 0
        while index < len(points):
            first = points[index]
            reach, is_list = self._reach_of(index, previous_end)
            is_alternative = bool(index) and self._is_alternative(previous_end, first.start)
            if reach > index:
                self._take_month_of_alternative(reach)
                found = self._range(index, reach, previous_end, is_alternative=is_alternative, is_list=is_list)
                if found is not None:
                    ranges.append(found)
            else:
                self._take_month_of_alternative(index)
                if first.month is not None and first.day is not None and not first.vague:
                    # "el 10 de enero, no, el 11": the second day is in January too.
                    self._resolver.months.append(MonthInForce(first.start, first.month, first.year))
                is_out = (
                    is_alternative
                    or around.is_refused(first.start, first.end)
                    or around.is_no_stay(first, previous_end, first.end, is_range=False)
                    or around.is_of_other_matter(first, first.end)
                )
                if not is_out:
                    singles.append(_Single(first, around.leaves(first, previous_end), previous_end))
            index, previous_end = reach + 1, points[reach].end
        return ranges, singles

    def _is_alternative(self, begin: int, end: int) -> bool:
        return self._may_have_alternatives and _ALTERNATIVE.fullmatch(self._tape, begin, end) is not None

    def _range(
        self, index: int, reach: int, previous_end: int, *, is_alternative: bool, is_list: bool
    ) -> _Range | None:
        first, last = self._points[index], self._points[reach]
        check_in, check_out = self._resolver.pair(first, last)
        if check_in is None:
            return None
        if first.month is not None:
            # "del 15 al 18 de enero, perdón, del 22 al 25": the second range is in January too.
            self._resolver.months.append(MonthInForce(first.start, check_in.month, None))
        around = self._around
        are_weekdays = first.is_bare_weekday and last.is_bare_weekday
        if (are_weekdays or self._is_aside) and around.is_of_other_matter(first, last.end):
            return None
        if are_weekdays and around.is_timetable(last.end):
            return None
        if around.is_no_stay(first, previous_end, last.end, is_range=True) or around.is_negated(first.start, last.end):
            return None
        if is_list and check_out is not None and around.is_nights_of(first.start):
            check_out += DAY
        return _Range(check_in, check_out, first.start, last.end, is_alternative, is_list, are_weekdays)

    def _take_month_of_alternative(self, index: int) -> None:
        """Both are in January in "el 15 o el 16 de enero" and in "del 10 al 14 o del 17 al 21 de enero"."""
        if not self._may_have_alternatives or index + 1 == len(self._points):
            return
        point, following = self._points[index], self._points[index + 1]
        if point.is_bare_day and self._is_alternative(point.end, following.start):
            if following.month is None and following.day is not None and index + 2 < len(self._points):
                following = self._points[index + 2]
            point.month, point.year = following.month, following.year

    def _reach_of(self, index: int, previous_end: int) -> tuple[int, bool]:
        """The index of the point that ends the range which begins at ``index``, ``index`` itself where it stands alone,
        and whether the two are the ends of a list: "15, 16 y 17".
        """
        if index + 1 == len(self._points):
            return index, False
        tape, around = self._tape, self._around
        first, last = self._points[index], self._points[index + 1]
        between = tape[first.end : last.start]
        if between in _PLAIN_RANGES or _RANGE.fullmatch(between) or self._is_glued_pair(index):
            return index + 1, False
        if first.vague or last.vague:
            return index + self._are_named_together(first, last), False
        reach = self._end_of_list(index)
        if reach > index:
            return reach, True
        if around.leaves(last, first.end) and not around.leaves(first, previous_end):
            return index + 1, False
        return index, False

    def _is_glued_pair(self, index: int) -> bool:
        """As in "15-18/12"; "24-25-26/10" is a list."""
        first, last, *others = self._points[index : index + 3]
        return self._stand_side_by_side(first, last) and not (others and self._stand_side_by_side(last, others[0]))

    def _stand_side_by_side(self, first: Point, last: Point) -> bool:
        """As in "15-18/12" and "24/10/2025 27/10/2025"."""
        if first.end != last.start:
            return False
        return self._tape[first.end - 1] in _GLUED or (first.year is not None and last.year is not None)

    def _are_named_together(self, first: Point, last: Point) -> bool:
        """As in "entre navidad y año nuevo" and "para navidad y año nuevo"."""
        if not _LIST.fullmatch(self._tape, first.end, last.start):
            return False
        if self._around.is_between(first.start):
            return True
        if not first.vague or not last.vague or first.fixed is None or last.fixed is None:
            return False
        return DAY <= last.fixed - first.fixed <= _NEAR

    def _end_of_list(self, index: int) -> int:
        """The last of "15, 16 y 17" or of "viernes, sábado y domingo"; ``index`` where no list begins."""
        points, tape = self._points, self._tape
        reach = index
        while reach + 1 < len(points) and not points[reach + 1].vague:
            point, following = points[reach], points[reach + 1]
            if not _LIST.fullmatch(tape, point.end, following.start) and not (
                point.end == following.start
                and ((point.is_bare_weekday and following.is_bare_weekday) or (point.is_bare_day and following.day))
            ):
                break
            reach += 1
        if reach == index + 1 and _Y not in tape[points[index].end : points[reach].start]:
            return reach if _are_successive(points[index], points[reach]) else index
        return reach

    # Which stay is meant

    def stay(self) -> Stay:
        """The stay, with its days in order and none before the reference day."""
        ranges, singles = self._sorted()
        if ranges and singles and all(found.are_weekdays for found in ranges):
            # "para el 11 de septiembre dos noches, el viernes y el sábado"
            ranges = [] if any(single.point.month and not single.point.vague for single in singles) else ranges
        if ranges:
            check_in, check_out = self._of_ranges(ranges, singles)
        else:
            check_in, check_out = self._of_singles(singles)
        if check_in is not None and check_in < self._reference:
            check_in = check_out = None
        if check_out is not None and not self._reference <= check_out <= (check_in or check_out) + _LONGEST_STAY:
            check_out = None
        length = self._length()
        nights = None if length is None else length.nights(check_in)
        if nights is not None:
            check_in, check_out = self._with_nights(check_in, check_out, nights, singles)
        if check_in is not None and check_out is not None:
            nights = (check_out - check_in).days
        return Stay(check_in, check_out, nights)

    def _with_nights(
        self, check_in: date | None, check_out: date | None, nights: int, singles: list[_Single]
    ) -> tuple[date | None, date | None]:
        """The stay with the end that the nights leave open; the end of a named span gives way to them."""
        if check_in is None:
            if check_out is not None and check_out - nights * DAY >= self._reference:
                return check_out - nights * DAY, check_out
            return None, check_out
        if check_out is None:
            return check_in, check_in + nights * DAY
        named = next((single.point for single in singles if single.point.vague), None)
        if named is None or named.fixed != check_in or self._are_days_of(named, nights):
            return check_in, check_out
        if named.is_weekend and nights == 1:
            return check_out - DAY, check_out
        return check_in, check_in + nights * DAY

    def _are_days_of(self, named: Point, days: int) -> bool:
        """As in "los cuatro días de carnaval", which are three nights."""
        if named.fixed is None or named.until is None or any(length.unit == "noches" for length in self._lengths):
            return False
        return (named.until - named.fixed).days + 1 == days

    def _of_ranges(self, ranges: list[_Range], singles: list[_Single]) -> tuple[date | None, date | None]:
        chosen, around = ranges[0], self._around
        for other in ranges[1:]:
            # "del 19 al 22, el torneo es el 20 y 21": a list or weekdays put no range right unless they say so.
            puts_nothing_right = (
                (other.is_list or other.are_weekdays)
                and not (chosen.is_list or chosen.are_weekdays)
                and not around.is_correction(chosen.end, other.start)
            )
            if not other.is_alternative and not puts_nothing_right:
                chosen = other
        check_in, check_out = self._amended(chosen, singles)
        length = self._length()
        if check_out is None or length is None or not chosen.is_list:
            return check_in, check_out
        # "12 y 13, dos noches" is the nights of both days.
        are_nights_named = length.nights(check_in) == (check_out - check_in).days + 1
        return check_in, check_out + DAY if are_nights_named else check_out

    def _amended(self, chosen: _Range, singles: list[_Single]) -> tuple[date, date | None]:
        """The range with an end put right later: "del 15 al 18, perdón, hasta el 19"."""
        check_in, check_out = chosen.check_in, chosen.check_out
        for single in singles:
            point = single.point
            if point.start < chosen.end or point.vague:
                continue
            is_end_of_list = chosen.is_list and single.leaves  # "miércoles 12 y jueves 13, nos iríamos el viernes 14"
            if not is_end_of_list and not self._around.is_correction(max(chosen.end, single.previous_end), point.start):
                continue
            if single.leaves or self._tape[point.start - 1] == _AL:
                end = self._resolver.end_after(point, check_in)
                check_out = end if end is not None and end > check_in else check_out
            elif single.leaves is False and check_out is not None:
                start = self._resolver.start_of(point)
                check_in = start if start is not None and start < check_out else check_in
        return check_in, check_out

    def _of_singles(self, singles: list[_Single]) -> tuple[date | None, date | None]:  # noqa: PLR0911 - one for each combination
        named = [single for single in singles if single.point.vague]
        explicit = [single for single in singles if not single.point.vague]
        if not explicit:
            return self._of_named(named)
        arriving = self._meant([single for single in explicit if not single.leaves])
        leaving = [single.point for single in explicit if single.leaves]
        span = next((single.point for single in named if single.point.until is not None), None)
        if len(leaving) > 1 and self._around.is_bare_hasta(leaving[-1].start) and explicit[0].leaves:
            return self._resolver.pair(leaving[0], leaving[-1])  # "salimos el viernes 20, hasta el lunes 23"
        if arriving is None:
            return self._until(leaving[-1], span)
        if leaving:
            return self._resolver.pair(arriving.point, leaving[-1])
        check_in = self._resolver.start_of(arriving.point)
        if check_in is None:
            return None, None
        if span is not None and not span.is_week and span.holds(check_in) and span.until is not None:
            return check_in, span.until  # "el finde largo, llegamos el sábado"
        if self._around.is_nights_of(arriving.point.start):
            return check_in, check_in + DAY
        return check_in, None

    def _until(self, leaving: Point, span: Point | None) -> tuple[date | None, date | None]:
        """A day of departure without one of arrival."""
        if span is not None and span.fixed is not None:
            end = self._resolver.end_after(leaving, span.fixed)
            return span.fixed, end if end is not None and end > span.fixed else None
        if leaving.fixed is not None and self._around.is_bare_hasta(leaving.start):
            return None, None  # "¿me la guardás hasta mañana?"
        if leaving.is_bare_weekday and not self._lengths and self._around.is_farewell(leaving.start):
            return None, None
        return None, self._resolver.start_of(leaving)

    def _meant(self, singles: list[_Single]) -> _Single | None:
        """The first, or the last that corrects another."""
        chosen = singles[0] if singles else None
        for single in singles[1:]:
            if self._around.is_correction(single.previous_end - 1, single.point.start):
                chosen = single
        return chosen

    def _of_named(self, named: list[_Single]) -> tuple[date | None, date | None]:
        chosen = self._meant(named)
        if chosen is None:
            return None, None
        point = chosen.point
        if point.fixed is None:
            return self._fortnight(point)
        return (None, point.end_fixed or point.until or point.fixed) if chosen.leaves else (point.fixed, point.until)

    def _fortnight(self, point: Point) -> tuple[date | None, date | None]:
        month, year = point.month, point.year
        if month is None:
            in_force = self._resolver.month_for(point)
            if in_force is None:
                begun = point.day is not None and self._reference.day > point.day
                year, month = month_after(self._reference) if begun else (self._reference.year, self._reference.month)
            else:
                month, year = in_force.month, in_force.year
        if year is None:
            is_over = point.day == 1 and (month, _FIRST_HALF) <= (self._reference.month, self._reference.day)
            year = self._reference.year + (month < self._reference.month or is_over)
        first, last = date(year, month, 1), date(year, month, _FIRST_HALF)
        if point.day != 1:
            first, last = last + DAY, last_of_month(year, month)
        return (max(first, self._reference) if self._reference < last else first), last
