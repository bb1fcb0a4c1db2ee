"""A seeded stream of guest messages as a cabin business in Argentina receives them.

Each message is put together from parts that guests write: a greeting, what they want, when, how many, and the odd
phone number, price or street that must not be read as a date. The same arguments give the same stream on any
machine and any day.

Real inboxes repeat themselves ("hola", "precio?"), and a cache looks better the more they do; so the share of
repeats is an argument, and the repeated texts follow Zipf's law.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random

# The day the streams are written on: a Tuesday, so that "el viernes" lies ahead.
REFERENCE_DATE = date(2025, 10, 14)
DEFAULT_REPEAT_SHARE = 0.3
# The texts that repeat, and the exponent of the law: the first is sent twice as often as the second.
REPEATED_TEXTS = 50
ZIPF_EXPONENT = 1.0

_MONTHS = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]
_WEEKDAYS = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
_GREETINGS = (
    ("", 8),
    ("Hola! ", 8),
    ("hola ", 6),
    ("Buenas, ", 4),
    ("Buenas tardes, ", 3),
    ("Hola, ¿cómo estás? ", 3),
    ("Buen día! ", 3),
    ("holaa ", 2),
    ("Hola 👋 ", 2),
)
_REQUESTS = (
    ("¿tenés disponibilidad {when}{who}?", 9),
    ("hay lugar {when}? {are}", 8),
    ("quería saber si tienen libre {when}{who}", 6),
    ("cuánto sale {when}{who}?", 8),
    ("me pasás precio {when}{who}", 5),
    ("q precio tiene la cabaña {when}{who}", 3),
    ("quiero reservar {when}, {are}", 6),
    ("reservame {when} por favor, {are}", 3),
    ("hay disponibilidad y cuanto sale {when} {are}", 4),
    ("{are}, llegamos {when}, puede ser?", 2),
    ("necesito cancelar la reserva {when}", 2),
    ("tienen {service}? y lugar {when}?", 3),
)
_ASIDES = (
    ("", 30),
    (" Mi tel es 11{phone}", 2),
    (" Me habían dicho ${price}.000 la noche", 2),
    (" Hoy te deposito la seña", 1),
    (" gracias!!", 6),
    (" 🙏", 2),
    (" Llegaríamos a las 22hs", 2),
    (" Estuvimos el año pasado y nos encantó", 1),
)
_SHORT = (
    "hola", "Hola!", "buenas tardes", "buen día", "gracias!", "ok", "precio?", "cuanto sale?", "hay lugar?",
    "aceptan mascotas?", "tienen pileta?", "tienen wifi?", "a que hora es el check in?", "donde quedan?",
    "cuanto sale la noche?", "hay disponibilidad?", "me pasas fotos?", "dale, la tomo", "quiero cancelar",
    "incluye desayuno?", "tienen cochera?", "cuantas personas entran?", "hay lugar este finde?",
    "cuanto sale este finde para 2?", "tenes lugar mañana?",
)  # fmt: skip
_SERVICES = ("wifi", "pileta", "parrilla", "cochera", "ropa blanca", "aire acondicionado", "calefacción", "desayuno")
_PARTIES = (
    ("{n} personas", 10),
    ("{n}", 5),
    ("{n} adultos", 3),
    ("2 adultos y {k} nenes", 6),
    ("una pareja con {k} hijos", 2),
    ("una pareja", 3),
    ("familia de {n}", 2),
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the stream; ``is_repeat`` says that an earlier one had the same text."""

    text: str
    reference_date: date
    is_repeat: bool


