"""What the guest wants: several intents may hold.

A greeting counts only where nothing else is said. Cancelling beats booking, and a negated booking is none. A message
that states days of a stay without saying what for asks for availability.

A service is asked for where it stands in a question, after "tienen", "si" or "y", or beside nothing else that is asked.
Voice notes talk on: where nothing is asked outright, hints count in short messages and in questions alone.
"""

from __future__ import annotations

from cabanas.nlu.grammar import Anchored, grammar
from cabanas.nlu.lexicon import classes, symbol_of

DISPONIBILIDAD, PRECIO, RESERVAR, SERVICIOS = "disponibilidad", "precio", "reservar", "servicios"
CANCELAR, SALUDO, DESCONOCIDO = "cancelar", "saludo", "desconocido"
ABOUT_A_STAY = frozenset({DISPONIBILIDAD, PRECIO, RESERVAR})
INTENTS = (DISPONIBILIDAD, PRECIO, RESERVAR, SERVICIOS, CANCELAR, SALUDO, DESCONOCIDO)

# A service that is named, not asked for.
_MENTION = "mention"

_MOST_SIGNS = 64
# Tokens. Whoever talks longer and asks for nothing has another matter, and has done more than greet.
LONG_TALK, _LONGEST_GREETING = 24, 20

_FRAGMENTS = {
    # "no quiero cancelar", "no la reservo", "sin reservar" are none.
    "wanted": """(?<!{NO|SIN|NEVER}) (?<!{NO|NEVER} {WANT|ME|LO|LA|TE|SE|POWER|UNKNOWN})
        (?<!NO {ME|LO|LA|TE|GO} {WANT|GO|A}) (?<!NO GO A)""",
    # "cuánto sale alquilar la cabaña" asks for no more than a price.
    "unpriced": "(?<!{SELLS|WOULD_LEAVE|PRICE}) (?<!PRICE {DE|POR}) (?<!HOW_MUCH {ESTE|ES|SERIA})",
    # "qué precio tiene el finde" offers no dates.
    "offered": "(?<!{PRICE|HOW_MUCH|WHERE}) {HAY|HAVE|REMAIN}",
    "day": """(?<=EL) DAY (?! {THING|PET|SERVICE} ) | DAY (?= {Y|AL|A|DASH|DE|DEL} {DAY|MONTH} | COMMA DAY Y )
        | WEEKDAY | FINDE | GLUED | MANANA | HOY | FIN | SEMANA""",
    # "la cabaña con pileta", "que tenga buena calefacción", "salgo del gimnasio", "tengo un kiosco" ask for nothing.
    "offering": """(?<!{CON|SIN|PERCENT|DEL|AL}) (?<!CON TODO) (?<!CON {BUENA|GOOD|UN})
        (?<!{CON|SIN} {SERVICE|UNKNOWN} Y) (?<!OWN {UN|LA}) (?<!NO UNKNOWN)
        (?<!{HASTA|CORRECTION} {LA|EL}) (?<!CON AIR) (?<!NO {MAY|POWER} UNKNOWN)
        (?<!MY) (?<!EN LAS) (?<!CON SERVICE A)""",
    "distance": "HOW_MUCH (?: {DE|DEL|REMAIN} | {ESTE|STAND} UNKNOWN? {DE|DEL} | UNKNOWN {DE|DEL} )",
}

