"""Where on the tape a day, a span of days or a length of stay is mentioned; `cabanas.nlu.points` says what it means."""

from __future__ import annotations

import re

from cabanas.nlu.grammar import Anchored, grammar

# Beyond this many mentions a text is no request for a stay; the bound keeps the worst case linear and small.
MAX_MENTIONS = 32

_FRAGMENTS = {
    # What stands after a number and makes it count something else than days of the month.
    "tail": """(?! (?! {NOCHES|DIAS|PERSONS|GROWN|KIDS} COLON DIGITS )
            RO? {HOUR|THING|PET|LODGING|CASH|PERSONS|GROWN|KID|KIDS|COUPLE|COUPLES|FRIENDS|NOCHE|NOCHES|DIAS
            |SEMANA|SEMANAS|MES|MESES|ANOS|PERCENT|FAMILIES|BIG|FIT}
        | {A|AL|HASTA} EL? D99 {DE|DEL}? MONTH
        | COLON DIGITS | X {D12|W12|UNO} (?! @length_unit | PERSONS ) | {GLUED|YGLUED|WORKER} | DASH BIG
        | {A|AL|Y|O|DASH} DIGITS {PERCENT|CASH}
        | Y HALF | (?: {Y|A|O} DAY )? DE LA {NOCHE|TARDE|MANANA} | ES {EL|LA|MY} | EQUALS | DE {CLOCK_TIME|HOUR}
        | {Y|O|A} DIGITS {HOUR|THING|PERSONS|GROWN|KIDS|NOCHES|DIAS|ANOS|SEMANAS|CASH|FRIENDS} )""",
    "nextish": "QUE? VIENE | PROXIMO",
    "next_week": "(?:DE|EN)? LA? (?: SEMANA @nextish | PROXIMO SEMANA | OTRO SEMANA )",
    "weekend": "FINDE | FIN DE? SEMANA",
    "ahead": """(?<={EN|ABOUT|DE|A})
        (?: (?<=EN) | (?<=EN ABOUT) | (?<=DENTRO DE) | (?<=DENTRO DE ABOUT) | (?<=DE ACA A) )""",
    # A single day of the month, not the first end of a range.
    "of_day": """DIA? (?: S DIGITS | {DAY|PRIMERO} RO? (?: {DE|DEL}? MONTH (?: {DE|DEL} YEAR)? )? )
        (?! RO? (?: {A|AL|HASTA|DASH|Y} {EL|AL}? {DAY|GLUED|WEEKDAY}
            | COMMA {EL|AL}? {DAY|GLUED|WEEKDAY} @tail ) ) @tail""",
    "the_other": "(?: {ME|NOS}? {POWER|SUIT} )? {COMMA|DOT}? {SINO|Y}? EL (?: OTRO | @nextish )",
    # "la primera de enero" is a fortnight, "el primero de enero" a day.
    "ordinal": "(?: ORDINAL | D12 RO )",
    "of_month": "{DE|DEL} (?:MES DE)? MONTH (?: {DE|DEL}? YEAR )?",
    "out": "{OUT_WORD|LEAVE}",
    "day_name": "{NAVIDAD|NOCHEBUENA|CARNAVAL|PASCUA|REYES|SANTA|LOVERS|FINDE|LARGO}",
    # "hoy 16 y mañana 17"
    "its_number": "(?: DIGITS @tail (?= {Y|A|AL|HASTA|COMMA} | $ ) )",
    "holy_week": "SEMANA SANTA | PASCUA",
    "holiday": """(?: FERIADO DE )? (?: @holy_week ) | (?: FERIADO {DE|DEL} )? CARNAVAL | NAVIDAD | NOCHEBUENA
        | NOCHE BUENA | ANO NUEVO | {FIN|FINES} DE ANO | (?<={PARA|EN|DE|POR|X|HASTA|A|Y}) REYES | DIA DE REYES
        | WEEKDAY (?: SANTO | DE PASCUA ) | DIA DE LA MOTHER | DIA DEL FATHER
        | DIA {DE|DEL} {LA|LAS|LOS}? {CHILD|KID|KIDS}
        | DIA DE LOS LOVERS | (?: DIA DE )? SAN LOVERS
        | (?<={FINDE|LARGO|SEMANA} DE LA) {INDEPENDENCE|FLAG|SOVEREIGNTY|DIVERSITY|VIRGIN}
        | {FERIADO|DIA} {DE|DEL} {LA|LAS|LOS}? {WORKER|INDEPENDENCE|FLAG|SOVEREIGNTY|DIVERSITY|MALVINAS|VIRGIN}""",
    # "semana santa 2027", "navidad del año que viene"
    "dated_holiday": "(?: @holiday ) (?: {DE|DEL}? YEAR | {DE|DEL} (?: ANO @nextish | PROXIMO ANO ) )?",
    "length_unit": "NOCHE | NOCHES | DIAS | DIA | SEMANA | SEMANAS | QUINCENA | MES | MESES",
    "span_unit": "DIAS | DIA | SEMANA | SEMANAS | MES | MESES | QUINCENA | ANO | ANOS",
}

