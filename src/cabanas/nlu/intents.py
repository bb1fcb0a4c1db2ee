"""What the guest wants: several intents may hold.

A greeting counts only where nothing else is said. Cancelling beats booking, and a negated booking is none. A message
that states days of a stay without saying what for asks for availability.
"""

from __future__ import annotations

from cabanas.nlu.grammar import classes, grammar

DISPONIBILIDAD, PRECIO, RESERVAR, SERVICIOS = "disponibilidad", "precio", "reservar", "servicios"
CANCELAR, SALUDO, DESCONOCIDO = "cancelar", "saludo", "desconocido"
INTENTS = (DISPONIBILIDAD, PRECIO, RESERVAR, SERVICIOS, CANCELAR, SALUDO, DESCONOCIDO)

_FRAGMENTS = {
    # "no quiero cancelar", "no la reservo", "sin reservar"
    "wanted": "(?<!{NO|SIN|NEVER}) (?<!{NO|NEVER} {WANT|ME|LO|LA|TE|SE|POWER|GO|UNKNOWN}) (?<!NO {ME|LO|LA|TE|GO} {WANT|GO|A})"
    " (?<!NO GO A)",
    "offered": "(?<!{PRICE|HOW_MUCH|WHERE}) (?: HAY | HAVE | REMAIN )",
    "day": "DAY | WEEKDAY | FINDE | GLUED | MANANA | HOY | FIN | SEMANA",
}

_CANCEL = grammar(
    """@wanted (?<!SERVICE DE) CANCEL (?! {EL|LA|DEL}? (?: PAY | DEPOSIT | TOTAL ) )
    | {DE|LA|UNKNOWN} BAJA | REFUND
    | NO {NOS|ME}? (?: GO A POWER | POWER | GO A ) (?: GO | UNKNOWN | ARRIVE ) (?! {ES|MAS} )
    | NO GO (?: {COMMA|DOT|NADA} | $ ) """.replace("|NADA", ""),
    _FRAGMENTS,
)
_BOOK = grammar(
    """@wanted BOOK | (?<!{MY|OWN|LA|DE|SIN|NO|LAS|ESTE|NUESTRA}) (?<!OWN {UN|LA|YA}) BOOKING
    | {WANT|MAKE|CONFIRM|BOOK} UNKNOWN? LA BOOKING | (?<!NO) {LA|LO} TAKE | {ME|NOS} TAKE CON | {LA|LO} WANT (?!{UNKNOWN|QUE})
    | (?<!{TE|LE|SE|LO|YA|NO}) (?<!{TE|LE} {LA|LO}) CONFIRM (?! {SI|MANANA|WEEKDAY|HOY}) | CHANGE {LA|EL|MY|DE|CALENDAR_DATE|UNKNOWN}{0,4} BOOKING""".replace(
        "|NUESTRA", ""
    ),
    _FRAGMENTS,
)
_AVAILABLE = grammar(
    """FREE | (?<!{AIR|UNKNOWN}) LIBRE | (?<!{QUE|EL|DEL|ESE|ESTE|BOOK}) PLACE (?! PARA {EL|LA|UN|LOS}? {SERVICE|THING|PET} )
    | TAKEN | @offered {ANY|UN}? {LODGING|CALENDAR_DATE} | @offered ALGO (?! {PRICE|SERVICE} ) | @offered {PARA|DEL|ENTRE|DESDE}
    | @offered EL? (?: @day ) | REMAIN {ALGO|ANY|UN|LODGING} | WANT {ALGO|ANY|UN|SOME}? LODGING """,
    _FRAGMENTS,
)
_PRICE = grammar(
    """PRICE | (?<! A ) HOW_MUCH (?! {ANTES|ARRIVE} ) | A HOW_MUCH (?! {DE|DEL|REMAIN} | ESTE UNKNOWN? {DE|DEL} | UNKNOWN {DE|DEL} )
    | QUE? WORTH {LA|EL|POR|DE|DEL|X|PARA|UN|ES} | QUE {SELLS|WORTH} | {ME|NOS|LE} SELLS | SELLS {MONEY|COUNT|LA|POR|X|PARA|ASK}
    | D12 X D12""",
    _FRAGMENTS,
)
_SERVICE = grammar(
    """(?<!{CON|SIN}) (?<!{CON|SIN} {SERVICE|UNKNOWN} Y) SERVICE | SELLS CON | WHERE | HOW_MANY (?! {NOCHES|DIAS|SEMANAS} )
    | NEAR | CLOCK_TIME | A HOW_MUCH (?: {DE|DEL|REMAIN} | ESTE UNKNOWN? {DE|DEL} | UNKNOWN {DE|DEL} )
    | {HAVE|HAY} {COUNT|LAS|LOS|EL|LA}? {THING|SERVICE} | A COUNT THING {DE|DEL} | COMO (?: MAKE PARA | SE | HAGO PARA | LA )? ARRIVE
    | {MAY|POWER|SE} (?: {BRING|GO|ARRIVE} ) (?: CON )? {MY|UN|LA|EL|SOME|NUESTRO|LOS|LAS}? PET | PLACE PARA {EL|LA|UN|LOS}? {SERVICE|THING}""".replace(
        "|NUESTRO", ""
    ).replace("| HAGO PARA ", ""),
    _FRAGMENTS,
)
# What counts only where nothing else is asked: "cabaña con pileta, ¿hay lugar?" is no question about the pool.
_SERVICE_ALONE = grammar("SERVICE | PET | (?<!{POR|POR LA}) INFO | CHECK | FIT".replace("{POR|POR LA}", "{POR|LA}"))
_PRICE_ALONE = grammar("DEPOSIT | MONEY | WORTH")

