"""How many people a message speaks of.

A total that is stated ("somos 4", "para 5 personas") wins over the sum of those named ("2 adultos y 2 nenes", "mi
señora, yo y los dos chicos"); of several totals the last. The speaker counts with "mi novia", "mis dos hijos" and "con
3 amigos". Children after "y", "+" or "más" come on top of a total; after a comma or in brackets they are part of it.
Babies count, twins are two, pets do not count, and "los chicos" without a number leaves the sum unknown. People of whom
something is told ("la otra vez fuimos 6", "lo hablo con mi marido", "tengo 3 hijos") and things for so many ("mesa para
8") state none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cabanas.nlu.grammar import Anchored, grammar
from cabanas.nlu.lexicon import VALUE_OF, classes, symbol_of
from cabanas.nlu.mentions import MAX_MENTIONS

MOST_GUESTS = 99
_TYPICAL_FAMILY = 4

_FRAGMENTS = {
    # What stands after a number and makes it count something else than people.
    "tail": """(?! RO? {HOUR|THING|PET|LODGING|CASH|NOCHE|NOCHES|DIAS|DIA|SEMANA|SEMANAS|MES|MESES|ANOS|PERCENT|BIG
            |MONTH|QUINCENA|FINES|FINDE|FIN|X|FAMILIES|GLUED|YGLUED|SERVICE|FERIADO}
        | {UNKNOWN|MAS|SAME} {NOCHES|DIAS|SEMANAS|MESES|THING}
        | (?: COMMA? DAY ){1,6} Y DAY {DE|DEL}? MONTH
        | PERSONS? {GROWN|KID|KIDS|FRIENDS|COUPLE|COUPLES|KIN2} | DE MONTH | DE MY {KID|KIDS|KIN|KIN2} | AL {DAY|GLUED}
        | {A|HASTA|DASH} EL? (?: DAY RO? {DE|DEL}? MONTH | GLUED ) | COLON DIGITS
        | {Y|O|COMMA} DAY RO? {DE|DEL} MONTH
        | {O|A|DASH} COUNT {HOUR|THING|NOCHES|DIAS|SEMANAS|CASH|ANOS|PET|LODGING}
        | Y COUNT {HOUR|NOCHES|DIAS|ANOS} | EN EL FAMILY )""",
    # "3 o 4": the larger number is taken
    "some": "SOME (?: {O|A|DASH} HASTA? SOME )?",
    # "somos 4, perdón, 5", "¿para 3? o mejor 4"
    "put_right": """(?: {COMMA|DOT|ASK|PAREN}{0,3} O? UNKNOWN? (?: NO COMMA | NO PARA | CORRECTION {COMMA|UNKNOWN}? )
        {SOMOS|PARA|GO|SERIA}? SOME PERSONS? @tail )?""",
}

_TOTALS = Anchored(
    {
        "plus": """{SOMOS|PARA|FAMILY|GO} SOME PLUS SOME @tail | (?<!GLUED) SOME PLUS COUNT {KID|KIDS}
            | PARA SOME PERSONS? {Y|COMMA|PLUS} OTRO LODGING? {PARA|DE} SOME @tail""",
        "are": """{SOMOS|SERIA|BE} (?: {WE|SOLO|SOLOS|EN|TOTAL|LOS|UNKNOWN|ABOUT|COMO|UN|ENTRE} ){0,2}
            (?: UNO | @some | SOME Y SOME ) PERSONS? @tail @put_right
            | SOMOS SOME PERSONS GROWN (?! {Y|COMMA|PLUS|MAS|CON} )""",
        "go": """{GO|THEY_GO} {WE|SOLO|SOLOS|LOS|ABOUT|COMO|UNKNOWN}? @some PERSONS? @tail @put_right
            | (?<!{Y|COMMA|MAS|PLUS}) WE {ES|SOMOS|SOLO|SOLOS|LOS|UNKNOWN}? @some PERSONS? @tail | THEY ES @some @tail
            | GO ENTRE SOME Y SOME PERSONS? @tail
            | KEEP SOME (?= {COMMA|DOT|PERSONS|Y} | $ )""",
        "rather": "SINO {SOMOS|QUE}? SOME PERSONS? @tail",
        "in_all": "TOTAL {ES|SOMOS|DE|COLON|SERIA}? SOME PERSONS? @tail",
        "families_of": "SOME FAMILIES DE SOME @tail",
        "families": "SOMOS? SOME FAMILIES COLON (?: {^DOT|ASK|SOME|MONTH|GLUED}{0,6} SOME @tail ){2,6}",
        "persons": """(?<!{THING|UNKNOWN} DE) (?<!THING ES DE) (?<!{THING|SERVICE} ES PARA)
                (?<!MISSING) (?<!MISSING {CONFIRM|UNKNOWN|ANSWER})
                COUNT (?: {O|A|DASH|Y|SLASH} HASTA? SOME )? SOLO? PERSONS
                (?! GROWN | POR {CONFIRM|ANSWER} | DE SERVICE | QUE VISITED
                    | MAS (?! {COUNT|KID|KIDS} ) | COLON COUNT ) @put_right
            | {N|S} DIGITS PERSONS | {LOS|LAS} SOME SOLOS | PARA {THEY|WE} SOME
            | (?<=MONTH COMMA) SOME $
            | SOME EN TOTAL | (?<!{EL|DEL|AL|GLUED|COLON}) SOME PARA (?= GLUED )
            | (?<!COLON) SOME PARA (?= {DEL|COMMA|DOT|ASK|PAREN|DESDE} | $ )""",
        "for": """(?<!GEAR) (?<!{THING|SERVICE} ES)
                PARA {SLASH|LOS|WE|ABOUT|COMO|UNKNOWN}? {UN|SOLO}? (?: UNO | @some ) PERSONS? @tail @put_right
            | (?: (?<!{DIGITS|GLUED}) | (?<={S|N|P} DIGITS) ) X SOME @tail""",
        "family": "FAMILY ES? DE {COMO|ABOUT}? @some {FRIENDS|GROWN|PERSONS}? @tail",
        "typical": "FAMILY TIPO",
        "fit": "FIT {LOS|WE|UNKNOWN}? SOME PERSONS? @tail",
        "come_in": "COME_IN {LOS|WE}? SOME PERSONS? (?= ASK | $ )",
        "labelled": """{PERSONS|QUANTITY} COLON SOME (?! {GROWN|KID|KIDS} )
            | (?<!{COUNT|SOLO}) PERSONS DASH? SOME (?: (?= S ) | (?! PERSONS ) @tail )""",
    },
    _FRAGMENTS,
)
_STRONG = frozenset({"are", "go", "rather", "in_all", "families"})

_PARTS = Anchored(
    {
        "grown": "COUNT PERSONS? GROWN",
        "kids": "(?<!HAVE) COUNT UNKNOWN? {KID|KIDS} (?! CADA ) | {MY|LOS|LAS} {KIDS|FRIENDS} COMMA? QUE ES SOME",
        "each": "COUNT {KID|KIDS} CADA {UN|UNO|COUPLE|FAMILY}?",
        "friends": "(?<!{D12|D31} COLON) SOME {FRIENDS|KIN|KIN2} | (?<={CON|Y|PLUS|COMMA|MAS|PARA}) {UN|UNO} KIN",
        "we": "(?<={Y|COMMA|MAS|PLUS}) WE SOME",
        "theirs": "(?<={Y|CON}) THEIR {KIN|COUPLE|KID}",
        "couples": "SOME {COUPLE|COUPLES}",
        "partner": "MY COUPLE",
        "another_couple": "(?<=CON) OTRO COUPLE",
        "couple": "UN? COUPLE",
        "parents": "MY KIN2 | LOS KIN2 (?= {COMMA|Y} {WE|I|MY|LOS} ) | (?<={SOME|I|KIN|KIDS} {COMMA|Y}) LOS KIN2",
        "kin": "MY KIN",
        "named": "(?<=SOMOS) KIN | (?<=KIN {COMMA|Y}) KIN | (?<=KIN) KIN | KIN (?= COMMA? KIN )",
        "child": "MY KID",
        # "mi marido y yo, el nene empieza las clases" counts no child.
        "the_child": "(?<={Y|COMMA|CON|MAS|PLUS}) {EL|LA} KID | {EL|LA} KID (?! UNKNOWN )",
        "baby": "(?<={CON|Y|PLUS|MAS}) KID",
        "uncounted": """{MY|LOS|LAS} UNKNOWN? {KIDS|FRIENDS} (?! {COMMA|COLON|PAREN} COUNT {GROWN|PERSONS} )
            | {MY|CON} LA? {FAMILY|FAMILIES}""",
        "speaker": """(?<={Y|COMMA|PLUS|MAS|CON|KIN|KIN2|COUPLE|PARA|SOLO|GO|SOMOS|PAREN|COLON}) I
            | I (?= {Y|COMMA|PLUS|MAS|CON|MY|COUNT|SOLO|ALSO} )
            | (?<=PARA) MY (?! {KIN|KIN2|KID|KIDS|COUPLE|FAMILY|FRIENDS|COUNT|UNKNOWN|BOOKING|LODGING|
                PET|ANO|THING|BORN|MES|SEMANA} )
            | MY (?= Y {MY|COUNT} )""",
        "labelled": "{GROWN|KIDS} COLON {COUNT|BIG}",
    },
    _FRAGMENTS,
)
_TWINS = 2
_HEADS = {"couples": 2, "couple": 2, "another_couple": 4, "parents": 2, "speaker": 0}
_RELATIVES = frozenset({"kin", "partner", "child", "the_child", "parents"})

_ALONE = grammar("(?<!MAY) {I|GO|MY|ESTE|AM} SOLO (?! {WANT|UNKNOWN|QUE|POWER|HAVE} ) | SOLO PARA MY | {SOLO|SOLOS} I")
_NOT_MEANT = grammar("{NO|WERE} {SOMOS|GO}? $ | NO GO A $")
# "la otra vez fuimos 6", "la última vez pagamos 80.000 para 4"
_STORY_LENGTH = 12
_TOLD = grammar("(?: VISITED | WERE | {ULTIMO|OTRO} INSTEAD ) {^DOT|ASK|COMMA|WANT|HAY|HAVE|Y}{0,12} $")
# "mi hermana y mi cuñado me recomendaron el lugar"
_ACTS = grammar("{ME|NOS|TE|SE|LE} {LO|LA|LOS}? {UNKNOWN|TELL}")
# "mi hermana Julia fue con el marido", "mi viejo, que tiene 78, iba de joven"
_TOLD_OF_THEM = grammar(
    "{UNKNOWN|YA|NO|SE|LO}{0,2} (?: COMMA QUE {^COMMA|DOT}{1,6} COMMA )? {VISITED|WERE} (?! A ) "
    "| DE LA {ULTIMO|OTRO} INSTEAD"
)
_ON_TOP = grammar("COMMA? {Y|PLUS|MAS|CON} (?: MAS | {THEY_GO|GO|UNKNOWN} ALSO | ALSO {THEY_GO|GO|UNKNOWN}? )?")

_CON, _PARA, _OWN, _SOMOS, _MY = map(symbol_of, ["CON", "PARA", "OWN", "SOMOS", "MY"])
_KIDS, _COUNT = classes("KIDS"), classes("COUNT")
_NUMERALS, _SOME = _COUNT | classes("N S"), classes("SOME")
_PUT_RIGHT = classes("NO CORRECTION")
_STORY = classes("VISITED WERE INSTEAD")
_DENIALS = classes("NO WERE SOMOS GO A")
_LINKS = classes("COMMA Y PLUS MAS CON")
_SOLO, _TALK = classes("SOLO SOLOS"), grammar("(?: {TELL|CONFIRM|ANSWER} | LO UNKNOWN ) CON $")
_NAMED = classes("GROWN KID KIDS FRIENDS COUPLE COUPLES KIN KIN2 I MY")
_TRIGGERS = (
    _NAMED
    | _SOLO
    | classes("SOMOS BE SERIA GO WE TOTAL PERSONS PARA X FIT COME_IN FAMILY FAMILIES THEY THEY_GO QUANTITY SINO KEEP")
)


def read_guests(tokens: list[str], tape: str, present: frozenset[str], *, is_aside: bool = False) -> int | None:
    """The number of guests, children included; None where the message does not say it.

    ``is_aside``: the message is long and asks for no stay, so only a "somos" makes guests of the people it names.
    """
    if present.isdisjoint(_TRIGGERS):
        return None
    is_told = not present.isdisjoint(_STORY)
    stated = _stated_total(tokens, tape, is_told=is_told, is_aside=is_aside)
    if stated is not None:
        total, end = stated
        found: int | None = total + _on_top_of(total, end, tokens, tape)
    else:
        is_party = not present.isdisjoint(_NAMED) and not (is_aside and _SOMOS not in present)
        found = _sum_of_parts(tokens, tape, is_told=is_told) if is_party else None
        if found is None and not present.isdisjoint(_SOLO) and _ALONE.search(tape):
            return 1
    return found if found is not None and 1 <= found <= MOST_GUESTS else None


def _numbers(match: re.Match[str], tokens: list[str], chosen: frozenset[str] = _NUMERALS) -> list[int]:
    start, end = match.span()
    return [VALUE_OF[token] for token, kind in zip(tokens[start:end], match[0], strict=True) if kind in chosen]


def _stated_total(tokens: list[str], tape: str, *, is_told: bool, is_aside: bool) -> tuple[int, int] | None:
    """The last total stated outright ("somos 4"), else the last implied one ("para 4"), and where it ends.

    In an aside nothing is implied.
    """
    strong = weak = None
    is_denied = False
    for match in _TOTALS.find(tape, MAX_MENTIONS):
        start = match.start()
        if start and tape[start - 1] in _DENIALS and _NOT_MEANT.search(tape, max(0, start - 3), start):
            is_denied = True
            continue
        if is_told and match.lastgroup not in _STRONG and _TOLD.search(tape, max(0, start - _STORY_LENGTH), start):
            continue
        numbers = _numbers(match, tokens)
        kind = match.lastgroup
        if kind == "rather" and not is_denied:
            continue
        if kind == "typical":
            total = _TYPICAL_FAMILY
        elif kind == "families_of":
            total = numbers[0] * numbers[1]
        elif kind == "families":
            count, *sizes = _numbers(match, tokens, _SOME)
            if len(sizes) < count:
                continue
            total = sum(sizes[:count])
        else:
            is_put_right = not _PUT_RIGHT.isdisjoint(match[0])
            total = sum(numbers) if kind == "plus" else numbers[-1] if is_put_right else max(numbers)
        if kind in _STRONG:
            strong = total, match.end()
        else:
            weak = total, match.end()
    return strong if is_aside else strong or weak


def _on_top_of(total: int, end: int, tokens: list[str], tape: str) -> int:
    """Children named on top of a total: "somos 2 + 1 bebé". With "con", only those that the total cannot hold."""
    added = 0
    while added < MOST_GUESTS and tape[end : end + 1] in _LINKS and (link := _ON_TOP.match(tape, end)):
        part = _MORE.match(tape, link.end())
        if part is None:
            break
        is_two = part["two"] or (part["twins"] and tokens[part.end() - 1] in VALUE_OF)
        if part["twins"] and not is_two:
            break
        count = 2 if is_two else next(iter(_numbers(part, tokens)), 1)
        if _CON in link[0] and (part["kin"] or (total > 2 and (count > 1 or part["known"]))):
            break
        added += count
        end = part.end()
    return added


_MORE = grammar(
    """{LOS|LAS|MY}? COUNT UNKNOWN? {KID|KIDS} | (?P<known> {EL|LA|MY} KID ) | KID
    | MY (?P<kin> KIN ) | THEIR {KIN|COUPLE|KID} | {MY|LOS} (?P<two> KIN2 ) | {MY|LOS|LAS} (?P<twins> KIDS )"""
)


def _sum_of_parts(tokens: list[str], tape: str, *, is_told: bool) -> int | None:
    """The people named one by one, the speaker among them where the words say so."""
    parts = _PARTS.find(tape, MAX_MENTIONS)
    if not parts:
        return None
    first = parts[0].start()
    counts = _heads_by_kind(parts, tokens)
    before = tape[max(0, first - 2) : first]
    is_with, is_for = _CON in before, _PARA in before
    is_story = is_told and (
        _TOLD.search(tape, max(0, first - _STORY_LENGTH), first) is not None
        or any(_TOLD_OF_THEM.match(tape, part.end()) for part in parts)
    )
    is_talk = is_with and _TALK.search(tape, max(0, first - 3), first) is not None  # "lo hablo con mi marido"
    if (
        is_story
        or is_talk
        or not _is_party(counts, is_with=is_with, is_for=is_for, is_owned=_OWN in before, is_mine=before[-1:] == _MY)
    ):
        return None
    people = sum(counts.values())
    if counts.keys() & _RELATIVES and counts.keys().isdisjoint({"grown", "speaker", "we"}) and not is_for:
        if "friends" in counts and _SOMOS in before:
            return people  # "somos 3 hermanas y nuestra mamá"
        is_company = is_with or (people > 1 and counts.keys() != {"parents"} and not _ACTS.match(tape, parts[-1].end()))
        return people + 1 if is_company else None
    speaks_of_company = is_with and counts.keys() <= {"friends", "kids"}
    return people + ("speaker" in counts or speaks_of_company)


def _heads_by_kind(parts: list[re.Match[str]], tokens: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for part in parts:
        kind = part.lastgroup
        assert kind is not None
        if kind == "uncounted" and part[0][-1] in _KIDS and tokens[part.end() - 1] in VALUE_OF:
            kind, heads = "twins", _TWINS
        else:
            heads = next(iter(_numbers(part, tokens)), 1) * _HEADS.get(kind, 1)
        counts[kind] = counts.get(kind, 0) + heads
    if each := counts.pop("each", 0):
        couples = counts.get("couples", 0)
        kind = "kids" if couples else "uncounted"
        counts[kind] = counts.get(kind, 0) + each * max(1, couples // _HEADS["couples"])
    if "kids" in counts:
        counts.pop("the_child", None)  # "1 nene de 3 años, ¿el nene paga?"
    return counts


def _is_party(counts: Mapping[str, int], *, is_with: bool, is_for: bool, is_owned: bool, is_mine: bool) -> bool:
    """Whether those named are the guests, all of them.

    Not in "¿un bebé de 10 meses paga?", "tengo 3 hijos, ¿hay juegos?" or "yo reservé el 15".
    """
    if "uncounted" in counts:
        return False
    if counts.keys() <= {"child", "the_child", "baby", "twins"}:
        return is_with and "child" in counts
    if counts.keys() == {"friends"} and is_mine:  # "mis 4 hermanos viven allá"
        return is_with
    if counts.keys() == {"kids"}:
        return counts["kids"] > 1 and not is_owned
    return is_for or counts.keys() != {"speaker"}