_SIGNS = Anchored(
    {
        CANCELAR: """@wanted (?<!SERVICE DE) (?<!OWN ME) CANCEL (?! {EL|LA|DEL}? {PAY|DEPOSIT|TOTAL} )
            | (?<={DE|LA}) BAJA | (?<=UNKNOWN) BAJA (?= {LA|EL|MY} (?! PRICE ) )
            | REFUND | SIN BAJA | NO WANT LA? BOOKING
            | (?<!{DAY|FINDE|WEEKDAY}) NO POWER BREAK
            | NO {NOS|ME}? (?: GO A POWER | GO A ) {GO|UNKNOWN|ARRIVE} (?! {ES|MAS} )
            | NO {NOS|ME}? POWER {GO|ARRIVE} (?! {ES|MAS} ) | (?<!DAY) NO {NOS|ME}? POWER UNKNOWN (?! {ES|MAS} )
            | (?<!SIN {THEY|UNKNOWN}) NO GO (?: A POWER )? (?: {COMMA|DOT} | $ )""",
        RESERVAR: """@wanted @unpriced (?<!{EN|WHERE|CODE})
                (?<!NO ES PARA) (?<!STAND UNKNOWN) (?<!MY {KIN|COUPLE|KID}) (?<!YA SE)
                (?: BOOK_IT | (?<!TE POWER) PLEDGE ) (?! MY {SERVICE|NUMBERED} )
            | (?<!{MY|OWN|LA|DE|SIN|NO|LAS|ESTE|EN}) (?<!OWN {UN|LA|YA}) (?<!NO WANT) BOOKING
            | (?<={ME|NOS}) RESERVE (?! YA )
            | RESERVE (?: UNKNOWN (?: {COMMA|DOT} | $ ) | POR UNKNOWN (?: {COMMA|DOT|LA|UN} | $ ) )
            | (?<!NO) {WANT|MAKE|HACE|CONFIRM|BOOK|ANSWER} {UNKNOWN|CON}? LA BOOKING
            | MAKE (?: DOCUMENT DE LA? )? MY? BOOKING | TAKE {DEL|DESDE} {DIGITS|GLUED|WEEKDAY}
            | WANT MAKE {LA|EL} {ORDINAL|ESTE}? {QUINCENA|SEMANA|FINDE}
            | (?<={LA|LO}) (?<!{NO|YA} {LA|LO}) {TAKE|KEEP}
            | TAKE {LA|LO|EL} (?! {ANO|MES|STREET|WEATHER} ) | (?<={ME|NOS}) KEEP CON | LEAVE_ME RESERVED
            | (?<={LA|LO}) WANT (?! {UNKNOWN|QUE|BRING|GO|MAKE|CHANGE|EN} )
            | (?<!{TE|LE|SE|LO|YA|NO|QUE}) (?<!{TE|LE} {LA|LO}) CONFIRM (?! {SI|MANANA|WEEKDAY|HOY} )
            | (?<={TE|LE}) CONFIRM UNKNOWN? (?: {DEL|DESDE} | EL? WEEKDAY {DIGITS|GLUED} )
            | (?<!NO) WANT {LA|ESTE} LODGING
            | (?<={MAY|POWER|WANT}) CHANGE (?= {PARA|AL} | {LA|EL|MY|DE}{1,2} CALENDAR_DATE )
            | CHANGE {LA|EL|MY|DE|CALENDAR_DATE|UNKNOWN}{0,4} BOOKING""",
        DISPONIBILIDAD: """FREE | (?<!{AIR|UNKNOWN}) LIBRE | TAKEN
            | (?<!{LEAVE_ME|LO|OWN|UNKNOWN}) (?<!OWN TODO) RESERVED
            | WANT {ALGO|ANY|UN|SOME}? LODGING
            | (?<!{QUE|EL|DEL|ESE|ESTE|BOOK}) PLACE (?! PARA UNKNOWN? {EL|LA|UN|LOS}? SOME? {SERVICE|THING|PET} )
            | @offered (?: {ANY|UN|OTRO}? {LODGING|CALENDAR_DATE} | ALGO (?! MAS? {PRICE|SERVICE} ) | NOTHING
                | {LA|LAS} DE COUNT THING
                | PARA (?! MAKE ) | {DEL|ENTRE|DESDE}
                | EL? (?: @day ) )
            | (?<!{QUE|THING|SERVICE|PET}) HAY (?= ASK )
            | (?<={SOME|MONTH|FINDE|PERSONS|LODGING|ALGO}) (?<!THING SOME) HAVE (?= ASK )
            | REMAIN {ALGO|ANY|UN|LODGING|NOTHING}""",
        SERVICIOS: """(?<={QUE|SI|Y|O|HAY|HAVE|ALSO}) @offering SERVICE (?! {GROWN|UNKNOWN}? NO HACE ) | SERVICE PET
            | SELLS CON | (?<!{WANT|CON}) WHERE (?! TE {PAY|TELL} )
            | NEAR (?= {^DOT}{0,6} ASK ) | (?<={QUE|HAY|MAS|REMAIN|ESTE|ES}) (?<!QUE ESTE) NEAR
            | (?<!QUE STAND) (?<=STAND) NEAR
            | (?<=QUE) CLOCK_TIME | CLOCK_TIME (?= {DE|DEL|ARRIVE|LEAVE|CHECK|ASK} )
            | (?<!PARTIR DE) HOW_MANY (?! {NOCHES|DIAS|SEMANAS|SOMOS|GO|THEY_GO} ) | (?<=A) @distance
            | HOW_MUCH HAY {DE|DESDE|HASTA} (?! DEPOSIT ) | (?<= A {COUNT|BIG} ) THING {DE|DEL}
            | (?<!LODGING QUE) {HAVE|HAY} (?: COUNT O )? {COUNT|LAS|LOS|EL|LA}? {THING|SERVICE}
            | COMO (?: MAKE PARA | SE | LA )? ARRIVE
            | {MAY|POWER|SE} {BRING|GO|ARRIVE} CON? {MY|UN|LA|EL|SOME|LOS|LAS}? PET
            | PLACE PARA UNKNOWN? {EL|LA|UN|LOS}? SOME? {SERVICE|THING}""",
        PRECIO: """(?<!LE) (?<!NO UNKNOWN LOS) (?<!ALGO) (?<!LO MAS) PRICE | (?<!Y) WOULD_LEAVE
            | (?<! A ) HOW_MUCH (?! {ANTES|ARRIVE} | UNKNOWN FIT | HAY {DE|DESDE|HASTA} )
            | (?<= A ) (?! @distance ) HOW_MUCH
            | TOTAL {POR|X} COUNT
            | WORTH {LA|EL|POR|DE|DEL|X|PARA|UN|ES} | (?<=QUE) {SELLS|WORTH} | (?<={ME|NOS|LE}) SELLS
            | SELLS {SAME|MONEY|COUNT|GLUED|P99|BIG|MAS|LA|LO|POR|X|PARA|ASK} (?! COLON )
            | (?<!{UN|LA|EL|S|N|P|DE|SIN|CON|O|THING|MISSING} D12) (?<=D12) X D12
            | CASH {LA|LAS|POR|X} COUNT? {NOCHE|NOCHES} ASK""",
        _MENTION: "@offering SERVICE (?! {GROWN|UNKNOWN}? NO HACE )",
    },
    _FRAGMENTS,
)
# What counts only where nothing else is asked: "cabaña con pileta, ¿hay lugar?" is no question about the pool.
_HINTS = Anchored(
    {
        DISPONIBILIDAD: "{HAY|HAVE} (?: ASK | $ | ANY GROWN )",
        SERVICIOS: """(?<!LODGING CON) SERVICE | NEAR | MEANS
            | (?<!Y {UN|MY|SOME}) PET | Y {UN|MY|SOME} PET {^DOT}{0,8} ASK
            | (?<!{POR|LA}) (?<!PROMISE {LOS|MY}) INFO | CHECK (?! DASH? {IN_WORD|OUT_WORD} COLON? GLUED )
            | FIT | COME_IN SOME ASK | THING ASK
            | {HAVE|HAY} {UN|ANY|UNKNOWN} | REACHES | COMO {ES|SE} | SE MAY UNKNOWN | EN QUE UNKNOWN | AIR
            | HAY QUE {UNKNOWN|BRING|LEAVE} (?! DEPOSIT ) | SE MAY {GO|ARRIVE} {EN|CON} UN? {UNKNOWN|THING}
            | THING ES {DE|UN|COUNT|P|PARA|UNKNOWN}
            | {STAND|REMAIN} EN (?: {UNKNOWN|SAN|STREET|LA|DAY} | EL UNKNOWN ) (?! UNKNOWN? MONTH {COMMA|ASK} )
            | OPENING A {LAS|LA} | STREET DOT? {^DOT|ASK}{0,7} ASK | STAND UNKNOWN LA NUMBERED
            | {POWER|MAY} {UNKNOWN|ARRIVE|LEAVE} {ANTES|AFTER|A} {DE|LA|LAS}
            | {POWER|MAY} UNKNOWN LA LODGING {ANTES|AFTER|A}""",
        PRECIO: """(?<!{TELL|PROMISE|PAY|MAKE} {LA|UN}) DEPOSIT | (?<!{ME|NOS}) PAYS | MONEY | WORTH
            | CASH {LA|LAS|POR|X|ASK} | BIG {LA|POR|X} NOCHE | EL TOTAL (?! {DE|ES|SOMOS|SERIA} )""",
    },
    {},
)

