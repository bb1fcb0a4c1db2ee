"""What the words around a day say of it: arrival or departure, no stay at all, taken back, put right."""

from __future__ import annotations

from cabanas.nlu.grammar import grammar
from cabanas.nlu.lexicon import classes
from cabanas.nlu.points import Point

# How many tokens before a day can say what the day is.
_REACH = 7

# Another matter than a stay: these words before the day, in the same breath. A range is never a day of payment or birth
# ("para festejar mi cumple, del 5 al 7").
_OTHER_BUSINESS = grammar("{WEATHER|PAY|PAST|VISITED|AYER|TELL|ANSWER|OPENING} | (?<!CELEBRATE {MY|EL|UNKNOWN}) BORN")
_OTHER_BUSINESS_OF_RANGE = grammar("{PAST|VISITED|OPENING} | SE THEY_GO A {UNKNOWN|MAR}")
_SCOPE_ENDS = grammar("{DOT|ASK|COMMA|PAREN|WANT|PARA|POR|X|SI|HAY|HAVE|FREE|PLACE|GO|ARRIVE|BOOK|CANCEL|WE}")
# The day of an answer is no stay, in "te confirmo mañana", "les confirmo el lunes"; "te confirmo el 15" is one.
_ANSWER_BEFORE = grammar(
    "{TE|LE} {LO|LA}? {CONFIRM|CORRECTION} (?: HOW_MANY {SOMOS|GO|THEY_GO|UNKNOWN|PERSONS}{1,2} | SI UNKNOWN )? "
    "{EL|ESTE}? $"
)
# "fuimos para semana santa", "muy linda la estadía del 12 al 14"; "te escribí por el 15" is another matter.
_PAST_VISIT = grammar("VISITED {PARA|POR|EN|A|EL|LA|LOS}{0,2} $ | WISH {LA|EL} {LODGING|FINDE} {EN|DEL|DE}? $")
# "antes del 10", "te giro el 10", "si reservo hoy", "válida hasta el 30", "me pagan el 5", "el clima para el 8"
# "la última vez, en semana santa", "se casa el sábado", "dame hasta el viernes"
_NO_STAY = """ANTES {DE|DEL} EL? LA? $ | {TE|LE} {LO|LA}? PROMISE {EL|LA|UNKNOWN}{0,3} $ | SI BOOK $
    | (?: VALID | OFFER | D12 X D12 ) ES? HASTA EL? $
    | {ME|SE} PAYS EL $ | WEATHER {PARA|DEL|DE|EN}? {EL|ESTE}? $
    | {LA|EL} {ULTIMO|OTRO} INSTEAD {DE|QUE|VISITED}{0,2} COMMA? {EN|PARA|DE|EL|DEL|LA}{0,2} $
    | SE LODGING EL? $ | LEAVE_ME UNKNOWN? HASTA {EL|ESTE}? $"""
_NO_STAY_BEFORE = grammar(_NO_STAY)
# "vuelvo de viaje el 20", "la promo del martes", "la seña el viernes", "el precio que me pasaste el 2";
# "trabajo hasta el viernes", "te seño el 6"; from one day to another both speak of a stay.
_NO_STAY_BEFORE_DAY = grammar(
    f"{_NO_STAY} | RETURN DE UNKNOWN EL? $ | OFFER DEL $ | DEPOSIT EL $ | ES FERIADO EL $ | {{ME|NOS}} PROMISE EL $"
    " | WORKER HASTA EL $ | {TE|LE} POWER? PLEDGE {EL|ESTE} $ | LA OTRO MEDIADOS EL $"
)
_PLACE = grammar(
    "{STREET|NUMBERED} DOT? {EL|LA|DE|DEL}? $ | STREET DOT? UNKNOWN? {Y|ES}? $ "
    "| HOME {DE|EN} UNKNOWN{0,2} $ | DOCUMENT {DE|DEL} $"
)
# "Av. San Martín 1520, entre 25 de Mayo y 9 de Julio", "mi cel: 3541 15-20-30"
_CROSSING = grammar(
    """STREET DOT? {UNKNOWN|SAN|DIGITS|D99|BIG|DE|MONTH}{1,5} COMMA? {ENTRE|Y} $
    | NUMBERED {ES|COLON|DOT}? {BIG|DIGITS|D99|GLUED|GLUED99|DASH}{1,6} $"""
)
# "hoy te deposito", "el viernes les confirmo", "mañana hago la transferencia", "ese finde ya lo pasamos ahí"
_OTHER_BUSINESS_AFTER = grammar(
    """{TE|LE} {CORRECTION|PROMISE|PAST} | {TE|LE} MAKE {LA|EL|UN} {PAY|DEPOSIT}
    | (?: A LA {MANANA|TARDE|NOCHE} | A {LA|LAS} COUNT HOUR? )?
    COMMA? {YA|QUE}? NO? {TE|LE|SE|LO|ME|UNKNOWN|MAKE|POWER}? {LO|LA|EL}? {PAY|TELL|BORN|CONFIRM}
    | {ME|NOS} PAYS
    | OWN (?: UN? UNKNOWN | LIBRE ) | COMMA? PARA {ANSWER|CONFIRM|TELL|PAY} | {NOS|ME}? VISITED
    | SE {ME|NOS|LE} UNKNOWN | ES FERIADO BRIDGE? ASK
    | (?: GO A )? MAKE? WEATHER | LEAVE A UNKNOWN | {POWER|MAY} LEAVE A {LA|LAS}
    | COMMA? YA {LO|LA|NOS|LE}? {PROMISE|VISITED|PAST}"""
)
# "ahí te hice la transferencia, 14/10 a las 13:45"
_PAID, _AT_AN_HOUR = grammar("PAY COMMA {EL|DIA}? $"), grammar("COMMA? A {LA|LAS} (?: COUNT COLON | P )")
_TIMETABLE = grammar("DE DIGITS A DIGITS (?: HOUR | DOT | ASK | $ ) | {HAY|HAVE} OFFER | ES MAS PRICE")
_OPENING_HOURS = grammar("(?: COMMA? DE {COUNT|GLUED} A {COUNT|GLUED} HOUR? )? UNKNOWN? OPENING")

