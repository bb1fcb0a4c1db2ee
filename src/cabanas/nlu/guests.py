"""How many people a message speaks of."""

from __future__ import annotations

import re

from cabanas.nlu.lexicon import VALUE_OF, classes, grammar

_FRAGMENTS = {
    # What stands after a number and makes it count something else than people.
    "tail": """(?! RO? {HOUR|THING|PET|LODGING|CASH|NOCHE|NOCHES|DIAS|DIA|SEMANA|SEMANAS|MES|MESES|ANOS|PERCENT|BIG|MONTH
        |QUINCENA|FINES|FINDE|FIN|X|FAMILIES|GLUED|YGLUED|SERVICE|FERIADO}
        | PERSONS? {GROWN|KID|KIDS|FRIENDS|COUPLE|COUPLES|KIN2} | DE MONTH
        | AL {DAY|GLUED} | {A|HASTA|DASH} EL? (?: DAY RO? {DE|DEL}? MONTH | GLUED ) | COLON DIGITS
        | {Y|O|COMMA} DAY RO? {DE|DEL} MONTH | {O|A|DASH} COUNT {HOUR|THING|NOCHES|DIAS|SEMANAS|CASH|ANOS|PET|LODGING} | Y COUNT {HOUR|NOCHES|DIAS|ANOS} )""",
    "or_more": "(?: {O|A|Y|DASH} (?:HASTA)? (?P<most{n}>SOME) )?",
}

_STRONG = """{SOMOS|SERIA|BE} (?: {WE|SOLO|SOLOS|EN|TOTAL|LOS|UNKNOWN|COMO|UN} ){0,2} (?P<a>{SOME|UNO}) (?: {O|A|DASH} (?P<b>SOME) )? PERSONS? @tail
    | {GO|WE} {WE|SOLO|SOLOS|LOS|UNKNOWN}? (?P<c>SOME) PERSONS? @tail
    | TOTAL {ES|SOMOS|DE|COLON|SERIA}? (?P<d>SOME) PERSONS? @tail"""
_WEAK = """(?P<e>COUNT) (?: {O|A|DASH|Y|SLASH} HASTA? (?P<f>SOME) )? SOLO? PERSONS (?! GROWN )
    | (?P<o>SOME) EN TOTAL | (?P<families>SOME) FAMILIES DE (?P<each>SOME) @tail
    | {N|S} (?P<g>DIGITS) PERSONS
    | PARA {SLASH|LOS|WE|UNKNOWN}? {UN|SOLO}? (?P<h>{SOME|UNO}) (?: {O|A|DASH} (?P<i>SOME) )? PERSONS? @tail
    | (?<!{DIGITS|GLUED}) X (?P<j>SOME) @tail
    | FAMILY DE COMO? (?P<k>SOME) (?: {O|A|DASH} (?P<l>SOME) )? {FRIENDS|GROWN|PERSONS}? @tail | FAMILY (?P<typical>TIPO)
    | (?<!{COUNT|SOLO}) PERSONS {COLON|DASH}? (?P<m>SOME) (?! PERSONS ) @tail
    | {SOMOS|PARA|FAMILY|GO} (?P<n>SOME) PLUS (?P<sum>SOME) @tail"""

_TOTAL = grammar(f"(?P<strong> {_STRONG} ) | (?P<weak> {_WEAK} )", _FRAGMENTS)
_PART = grammar(
    """(?P<grown> (?P<gn>COUNT) PERSONS? GROWN ) | (?P<kids> (?P<kn>COUNT) UNKNOWN? {KID|KIDS} ) | (?P<friends> (?P<fn>COUNT) {FRIENDS|KIN} )
    | (?P<couples> (?P<cn>SOME) {COUPLE|COUPLES} ) | (?P<mycouple> MY COUPLE ) | (?P<couple> UN? COUPLE )
    | (?P<parents> MY KIN2 ) | (?P<kin> MY KIN ) | (?P<mykid> {MY|EL|LA} KID )
    | (?P<baby> (?<={CON|Y|PLUS|MAS}) KID )
    | (?P<uncounted> {MY|LOS|LAS} UNKNOWN? {KIDS|FRIENDS} | {MY|CON} LA? {FAMILY|FAMILIES} )
    | (?P<me> I | (?<=PARA) MY (?! {KIN|KIN2|KID|KIDS|COUPLE|FAMILY|FRIENDS|COUNT|UNKNOWN|BOOKING} ) | MY (?= Y {MY|COUNT} ) )
    | (?P<colon> {GROWN|KIDS} COLON (?P<ln>{COUNT|BIG}) )"""
)
_ALONE = grammar("{I|GO|MY|ESTE} SOLO (?! {WANT|UNKNOWN|QUE|POWER|HAVE|PARA_} ) | SOLO PARA MY".replace("|PARA_", ""))
_NEGATED = grammar("NO $ | WERE $ | NO {SOMOS|GO} $")
_ADDED = grammar("COMMA? {Y|PLUS|MAS|CON} MAS?")
_LINKED = grammar("{COMMA|Y|CON|PLUS|MAS|PARA|UNKNOWN}{0,3}")
_BEFORE_PARTY = classes("CON PARA SOMOS GO")