# In order: at one token the first kind that matches wins, so the longest forms come first.
_KINDS = {
    "iso": "YGLUED N DIGITS",
    "numeric_full": """(?: S | (?<!BIG) N | P ) {S12|N12|P12}
        (?: YEAR | YGLUED | N31 | {DIGITS|D99} @tail (?! {DE|DEL}? MONTH ) )""",
    "glued_day": """{N|S|P} (?= (?: {N|S|P} ){0,4} DAY RO? {DE|DEL}? MONTH ) | N (?= S DIGITS @tail )
        | (?<={DEL|EL|DIAS}) N (?= D31 @tail )""",
    "numeric": """{D12|D31} SLASH D12 @tail | (?<!{MONEY|UN|LAS}) S (?: N12 (?= {S|N} )
            | D12 (?: @tail | (?= X {D12|W12} ) ) )
        | (?<!{MONEY|BIG}) N D12 @tail
        | (?<!{MONEY|LAS|CLOCK_TIME}) P (?: D12 @tail | N12 (?= P ) )""",
    "worded": """{D12|D31} {SLASH|DASH} MONTH (?: {SLASH|DASH} {YEAR|D31} )? @tail
        | (?<!{EN|STREET|VENUE}) (?<!{HOME|LEAVE|SOMOS|VENUE|STREET} DE) (?! (?<=LA) @ordinal )
        {DAY|UNO|PRIMERO} RO? {DE|DEL}? (?: MES DE )? MONTH
        (?: COMMA? {DE|DEL}? ANO? YEAR | {DE|DEL} ANO PASADO | {DEL|DE} D31 (?! {AL|A|HASTA|DASH|DE|DEL|MONTH|Y} )
            | BIG | D99 @tail )? (?! AL BIG )""",
    "month_first": """MONTH {EL|COLON|COMMA}? DIGITS (?= {AL|A|HASTA|DASH} {EL|MONTH}? DIGITS ) @tail
        | MONTH N (?= DIGITS @tail )
        | (?<=MONTH DIGITS {AL|A|HASTA|DASH}) MONTH DIGITS @tail""",
    "day_of_numbered_month": "(?<={EL|DEL|AL|DIA}) DAY {DE|DEL} {D12|W12} (?! {RO|MONTH|DE|A} ) @tail",
    "weekend": """(?: {ESTE|ESE|PROXIMO|OTRO|ORDINAL} | D12 RO )?
            (?: @weekend ) (?: PROXIMO | ESTE (?= COMMA? NO ) )? (?: UNKNOWN? LARGO )?
            (?: @nextish | PASADO | QUE PROMISE | @next_week | AFTER DE ESTE | AFTER (?= {DEL|AL} FERIADO ) )?
            (?: {ANTES|AFTER} {DE|DEL} LA? (?: @dated_holiday | (?: FERIADO {DE|DEL} )? @of_day )
                | (?<! LARGO ) {DEL|AL} FERIADO (?! {DE|DEL} )
                | DEL DAY Y EL? DAY (?! RO? {DE|DEL}? MONTH ) @tail
                | {DEL|AL} (?: FERIADO {DE|DEL} | WEEKDAY )? @of_day | @of_month (?: COMMA EL {DEL|DE} @of_day )?
                | (?: {DE|DEL} LA? )? @dated_holiday | (?<=LARGO) MONTH
                | S D12 @tail (?! {A|AL|HASTA|DASH|MONTH|DE|Y} )
                | COMMA? NO @the_other | (?<= NO ESTE FINDE ) @the_other | (?<= NO ESTE FIN DE SEMANA ) @the_other )?
        | FERIADO {FERIADO|BRIDGE|LARGO}? @of_month | (?<!ES) FERIADO {BRIDGE|LARGO}
        | BRIDGE (?: {DEL|AL} (?: FERIADO {DE|DEL} )? @of_day | @of_month | (?: {DE|DEL} LA? ) @dated_holiday )""",
    "holiday": "@dated_holiday",
    "week": """(?: ESTE | ESE | PROXIMO | OTRO | ORDINAL | TODO LA? | D12 {RO|A} )? SEMANA (?! SANTA )
        (?: @nextish | PASADO | QUE PROMISE )?
        (?: DEL WEEKDAY? @of_day | @of_month | {DE|DEL} @dated_holiday )?""",
    "fortnight": """(?: ORDINAL | D12 {RO|A}? ) QUINCENA (?: @of_month )? | QUINCENA DEL @of_day
        | (?<=LA) @ordinal @of_month""",
    "part_of_month": """(?: PRINCIPIOS | MEDIADOS | FINES | FIN | {FIRST_ONES|LAST_ONES} DIAS ) {DE|DEL}
        (?: (?:MES DE)? MONTH | ESTE? MES (?: @nextish )? )""",
    "whole_month": "TODO (?:EL MES DE)? MONTH | MES DE MONTH ENTERO | MONTH ENTERO",
    "relative_month": "MES (?: @nextish | PASADO | CORRIENTE ) | {PROXIMO|OTRO|ESTE|PASADO} MES | CORRIENTE",
    "month": "MONTH (?: {DE|DEL}? YEAR | PASADO )? | (?<=LAS) FEASTS",
    "next_year": "ANO (?: @nextish ) | {PROXIMO|OTRO} ANO",
    "odd_offset": "@ahead COUNT (?: (?: @span_unit ) {Y|CON} COUNT (?: @span_unit ) | {ANO|ANOS} )",
    "offset": "@ahead (?: COUNT | UN PAR DE ) (?: @span_unit )",
    "price": "MONEY {DIGITS|D99} {A|AL|DASH|Y|O} {DIGITS|D99}",
    "ago": "HACE COMO? COUNT (?: @span_unit | NOCHES | HOUR | THING )",
    "length": """(?<!{KID|KIDS} DE) (?: UN PAR DE | COUNT (?: {O|A|DASH} SOME )? SOLO? ) (?: @length_unit )
        (?: (?<=NOCHES) {DOT|COMMA|ASK}? (?: NO COMMA | CORRECTION COMMA? ) {QUE|ES|SERIA}? SOME
                (?= {COMMA|DOT|ASK} | $ )
            | (?<=NOCHES) MAS O SAME | {Y|COMMA|SLASH|CON}? SOME NOCHES )?
        | NOCHES COLON DIGITS | (?<!{COUNT|GREETING|LAS|DE}) NOCHES DIGITS (?= {COMMA|DOT} | $ )""",
    "overmorrow": """PASADO MANANA
        | (?: (?<=MANANA {Y|A}) | (?<=MANANA WEEKDAY {Y|A}) | (?<=HASTA) | (?<={ME|NOS} GO) )
            PASADO (?! {MANANA|MES|ANO} )""",
    "tomorrow": "(?<!{LA|ESTE|ESE}) MANANA @its_number?",
    "today": """(?<!{BIG|CASH}) HOY (?! EN {DAY|UN} | ESTE A? {BIG|MONEY|UNKNOWN|CASH} )
            @its_number? | ESTE {NOCHE|TARDE}""",
    "weekday": """MAR (?= GLUED | DIGITS (?: {DE|DEL}? MONTH | {AL|A|DASH} ) )
        | INITIAL (?= DAY {A|AL|DASH} {INITIAL|DE} DAY )
        | {ESTE|ESE|PROXIMO|OTRO|ORDINAL}? WEEKDAY (?: PASADO | QUE PROMISE | @next_week
            | (?: @nextish | ESTE )? COMMA? NO COMMA? EL (?: OTRO | @nextish ) | @nextish
            | DOT (?= DAY ) | DE ESTE SEMANA | @of_month
            | (?<= NO ESTE WEEKDAY ) @the_other )?""",
    "feriado": "FERIADO {DE|DEL} DAY RO? (?! {DE|DEL}? MONTH ) @tail",
    "day": """(?: (?<={EL|DEL|AL|DIA|DIAS|WEEKDAY}) | (?<=WEEKDAY DOT) ) (?: DAY | N31 ) RO? @tail
        | (?<=ENTRE) (?<!{SOMOS|GO|BE|PARA|SERIA|ES} ENTRE) {D31|W31} @tail
        | (?<={DEL|AL|EL}) {UNO|PRIMERO} (?= {AL|HASTA|DASH|Y} )
        | (?<={ARRIVE|LEAVE|CALENDAR_DATE|DESDE|IN_WORD|OUT_WORD}) DIGITS @tail
            (?= {COMMA|Y|AL|A|HASTA|LEAVE|OUT_WORD|CHECK|DASH} | PAREN WEEKDAY )
        | (?<!MONEY) DAY RO? @tail (?= {AL|DASH} {DIA|EL|WEEKDAY}? (?: DAY RO? @tail | {S|N|P} {D12|S12|N12|P12} ) )
        | (?<!SOMOS) {DAY|PRIMERO|UNO} RO? @tail (?= {A|AL|HASTA|DASH} EL? DIA?
                (?: DAY RO? {DE|DEL}? MONTH | {S|N|P} {D12|S12|N12|P12} )
            | HASTA EL DAY @tail )
        | DAY @tail (?= (?: COMMA DAY ){0,6} COMMA? {Y|O} EL? DAY RO? {DE|DEL}? MONTH )
        | DAY @tail (?= (?: COMMA DAY ){1,6} {DE|DEL}? MONTH )
        | (?: (?<=@day_name) | (?<=@day_name COMMA) ) DAY @tail (?= Y DAY @tail )
        | DAY @tail (?= {DEL|DE} {ESTE|OTRO|PROXIMO|CORRIENTE}? MES )
        | (?: (?<=INITIAL) | (?<=INITIAL DAY {A|AL|DASH} DE) ) DAY @tail
        | (?: (?<!{SOMOS|PARA|X}) DAY | D31 ) (?= (?: (?: DAY ){1,5} Y DAY | (?: DAY ){2,6} ) {DE|DEL}? MONTH )
        | (?<=DAY) DAY (?= DAY {DE|DEL}? MONTH )
        | (?: (?<=MONTH @out) | (?<=MONTH CHECK @out) | (?<=MONTH {COMMA|Y} @out) | (?<=MONTH {COMMA|Y} CHECK @out) )
            DIGITS @tail
        | DIGITS @tail (?= (?: COMMA DIGITS ){0,6} {Y|O} EL? S D12 )
        | (?<!{SOMOS|PARA}) D31 (?= Y D12 RO ) | (?<=D31 Y) D12 RO @tail
        | (?<=N31) (?<!{N12|BIG} N31) D31 @tail | (?<=MONTH N) DIGITS @tail""",
    # Counts only right after another day.
    "linked_day": "(?: (?<=DAY{Y|COMMA|O|HASTA}) | (?<={MONTH|COLON} DAY {A|DASH}) ) DAY @tail",
}


_MENTIONS = Anchored(_KINDS, _FRAGMENTS)
HOLIDAY = grammar("@dated_holiday", _FRAGMENTS)


def find_mentions(tape: str) -> list[re.Match[str]]:
    """The mentions on the tape from left to right, MAX_MENTIONS at most; ``lastgroup`` is the kind of each."""
    return _MENTIONS.find(tape, MAX_MENTIONS)