# "la estadía del 3 al 5 fue hermosa"
_TOLD_AFTER = grammar("{NOS|ME}? VISITED (?! A )")
# A day alone, in a clause with words of another matter, is a stay only if the clause speaks of one. Things to be had
# are no proof: "hay misa el domingo".
_STAY_WORDS = """FREE|LIBRE|PLACE|TAKEN|RESERVED|PRICE|BOOK|BOOKING|GO|THEY_GO|ARRIVE|LEAVE|PARTIR|CHECK|NOCHE|NOCHES
    |CALENDAR_DATE|SOMOS|PERSONS|CANCEL|CHANGE_IT|TAKE|KEEP|CORRECTION|SINO|SERIA|SUIT"""
_SPEAKS_OF_STAY = grammar(
    f"""{{{_STAY_WORDS}|WORTH|WOULD_LEAVE|DESDE|HASTA|PARA|LODGING|CHANGE|FAMILY|COUPLE|GROWN|POWER|MAY}}
    | HOW_MUCH (?! REMAIN ) | (?<!LO) WANT | {{HAY|HAVE|REMAIN}} (?! {{UNKNOWN|SERVICE|THING|PET}} )"""
)
_OTHER_WORDS = classes("UNKNOWN WORKER BORN")
_CLAUSE_ENDS = classes("DOT ASK COMMA PAREN BREAK")
_LONGEST_CLAUSE = 24
# A voice note runs on without stops. In so long a clause only what stands next to the day can say that it is of a stay.
_RUNS_ON, _BESIDE_BEFORE, _BESIDE_AFTER = 15, 9, 4
_SPEAKS_OF_STAY_BESIDE = grammar(
    f"""{{{_STAY_WORDS}|HOW_MUCH|WANT|FINDE}}
    | {{TE|LE}} TELL {{DEL|POR|PARA|SI}} | PARA SOME | (?<!A) LODGING
    | {{HAY|HAVE|REMAIN}} (?! {{EL|LA|UN}}? {{UNKNOWN|SERVICE|THING|PET}} )"""
)

# Taken back, given up, put right.
_NEGATION_BEFORE = grammar("(?: ^ | COMMA | Y ) NO PARA? {EL|DEL}? $")
_NEGATION_AFTER = grammar("COMMA? YA? NO (?: {POWER|SUIT|NOS|ME|DOT} | COMMA (?! {HASTA|DESDE|AL} ) | $ )")
_GIVEN_UP = grammar("EN {INSTEAD|PLACE} {DE|DEL} EL? $")
# "el 20 no puedo, el 21 sí"; more words may say what cannot be on that day.
_DAY_REFUSED = grammar(
    "COMMA? NO {ME|NOS}? {POWER|SUIT} (?: {COMMA|DOT|ASK} | $ ) | NO GO A POWER | NO {HAY|HAVE} {COMMA|DOT}"
)
# "no vamos el viernes, vamos el sábado"
_NOT_THAT_DAY, _INSTEAD_OF_IT = (
    grammar("(?<!SI) NO {GO|ARRIVE|ES|SERIA}? {EL|PARA}{0,2} $ | LEAVE DE UNKNOWN EL $"),
    grammar("{COMMA|DOT|Y} (?: {GO|ARRIVE|ES|SERIA|SINO|CORRECTION} {EL|PARA|AL} | EL )"),
)
_CORRECTION = grammar("CORRECTION | CHANGE_IT | CHANGE {AL|PARA} | SINO | NO {COMMA|EL|DEL} | {COMMA|DOT} NO")