_CANCEL_CLASSES = classes("CANCEL BAJA NO REFUND")
_BOOK_CLASSES = classes("BOOK BOOKING TAKE WANT CONFIRM CHANGE")
_AVAILABLE_CLASSES = classes("FREE LIBRE PLACE TAKEN HAY HAVE REMAIN WANT")
_PRICE_CLASSES = classes("PRICE HOW_MUCH WORTH SELLS X")
_SERVICE_CLASSES = classes("SERVICE SELLS WHERE HOW_MANY NEAR CLOCK_TIME HOW_MUCH HAVE HAY COMO THING MAY POWER SE PLACE")
_ALONE_CLASSES = classes("SERVICE PET INFO CHECK FIT DEPOSIT MONEY WORTH")
_HELLO = classes("HELLO")
_PAYING = classes("PAY PAST")


def read_intents(tape: str, present: frozenset[str], *, names_days: bool) -> tuple[str, ...]:
    """The intents of a message, in the order of `INTENTS`; ``present`` are the classes that stand on the tape."""
    cancels = not present.isdisjoint(_CANCEL_CLASSES) and _CANCEL.search(tape) is not None
    found = []
    if not present.isdisjoint(_AVAILABLE_CLASSES) and _AVAILABLE.search(tape):
        found.append(DISPONIBILIDAD)
    if not present.isdisjoint(_PRICE_CLASSES) and _PRICE.search(tape):
        found.append(PRECIO)
    if not cancels and not present.isdisjoint(_BOOK_CLASSES) and _BOOK.search(tape):
        found.append(RESERVAR)
    if not present.isdisjoint(_SERVICE_CLASSES) and _SERVICE.search(tape):
        found.append(SERVICIOS)
    if cancels:
        found.append(CANCELAR)
    return tuple(found) or _otherwise(tape, present, names_days=names_days)


def _otherwise(tape: str, present: frozenset[str], *, names_days: bool) -> tuple[str, ...]:
    if not present.isdisjoint(_ALONE_CLASSES):
        if _SERVICE_ALONE.search(tape):
            return (SERVICIOS,)
        if present.isdisjoint(_PAYING) and _PRICE_ALONE.search(tape):
            return (PRECIO,)
    if names_days:
        return (DISPONIBILIDAD,)
    return (DESCONOCIDO,) if present.isdisjoint(_HELLO) else (SALUDO,)