_TRIGGERS = classes(
    "SOMOS BE SERIA GO WE TOTAL PERSONS PARA X FAMILY GROWN KID KIDS FRIENDS COUPLE COUPLES KIN KIN2 I SOLO MY"
)
MOST_GUESTS = 99


def read_guests(tokens: list[str], tape: str, present: frozenset[str]) -> int | None:
    """The number of guests, children included; None where the message does not say it."""
    if present.isdisjoint(_TRIGGERS):
        return None
    total, end = _stated_total(tokens, tape)
    if total is None:
        parts = _sum_of_parts(tokens, tape)
        if parts is None and not present.isdisjoint(_SOLO) and _ALONE.search(tape):
            return 1
        return parts if parts is None or 1 <= parts <= MOST_GUESTS else None
    total += _added_after(tokens, tape, total, end)
    return total if 1 <= total <= MOST_GUESTS else None


def _stated_total(tokens: list[str], tape: str) -> tuple[int | None, int]:
    """The last total that is stated outright ("somos 4") or, without one, the last that is implied ("para 4")."""
    strong: tuple[int, int] | None = None
    weak: tuple[int, int] | None = None
    for match in _TOTAL.finditer(tape):
        start = match.start()
        if _NEGATED.search(tape, max(0, start - 2), start):
            continue
        numbers = [
            VALUE_OF[tokens[match.start(name)]] for name, hit in match.groupdict().items() if hit and len(name) == 1
        ]
        if match["typical"]:
            value = 4
        elif match["families"]:
            value = VALUE_OF[tokens[match.start("families")]] * VALUE_OF[tokens[match.start("each")]]
        elif match["sum"]:
            value = sum(numbers) + VALUE_OF[tokens[match.start("sum")]]
        else:
            value = max(numbers)
        if match["strong"]:
            strong = value, match.end()
        else:
            weak = value, match.end()
    chosen = strong or weak
    return chosen if chosen is not None else (None, 0)


def _added_after(tokens: list[str], tape: str, total: int, end: int) -> int:
    """Children named on top of a total: "somos 2 + 1 bebé". After a comma they are part of it."""
    added = 0
    while link := _ADDED.match(tape, end):
        part = _PART.match(tape, link.end()) or _PART.match(tape, link.end() - 1)
        if part is None or part.lastgroup not in ("kids", "baby"):
            break
        count = VALUE_OF[tokens[part.start("kn")]] if part.lastgroup == "kids" else 1
        if _CON in link[0] and total > 2 and count > 1:
            break
        added += count
        end = part.end()
    return added


def _sum_of_parts(tokens: list[str], tape: str) -> int | None:
    counts: dict[str, int] = {}
    first = None
    is_with = False
    for match in _PART.finditer(tape):
        kind = match.lastgroup
        assert kind is not None
        number = next((match.start(name) for name in ("gn", "kn", "fn", "cn", "ln") if match[name]), None)
        counts[kind] = counts.get(kind, 0) + (1 if number is None else VALUE_OF.get(tokens[number], 0))
        if first is None:
            first = match.start()
            before = tape[max(0, first - 2) : first]
            is_with = _CON in before
            is_for = _PARA in before
    if first is None or "uncounted" in counts:
        return None
    if counts.keys() <= {"mykid", "baby"}:
        return None if not is_with or "mykid" not in counts else 1 + counts["mykid"]
    people = (
        counts.get("grown", 0)
        + counts.get("colon", 0)
        + counts.get("kids", 0)
        + counts.get("friends", 0)
        + 2 * (counts.get("couples", 0) + counts.get("couple", 0) + counts.get("parents", 0))
        + counts.get("mycouple", 0)
        + counts.get("kin", 0)
        + counts.get("mykid", 0)
        + counts.get("baby", 0)
    )
    relatives = counts.keys() & {"kin", "mycouple", "mykid", "parents"}
    if "me" in counts:
        return people + 1
    if relatives:
        if not is_with and not is_for and people < 2:
            return None
        return people + (0 if is_for else 1)
    if is_with and counts.keys() <= {"friends", "kids"}:
        return people + 1
    return people


_CON, _PARA = (next(iter(classes(name))) for name in ("CON", "PARA"))
_SOLO = classes("SOLO")