# Which end of the stay.
_LEAVING = grammar("(?<!WANT) LEAVE | OUT_WORD | Y WOULD_LEAVE | {ME|NOS} (?: SOMOS | OWN QUE )? GO | HASTA")
_ARRIVING = grammar("ARRIVE | IN_WORD | (?<!{ME|NOS}) (?<!{ME|NOS} SOMOS) GO | DESDE | PARTIR")
_SAID_AFTER = grammar(
    """PAREN? (?: (?P<leaves> {ME|NOS} (?: OWN QUE )? GO | {ME|NOS}? LEAVE ) | ARRIVE | GO )
    (?! {EL|A|AL|HASTA|DAY|WEEKDAY|GLUED|COLON} )"""
)
_NIGHTS_OF = grammar("(?<!COUNT) (?: {NOCHE|NOCHES} {DE|DEL} {EL|LOS}? | NOCHES ) $")
_BETWEEN = grammar("ENTRE {EL|LA}? DIA? $")
_BARE_HASTA = grammar("HASTA EL? $")
_FAREWELL = grammar("(?: DOT | ASK | COMMA | GREETING ) HASTA EL? $")

# Where none of these stands, the patterns above need not be tried.
_ROLES = classes("WOULD_LEAVE LEAVE OUT_WORD GO HASTA ARRIVE IN_WORD DESDE PARTIR")
_BUSINESS = classes(
    """PAY PAST VISITED BORN AYER TELL ANSWER OPENING ANTES STREET NUMBERED HOME DOCUMENT BOOK WISH VALID WEATHER
    PROMISE PAYS RETURN OFFER LEAVE_ME INSTEAD CONFIRM SE FERIADO DEPOSIT WORKER PLEDGE X"""
)
_BUSINESS_AFTER = classes(
    "SE ANSWER FERIADO PAY TELL BORN CONFIRM CORRECTION PROMISE PAST MAKE VISITED WEATHER LEAVE OWN PAYS POWER"
)
_SIGNS = _ROLES | _BUSINESS | _BUSINESS_AFTER | classes("NO NOCHE NOCHES INSTEAD PLACE")


