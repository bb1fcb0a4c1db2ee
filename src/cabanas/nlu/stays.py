"""From points to a stay: which points belong together, which are no stay at all, and which one the guest means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from cabanas.nlu.calendar_ar import DAY
from cabanas.nlu.grammar import classes, grammar
from cabanas.nlu.lexicon import VALUE_OF
from cabanas.nlu.mentions import find_mentions
from cabanas.nlu.points import (
    MonthInForce,
    Point,
    Reader,
    add_months,
    month_after,
    next_day_and_month,
    next_day_of_month,
    next_weekday,
    safe_date,
)

_WEEK = timedelta(days=7)
# Between these, no mention leads out of the years that a date can hold; outside there is nothing to book.
_FIRST_YEAR, _LAST_YEAR = 1000, 9000
# Longer than this, two days that look like a range are two days.
_LONGEST_STAY = 200 * DAY

_FRAGMENTS = {
    "time": """COMMA? (?: {A|POR|DE|EN} LA {MANANA|TARDE|NOCHE} | A {LA|LAS} {COUNT|P} (?: (?:COLON)? DIGITS )? HOUR?
        | {AL|A} MEDIODIA | TIPO {COUNT} HOUR? | A PRIMERO CLOCK_TIME )""",
}
_RANGE = grammar(
    "@time? {COMMA|PAREN}? Y? (?: AL | A | HASTA | {DASH|SLASH} | AL? DIA | HASTA EL? | A LA? ) "
    "{EL|LA|LOS|AL}? DIA? DASH?",
    _FRAGMENTS,
)
_GLUE = grammar("DASH?")
_LIST = grammar("{COMMA}? Y {EL|AL|LA}? DIA? | COMMA EL?")
_ALTERNATIVE = grammar("@time? COMMA? O {SINO|SI}? {EL|DEL|AL|PARA|ESTE}? EL?", _FRAGMENTS)
_BETWEEN_WEEKDAY_AND_DAY = grammar("COMMA? {EL|DIA}? DIA? | PAREN")
_BETWEEN_DAY_AND_WEEKDAY = grammar("COMMA? {PAREN}?")
_OF_SPAN = grammar("{DEL|DE} {ESTE|LA|EL}?")

# Before a day: what it belongs to when it is no stay.
_OTHER_BUSINESS = grammar("{PAY|PAST|BORN|AYER|TELL|ANSWER|OPENING}")
_PAST_OR_SCHEDULE = grammar("{PAST|OPENING}")
_SCOPE_ENDS = grammar("{DOT|ASK|COMMA|PAREN|WANT|PARA|POR|X|SI|HAY|HAVE|FREE|PLACE|GO|ARRIVE|BOOK}")
_DEADLINE = grammar("ANTES {DE|DEL} EL? LA? $")
_PLACE = grammar("{STREET|NUMBERED} DOT? {EL|LA|DE|DEL}? $ | {STREET} DOT? UNKNOWN? {Y|ES}? $")
_FAREWELL = grammar("HASTA (?:EL)? $")
# After a day: "hoy te deposito", "el viernes les confirmo", "mañana hago la transferencia".
_OTHER_BUSINESS_AFTER = grammar(
    "(?: A LA {MANANA|TARDE|NOCHE} )? COMMA? YA? (?: {TE|LE|SE|LO|ME|UNKNOWN}? {LO|LA|EL}? ) {PAY|TELL|BORN|CONFIRM}"
)
_NEGATION_BEFORE = grammar("(?: ^ | COMMA | Y ) NO {EL|DEL|PARA}? {EL|DEL}? $")
_NEGATION_AFTER = grammar("COMMA? YA? NO (?: {POWER|SUIT|NOS|ME|COMMA|DOT} | $ )")
_CORRECTION = grammar("CORRECTION | SINO | NO {COMMA|EL|DEL|MEJOR_} | {COMMA|DOT} NO ".replace("|MEJOR_", ""))
_LEAVING = grammar("LEAVE | OUT_WORD | {ME|NOS} (?:GO) | HASTA")
_ARRIVING = grammar("ARRIVE | IN_WORD | (?<!{ME|NOS}) GO | DESDE | PARTIR")
_SAID_AFTER = grammar("(?: (?P<leaves> {ME|NOS} GO | LEAVE ) | ARRIVE | GO ) (?! {EL|A|AL|HASTA|DAY|WEEKDAY|GLUED} )")
_NIGHTS_OF = grammar("(?<!COUNT) {NOCHE|NOCHES} {DE|DEL} $")
_FROM_BETWEEN = grammar("ENTRE {EL|LA}? DIA? $")

_ROLE_CLASSES = classes("LEAVE OUT_WORD GO HASTA ARRIVE IN_WORD DESDE PARTIR")
_GUARD_CLASSES = classes("PAY PAST BORN AYER TELL ANSWER OPENING ANTES STREET NUMBERED HASTA")
_BUSINESS_CLASSES = classes("PAY TELL BORN CONFIRM")
_WINDOW = 7


@dataclass(frozen=True, slots=True)
class Stay:
    """What a message says of the stay; ``nights`` is the stated length."""

    check_in: date | None
    check_out: date | None
    nights: int | None


NOWHERE = Stay(None, None, None)


@dataclass(frozen=True, slots=True)
class _Span:
    """An explicit range, or a point alone (``last`` None), resolved."""

    check_in: date | None
    check_out: date | None
    start: int
    end: int
    point: Point
    is_alternative: bool = False
    is_list: bool = False


def read_stay(tokens: list[str], tape: str, reference: date) -> Stay:
    """The stay a message asks for, read against ``reference``."""
    mentions = find_mentions(tape)
    if not mentions or not _FIRST_YEAR <= reference.year <= _LAST_YEAR:
        return NOWHERE
    return _Reading(tokens, tape, reference, mentions).stay()


class _Reading:
    __slots__ = ("chars", "lengths", "months", "points", "reference", "tape", "tokens")

    def __init__(self, tokens: list[str], tape: str, reference: date, mentions: list[re.Match[str]]) -> None:
        self.tokens, self.tape, self.reference = tokens, tape, reference
        self.points: list[Point] = []
        self.months: list[MonthInForce] = []
        self.lengths: list[tuple[int, str]] = []
        self.chars = frozenset(tape)
        reader = Reader(tokens, tape, reference)
        previous_end = -1
        for mention in mentions:
            kind = mention.lastgroup
            assert kind is not None
            if kind == "length":
                self._add_length(mention)
            elif kind in _CONTEXTS:
                self._add_month(mention, kind)
            elif kind != "ago" and not (kind == "linked_day" and mention.start() - 1 != previous_end):
                point = getattr(reader, kind)(mention)
                if point is not None:
                    self._add_point(point)
            previous_end = mention.end()

    def _add_length(self, mention: re.Match[str]) -> None:
        start, end = mention.span()
        after = self.tape[end : end + 1]
        if after in _NOT_A_LENGTH and after:
            return
        values = [VALUE_OF[token] for token in self.tokens[start:end] if token in VALUE_OF]
        if not values:
            return
        if not _NIGHTS.isdisjoint(mention[0]):
            self.lengths.append((values[-1], "noches"))
            return
        count = 2 if _PAR in mention[0] else values[-1]
        self.lengths.append((count, self.tokens[end - 1]))

    def _add_month(self, mention: re.Match[str], kind: str) -> None:
        tokens = self.tokens[mention.start() : mention.end()]
        if not _PAST_WORD.isdisjoint(mention[0]):
            return
        if kind == "month":
            year = next((VALUE_OF[token] for token in tokens[1:] if VALUE_OF.get(token, 0) >= 2000), None)
            self.months.append(MonthInForce(mention.start(), VALUE_OF[tokens[0]], year))
        elif kind == "relative_month":
            year, month = self.reference.year, self.reference.month
            if not _NEXT_MONTH.isdisjoint(mention[0]):
                year, month = month_after(self.reference)
            self.months.append(MonthInForce(mention.start(), month, year))

    def _add_point(self, point: Point) -> None:
        """Append, or join "viernes" and "17 de enero" into one point."""
        previous = self.points[-1] if self.points else None
        if previous is not None:
            tape = self.tape
            if previous.weekday is not None and previous.day is None and previous.fixed is None:
                if point.day is not None and not point.vague:
                    if _BETWEEN_WEEKDAY_AND_DAY.fullmatch(tape, previous.end, point.start):
                        point.weekday, point.start = previous.weekday, previous.start
                        self.points[-1] = point
                        return
                elif point.fixed is not None and point.end != point.start:
                    between = tape[previous.end : point.start]
                    if not point.vague and between in _NOTHING_OR_COMMA:
                        point.start = previous.start
                        self.points[-1] = point
                        return
                    if point.vague and _OF_SPAN.fullmatch(tape, previous.end, point.start):
                        previous.fixed = _weekday_within(previous.weekday, point)
                        previous.weekday, previous.end = None, point.end
                        return
            elif (
                previous.day is not None
                and not previous.vague
                and previous.weekday is None
                and point.weekday is not None
                and point.day is None
                and _BETWEEN_DAY_AND_WEEKDAY.fullmatch(tape, previous.end, point.start)
            ):
                previous.weekday, previous.end = point.weekday, point.end
                return
            elif (
                previous.fixed is not None
                and not previous.vague
                and point.weekday is not None
                and previous.end == point.start
            ):
                previous.end = point.end  # hoy viernes
                return
        self.points.append(point)

    # Months in force

    def _month_for(self, point: Point) -> MonthInForce | None:
        """The month of a bare day: the last one named before it, else the first one named after it."""
        if not self.months:
            return self._month_of_named_span(point)
        before = [month for month in self.months if month.start < point.start]
        return before[-1] if before else self.months[0]

    def _month_of_named_span(self, point: Point) -> MonthInForce | None:
        """The month that a bare day takes from a named span: "navidad, del 24 al 26"."""
        for span in self.points:
            if span.vague and span is not point and point.day is not None:
                if span.fixed is None:
                    return None if span.month is None else MonthInForce(span.start, span.month, span.year)
                day = next_day_of_month(point.day, max(self.reference, span.fixed - 10 * DAY))
                return None if day is None else MonthInForce(span.start, day.month, day.year)
        return None

    # Resolution

    def _start_of(self, point: Point) -> date | None:
        """The day of a point that no other point helps to read."""
        if point.fixed is not None:
            return point.fixed
        reference = self.reference
        if point.day is not None:
            if point.month is None:
                month = self._month_for(point)
                if month is not None:
                    if month.year is not None:
                        return safe_date(month.year, month.month, point.day)
                    return next_day_and_month(point.day, month.month, reference)
                return self._bare_day(point)
            if point.year is not None:
                return safe_date(point.year, point.month, point.day)
            return next_day_and_month(point.day, point.month, reference)
        if point.weekday is not None:
            return self._weekday(point)
        return None

    def _bare_day(self, point: Point) -> date | None:
        assert point.day is not None
        first = found = next_day_of_month(point.day, self.reference)
        if point.weekday is None:
            return first
        for _ in range(4):
            if found is None or found.weekday() == point.weekday:
                return found
            found = next_day_of_month(point.day, found + DAY)
        return first

    def _weekday(self, point: Point) -> date:
        assert point.weekday is not None
        reference = self.reference
        if point.in_next_week:
            monday = reference + (7 - reference.weekday()) * DAY
            return monday + point.weekday * DAY
        span = next((other for other in self.points if other.vague and other.until is not None), None)
        if span is not None and span.fixed is not None and span is not point and not point.weeks_ahead:
            return next_weekday(point.weekday, span.fixed - 2 * DAY)
        return next_weekday(point.weekday, reference) + point.weeks_ahead * _WEEK

    def _end_after(self, point: Point, start: date) -> date | None:
        """The day that ``point`` means as the end of a stay that began on ``start``."""
        if point.end_fixed is not None or point.until is not None or point.fixed is not None:
            return point.end_fixed or point.until or point.fixed
        if point.day is not None:
            if point.month is None:
                return next_day_of_month(point.day, start + DAY)
            if point.year is not None:
                return safe_date(point.year, point.month, point.day)
            return next_day_and_month(point.day, point.month, start + DAY)
        if point.weekday is not None:
            if point.in_next_week:
                return self._weekday(point)
            return next_weekday(point.weekday, start) + point.weeks_ahead * _WEEK
        return None

    def _pair(self, first: Point, last: Point) -> tuple[date | None, date | None]:
        """Both ends of a range; a missing month, year or week flows back from the later end."""
        if first.day is not None and first.month is None and first.fixed is None:
            self._flow_back(first, last)
        if first.weekday is not None and first.day is None and first.fixed is None:
            start = self._weekday_before(first, last)
        else:
            start = self._start_of(first)
        if start is None:
            return None, None
        end = self._end_after(last, start)
        if end is not None and end <= start:
            end = None
        return start, end

    def _flow_back(self, first: Point, last: Point) -> None:
        assert first.day is not None
        if last.day is not None and last.month is not None and last.fixed is None:
            first.month, first.year = last.month, last.year
            if first.day > last.day:
                first.month = last.month - 1 or 12
                if last.year is not None and last.month == 1:
                    first.year = last.year - 1
        elif last.fixed is not None:
            end = last.end_fixed or last.until or last.fixed
            first.month, first.year = end.month, end.year
            if first.day >= end.day:
                first.month = end.month - 1 or 12
                first.year = end.year - (end.month == 1)

    def _weekday_before(self, first: Point, last: Point) -> date | None:
        assert first.weekday is not None
        if last.in_next_week and not first.in_next_week:
            first.in_next_week = True
        if last.weeks_ahead and not first.weeks_ahead:
            first.weeks_ahead = last.weeks_ahead
            last.weeks_ahead = 0
        start = self._start_of(first)
        if (last.day is not None or last.fixed is not None) and start is not None:
            end = self._end_after(last, start)
            if end is not None and (end - start).days > 14:
                return next_weekday(first.weekday, end - 8 * DAY)
        return start

    # Which points are no stay

    def _is_guarded(self, point: Point, previous_end: int, *, is_range: bool) -> bool:
        tape = self.tape
        if not self.chars.isdisjoint(_GUARD_CLASSES):
            begin = max(previous_end, point.start - _WINDOW)
            if _search_tail(_PLACE, tape, begin, point.start) and point.weekday is None:
                return True
            if _search_tail(_DEADLINE, tape, begin, point.start):
                return True
            for scope_end in _SCOPE_ENDS.finditer(tape, begin, point.start):
                begin = scope_end.end()
            guard = _PAST_OR_SCHEDULE if is_range else _OTHER_BUSINESS
            if guard.search(tape, begin, point.start):
                return True
        return (
            not is_range
            and not self.chars.isdisjoint(_BUSINESS_CLASSES)
            and _OTHER_BUSINESS_AFTER.match(tape, point.end) is not None
        )

    def _is_negated(self, start: int, end: int) -> bool:
        return bool(
            _search_tail(_NEGATION_BEFORE, self.tape, max(0, start - 4), start) or _NEGATION_AFTER.match(self.tape, end)
        )

    def _leaves(self, point: Point, previous_end: int) -> bool | None:
        """True: the point is said to be the end of the stay; False: the beginning; None: not said."""
        if self.chars.isdisjoint(_ROLE_CLASSES):
            return None
        leaving = arriving = -1
        begin = max(previous_end, point.start - _WINDOW)
        if begin == previous_end and (said := _SAID_AFTER.match(self.tape, previous_end)) is not None:
            begin = said.end()
        for match in _LEAVING.finditer(self.tape, begin, point.start):
            leaving = match.start()
        for match in _ARRIVING.finditer(self.tape, begin, point.start):
            arriving = match.start()
        if leaving == arriving == -1:
            said = _SAID_AFTER.match(self.tape, point.end)
            return None if said is None else said.lastgroup == "leaves"
        return leaving > arriving

    # Putting it together

    def stay(self) -> Stay:
        nights = self._nights()
        points = self.points
        if not points:
            return Stay(None, None, _nights_of(nights, None))
        spans, singles = self._spans()
        check_in, check_out = self._choose(spans, singles)
        return self._checked(check_in, check_out, nights, singles)

    def _spans(self) -> tuple[list[_Span], list[tuple[Point, bool | None, int]]]:
        """Explicit ranges, and the points that belong to none with what is said of them."""
        tape, points = self.tape, self.points
        spans: list[_Span] = []
        singles: list[tuple[Point, bool | None, int]] = []
        index, previous_end = 0, 0
        while index < len(points):
            first = points[index]
            is_alternative = bool(index) and bool(_ALTERNATIVE.fullmatch(tape, previous_end, first.start))
            last_index = self._joined_to(index)
            if last_index > index:
                last = points[last_index]
                start, end = self._pair(first, last)
                if start is not None and first.month is not None:
                    self.months.append(MonthInForce(first.start, start.month, None))
                if start is not None and not self._is_guarded(first, previous_end, is_range=True):
                    if end is not None and _search_tail(_NIGHTS_OF, tape, max(0, first.start - 3), first.start):
                        end += DAY
                    if not self._is_negated(first.start, last.end):
                        is_list = _LIST.fullmatch(tape, points[last_index - 1].end, last.start) is not None
                        spans.append(_Span(start, end, first.start, last.end, first, is_alternative, is_list))
                index, previous_end = last_index + 1, last.end
                continue
            if index + 1 < len(points) and first.day is not None and first.month is None:
                following = points[index + 1]
                if _ALTERNATIVE.fullmatch(tape, first.end, following.start):
                    first.month, first.year = following.month, following.year
            if not is_alternative and not self._is_guarded(first, previous_end, is_range=False):
                singles.append((first, self._leaves(first, previous_end), previous_end))
            index, previous_end = index + 1, first.end
        return spans, singles

    def _joined_to(self, index: int) -> int:
        """The index of the point that ends the range which begins at ``index``; ``index`` itself if there is none."""
        tape, points = self.tape, self.points
        if index + 1 == len(points):
            return index
        first, last = points[index], points[index + 1]
        if _RANGE.fullmatch(tape, first.end, last.start):
            return index + 1
        if tape[first.end - 1] in _OPEN_ENDED and _GLUE.fullmatch(tape, first.end, last.start):
            return index + 1
        if not first.vague and not last.vague:
            reach = index
            while (
                reach + 1 < len(points)
                and not points[reach + 1].vague
                and (
                    _LIST.fullmatch(tape, points[reach].end, points[reach + 1].start)
                    or (points[reach].is_bare_weekday and points[reach].end == points[reach + 1].start)
                )
            ):
                reach += 1
            if reach > index and (_Y in tape[points[reach - 1].end : points[reach].start] or reach > index + 1):
                return reach
        elif _search_tail(_FROM_BETWEEN, tape, max(0, first.start - 3), first.start) and _LIST.fullmatch(
            tape, first.end, last.start
        ):
            return index + 1
        if (
            self._leaves(last, first.end)
            and not first.vague
            and not self._leaves(first, 0 if not index else points[index - 1].end)
        ):
            return index + 1
        return index

    def _choose(
        self, spans: list[_Span], singles: list[tuple[Point, bool | None, int]]
    ) -> tuple[date | None, date | None]:
        if spans:
            chosen = spans[0]
            for span in spans[1:]:
                if not span.is_alternative:
                    chosen = span
            check_in, check_out = self._amended(chosen, singles)
            if chosen.is_list and check_in is not None and check_out is not None:
                stated = _nights_of(self._nights(), check_in)
                # "12 y 13, dos noches": the nights of both days
                if stated == (check_out - check_in).days + 1:
                    check_out += DAY
            return check_in, check_out
        explicit = [single for single in singles if not single[0].vague]
        vague = [single for single in singles if single[0].vague]
        if explicit:
            return self._from_singles(explicit, vague)
        if vague:
            return self._from_vague(vague)
        return None, None

    def _amended(self, span: _Span, singles: list[tuple[Point, bool | None, int]]) -> tuple[date | None, date | None]:
        """The range, with an end put right later: "del 15 al 18, perdón, hasta el 19"."""
        check_in, check_out = span.check_in, span.check_out
        for point, leaves, previous_end in singles:
            if point.start < span.end or point.vague or check_in is None:
                continue
            if not _CORRECTION.search(self.tape, max(span.end, previous_end), point.start):
                continue
            if leaves or self.tape[point.start - 1] == _AL:
                end = self._end_after(point, check_in)
                check_out = end if end is not None and end > check_in else check_out
            elif leaves is False and check_out is not None:
                start = self._start_of(point)
                check_in = start if start is not None and start < check_out else check_in
        return check_in, check_out

    def _from_singles(
        self,
        explicit: list[tuple[Point, bool | None, int]],
        vague: list[tuple[Point, bool | None, int]],
    ) -> tuple[date | None, date | None]:
        arriving = [single for single in explicit if not single[1]]
        leaving = [single[0] for single in explicit if single[1]]
        chosen = arriving[0] if arriving else None
        for single in arriving[1:]:
            if _CORRECTION.search(self.tape, max(0, single[2] - 1), single[0].start):
                chosen = single
        check_in = self._start_of(chosen[0]) if chosen else None
        span = next((single[0] for single in vague if single[0].until is not None), None)
        if chosen is not None and leaving:
            return self._pair(chosen[0], leaving[-1])
        if check_in is not None:
            if span is not None and span.fixed is not None and span.until is not None:
                if span.fixed - 2 * DAY <= check_in < span.until:
                    return check_in, span.until
            if chosen is not None and _search_tail(_NIGHTS_OF, self.tape, max(0, chosen[0].start - 3), chosen[0].start):
                return check_in, check_in + DAY
            return check_in, None
        if leaving:
            if span is not None and span.fixed is not None:
                end = self._end_after(leaving[-1], span.fixed)
                return span.fixed, end
            if (
                _search_tail(_FAREWELL, self.tape, max(0, leaving[-1].start - 2), leaving[-1].start)
                and leaving[-1].fixed
            ):
                return None, None
            return None, self._start_of(leaving[-1])
        return None, None

    def _from_vague(self, vague: list[tuple[Point, bool | None, int]]) -> tuple[date | None, date | None]:
        chosen = vague[0]
        for single in vague[1:]:
            if _CORRECTION.search(self.tape, max(0, single[2] - 1), single[0].start):
                chosen = single
        point = chosen[0]
        if point.fixed is None:
            return self._fortnight(point)
        if chosen[1]:
            return None, point.until or point.fixed
        return point.fixed, point.until

    def _fortnight(self, point: Point) -> tuple[date | None, date | None]:
        """Days 1 to 15, or 16 to the last of the month."""
        month = MonthInForce(0, point.month, point.year) if point.month is not None else self._month_for(point)
        if month is None:
            return None, None
        year = month.year
        if year is None:
            year = self.reference.year + (month.month < self.reference.month)
        if point.day == 1:
            return date(year, month.month, 1), date(year, month.month, 15)
        following = date(year + month.month // 12, month.month % 12 + 1, 1)
        return date(year, month.month, 16), following - DAY

    def _nights(self) -> tuple[int, str] | None:
        nights = [length for length in self.lengths if length[1].startswith("n")]
        return (nights or self.lengths)[-1] if self.lengths else None

    def _checked(
        self,
        check_in: date | None,
        check_out: date | None,
        length: tuple[int, str] | None,
        singles: list[tuple[Point, bool | None, int]],
    ) -> Stay:
        if check_in is not None and check_in < self.reference:
            check_in = check_out = None
        if check_out is not None and (
            check_out < self.reference or (check_in and check_out - check_in > _LONGEST_STAY)
        ):
            check_out = None
        nights = _nights_of(length, check_in)
        if check_in is not None and nights:
            is_weekend = bool(singles) and singles[0][0].is_weekend and check_in == singles[0][0].fixed
            if check_out is None:
                check_out = check_in + nights * DAY
            elif is_weekend and nights == 1:
                check_in = check_out - DAY
            elif is_weekend or any(single[0].vague for single in singles):
                check_out = check_in + nights * DAY
        elif check_in is None and check_out is not None and nights and check_out - nights * DAY >= self.reference:
            check_in = check_out - nights * DAY
        if check_in is not None and check_out is not None:
            nights = (check_out - check_in).days
        return Stay(check_in, check_out, nights)


def _nights_of(length: tuple[int, str] | None, check_in: date | None) -> int | None:
    """A length in nights: a week is seven, a fortnight fifteen, "5 días" five, a month a calendar month."""
    if length is None or length[0] <= 0:
        return None
    count, unit = length
    if unit.startswith("mes"):
        return 30 * count if check_in is None else (add_months(check_in, count) - check_in).days
    if unit.startswith("se") or unit.startswith("sm"):
        return 7 * count
    return 15 * count if unit.startswith("quin") else count


def _weekday_within(weekday: int, span: Point) -> date | None:
    return None if span.fixed is None else next_weekday(weekday, span.fixed - 2 * DAY)


def _search_tail(pattern: re.Pattern[str], tape: str, begin: int, end: int) -> bool:
    return pattern.search(tape, begin, end) is not None


_CONTEXTS = frozenset({"month", "relative_month", "next_year"})
_NIGHTS = classes("NOCHES NOCHE")
_NOT_A_LENGTH = classes("ANTES AFTER")
_PAR = next(iter(classes("PAR")))
_Y = next(iter(classes("Y")))
_AL = next(iter(classes("AL")))
_PAST_WORD = classes("PASADO")
_NEXT_MONTH = classes("VIENE PROXIMO OTRO")
_OPEN_ENDED = classes("N S P YGLUED")
_NOTHING_OR_COMMA = frozenset({"", *classes("COMMA")})