_ALONE = classes(
    """MEANS HAVE HAY COMO QUE SERVICE PET INFO CHECK FIT DEPOSIT MONEY WORTH AIR TOTAL COME_IN THING CASH REACHES PAYS
    MAY POWER STAND REMAIN STREET BIG OPENING NEAR"""
)
_GREETS = grammar("HELLO (?! STREET )")  # Buenos Aires is no greeting
_HELLO, _ASK = classes("HELLO"), symbol_of("ASK")
_DONE, _BUSINESS = classes("PAY PAST VISITED"), classes("PAY PROMISE")


def find_signs(tape: str, present: frozenset[str]) -> set[str]:
    """The intents that the message says outright; ``present`` are the classes that stand on the tape."""
    found = {sign.lastgroup or "" for sign in _SIGNS.find(tape, _MOST_SIGNS)}
    if _MENTION in found:
        found.discard(_MENTION)
        # "queremos ir del 5 al 8 así que escaleras no queremos hay lugar"
        if _ASK in present or found.isdisjoint(ABOUT_A_STAY):
            found.add(SERVICIOS)
    return found


def read_intents(found: set[str], tape: str, present: frozenset[str], *, names_stay: bool) -> tuple[str, ...]:
    """The intents of a message, in the order of `INTENTS`.

    ``found`` are those that it says outright, ``present`` the classes that stand on the tape.
    """
    if not found:
        return (_otherwise(tape, present, names_stay=names_stay),)
    if len(found) == 1:
        return tuple(found)
    if CANCELAR in found:
        found.discard(RESERVAR)
    return tuple([intent for intent in INTENTS if intent in found])


def _otherwise(  # noqa: PLR0911 - one for each intent
    tape: str, present: frozenset[str], *, names_stay: bool
) -> str:
    if not present.isdisjoint(_ALONE) and (len(tape) <= LONG_TALK or _ASK in present):
        hints = {hint.lastgroup for hint in _HINTS.find(tape, _MOST_SIGNS)}
        if names_stay and DISPONIBILIDAD in hints:
            return DISPONIBILIDAD
        if SERVICIOS in hints:
            return SERVICIOS
        if PRECIO in hints and present.isdisjoint(_DONE):
            return PRECIO
        if DISPONIBILIDAD in hints:
            return DISPONIBILIDAD
    if names_stay:
        return DISPONIBILIDAD
    if len(tape) > _LONGEST_GREETING or not present.isdisjoint(_BUSINESS) or present.isdisjoint(_HELLO):
        return DESCONOCIDO
    return SALUDO if _GREETS.search(tape) else DESCONOCIDO