class Surroundings:
    """The tape around the days of one message."""

    __slots__ = ("_is_silent", "_present", "_tape")

    def __init__(self, tape: str, present: frozenset[str]) -> None:
        self._tape = tape
        self._present = present
        # Most messages hold none of the signs, and this spares them every other look.
        self._is_silent = present.isdisjoint(_SIGNS)

    def is_no_stay(self, point: Point, previous_end: int, end: int, *, is_range: bool) -> bool:
        """The day, or the range from it to the position ``end``, belongs to something else: a payment, a birth, a past
        visit, a promise to write, a deadline, a street.
        """
        if self._is_silent:
            return False
        tape = self._tape
        if not self._present.isdisjoint(_BUSINESS):
            begin = max(previous_end, point.start - _REACH)
            if _PAST_VISIT.search(tape, begin, point.start) or (
                is_range and (_OPENING_HOURS.match(tape, end) or _TOLD_AFTER.match(tape, end))
            ):
                return True
            is_place = point.weekday is None and _PLACE.search(tape, begin, point.start)
            is_crossing = _CROSSING.search(tape, max(0, point.start - _REACH - 3), point.start)
            is_alone = not is_range and not point.vague
            no_stay_before = _NO_STAY_BEFORE_DAY if is_alone else _NO_STAY_BEFORE
            if is_place or is_crossing or no_stay_before.search(tape, begin, point.start):
                return True
            is_paid = not is_range and _PAID.search(tape, begin, point.start)
            for scope_end in _SCOPE_ENDS.finditer(tape, begin, point.start):
                begin = scope_end.end()
            business = _OTHER_BUSINESS_OF_RANGE if is_range else _OTHER_BUSINESS
            if business.search(tape, begin, point.start) or (is_paid and _AT_AN_HOUR.match(tape, end)):
                return True
        if is_range or self._present.isdisjoint(_BUSINESS_AFTER):
            return False
        is_answer = point.day is None and _ANSWER_BEFORE.search(tape, max(0, point.start - 7), point.start)
        return bool(is_answer) or _OTHER_BUSINESS_AFTER.match(tape, point.end) is not None

    def is_of_other_matter(self, point: Point, upto: int) -> bool:
        """The clause of a day, or of weekdays up to the position ``upto``, has words of its own and none that speaks of
        a stay: "el partido es el domingo", "trabajo de lunes a viernes".

        A day that names its month, or a week, may take its evidence from the whole message.
        """
        if self._present.isdisjoint(_OTHER_WORDS):
            return False
        tape, begin, end = self._tape, point.start, upto
        first, last = max(0, begin - _LONGEST_CLAUSE), min(len(tape), end + _LONGEST_CLAUSE)
        while begin > first and tape[begin - 1] not in _CLAUSE_ENDS:
            begin -= 1
        while end < last and tape[end] not in _CLAUSE_ENDS:
            end += 1
        if end - begin > _RUNS_ON and not point.vague:
            begin, end = max(begin, point.start - _BESIDE_BEFORE), min(end, upto + _BESIDE_AFTER)
            return _SPEAKS_OF_STAY_BESIDE.search(tape, begin, end) is None
        around = tape[begin : point.start] + tape[upto:end]
        if _OTHER_WORDS.isdisjoint(around) or _SPEAKS_OF_STAY.search(tape, begin, end):
            return False
        may_be_asked_elsewhere = point.month is not None or point.is_week
        return not may_be_asked_elsewhere or _SPEAKS_OF_STAY.search(tape) is None

    def is_timetable(self, end: int) -> bool:
        """Hours or a price follow the weekdays: "lunes a viernes de 9 a 18", "de lunes a jueves hay descuento"."""
        return _TIMETABLE.match(self._tape, end) is not None

    def is_negated(self, start: int, end: int) -> bool:
        """As in "no del 15 al 18", "del 15 al 18 no puedo" and "en vez del 15 al 18"."""
        return not self._is_silent and bool(
            _NEGATION_BEFORE.search(self._tape, max(0, start - 4), start)
            or _NEGATION_AFTER.match(self._tape, end)
            or _GIVEN_UP.search(self._tape, max(0, start - 4), start)
        )

    def is_refused(self, start: int, end: int) -> bool:
        """A day alone that does not suit or is given up: "el 20 no puedo", "en vez del 10"."""
        return not self._is_silent and bool(
            _DAY_REFUSED.match(self._tape, end)
            or _GIVEN_UP.search(self._tape, max(0, start - 4), start)
            or (_INSTEAD_OF_IT.match(self._tape, end) and _NOT_THAT_DAY.search(self._tape, max(0, start - 4), start))
        )

    def leaves(self, point: Point, previous_end: int) -> bool | None:
        """True: the day is said to end the stay. False: to begin it. None: nothing is said."""
        if self._is_silent or self._present.isdisjoint(_ROLES):
            return None
        begin = max(previous_end, point.start - _REACH)
        if begin == previous_end and (said := _SAID_AFTER.match(self._tape, previous_end)) is not None:
            begin = said.end()
        leaving = arriving = -1
        for match in _LEAVING.finditer(self._tape, begin, point.start):
            leaving = match.start()
        for match in _ARRIVING.finditer(self._tape, begin, point.start):
            arriving = match.start()
        if leaving == arriving:
            said = _SAID_AFTER.match(self._tape, point.end)
            return None if said is None else said.lastgroup == "leaves"
        return leaving > arriving

    def is_correction(self, begin: int, end: int) -> bool:
        return _CORRECTION.search(self._tape, max(0, begin), end) is not None

    def is_nights_of(self, start: int) -> bool:
        """What is named is the night, not the end of the stay: "la noche del 15", "las noches del 15 y 16"."""
        return not self._is_silent and bool(_NIGHTS_OF.search(self._tape, max(0, start - 4), start))

    def is_between(self, start: int) -> bool:
        return _BETWEEN.search(self._tape, max(0, start - 3), start) is not None

    def is_bare_hasta(self, start: int) -> bool:
        return _BARE_HASTA.search(self._tape, max(0, start - 2), start) is not None

    def is_farewell(self, start: int) -> bool:
        """As in "gracias, hasta el lunes"."""
        return _FAREWELL.search(self._tape, max(0, start - 3), start) is not None