def message_stream(
    seed: int, count: int, *, distinct: bool = False, repeat_share: float = DEFAULT_REPEAT_SHARE
) -> Iterator[Message]:
    """``count`` messages, the same for the same arguments.

    ``repeat_share`` (0 to 1) is the share of messages drawn from `REPEATED_TEXTS` common texts by Zipf's law with
    exponent `ZIPF_EXPONENT`; all others are new. With ``distinct`` no text comes twice.

    Raises:
        ValueError: ``repeat_share`` is no share, or ``count`` is negative.
    """
    if not 0 <= repeat_share <= 1:
        raise ValueError(f"repeat_share must lie between 0 and 1, not {repeat_share}")
    if count < 0:
        raise ValueError(f"count must not be negative, not {count}")
    return _stream(Random(seed), count, 0.0 if distinct else repeat_share)  # noqa: S311 - a workload, no secret


def _stream(random: Random, count: int, repeat_share: float) -> Iterator[Message]:
    common = [*_SHORT, *(_compose(random) for _ in range(REPEATED_TEXTS - len(_SHORT)))]
    random.shuffle(common)
    weights = list(accumulate(1 / rank**ZIPF_EXPONENT for rank in range(1, REPEATED_TEXTS + 1)))
    seen: set[str] = set()
    for _ in range(count):
        if random.random() < repeat_share:
            text = common[bisect(weights, random.random() * weights[-1])]
        else:
            text = _new_text(random, seen)
        yield Message(text, REFERENCE_DATE, text in seen)
        seen.add(text)


def _new_text(random: Random, seen: set[str]) -> str:
    text = random.choice(_SHORT) if random.random() < 0.1 else _compose(random)
    while text in seen:
        text = _compose(random)
    return text


def _compose(random: Random) -> str:
    party = _draw(random, _PARTIES).format(n=random.randint(1, 8), k=random.randint(2, 4))
    request = _draw(random, _REQUESTS).format(
        when=_when(random),
        who=f" para {party}" if random.random() < 0.6 else "",
        are=f"somos {party}" if random.random() < 0.8 else "gracias",
        service=random.choice(_SERVICES),
    )
    aside = _draw(random, _ASIDES).format(phone=random.randint(30_000_000, 69_999_999), price=random.randint(40, 160))
    return _as_typed(random, f"{_draw(random, _GREETINGS)}{request}{aside}")


def _when(random: Random) -> str:
    first = REFERENCE_DATE + timedelta(days=random.randint(1, 150))
    last = first + timedelta(days=random.choice((1, 2, 2, 3, 3, 4, 5, 7, 7, 10, 14)))
    nights = (last - first).days
    month, last_month = _MONTHS[first.month - 1], _MONTHS[last.month - 1]
    if first.month == last.month:
        in_words = f"del {first.day} al {last.day} de {month}"
    else:
        in_words = f"del {first.day} de {month} al {last.day} de {last_month}"
    weekday, last_weekday = _WEEKDAYS[first.weekday()], _WEEKDAYS[last.weekday()]
    forms: Sequence[tuple[str, int]] = (
        (in_words, 12),
        (f"del {first.day}/{first.month} al {last.day}/{last.month}", 8),
        (f"{first.day}/{first.month:02} - {last.day}/{last.month:02}", 2),
        (f"el {first.day} de {month}", 4),
        (f"desde el {first.day}/{first.month} por {nights} noches", 4),
        (f"del {weekday} {first.day} al {last_weekday} {last.day} de {last_month}", 4),
        ("este finde", 4),
        ("el finde largo", 2),
        ("del viernes al domingo", 3),
        ("mañana", 1),
        ("en semana santa", 1),
        (f"la primera quincena de {month}", 2),
        (f"el finde del {first.day} de {month}", 2),
        (f"para el {first.day}", 2),
    )
    return _draw(random, forms)


def _as_typed(random: Random, text: str) -> str:
    """As thumbs type it: often without accents or opening marks, at times in capitals."""
    style = random.random()
    if style < 0.45:
        return text.translate(str.maketrans("áéíóúñ", "aeioun", "¿¡"))
    if style < 0.6:
        return text.lower()
    return text.upper() if style < 0.64 else text


def _draw(random: Random, weighted: Sequence[tuple[str, int]]) -> str:
    return random.choices([text for text, _ in weighted], [weight for _, weight in weighted])[0]
