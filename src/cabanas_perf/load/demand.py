"""What guests of load runs ask for: made up, but spread as in life over seasons, cabins and lengths of stay."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

HORIZON_DAYS = 700
"""How far ahead guests look; the service takes reservations two years ahead."""

_FIRST_DAY_AHEAD = 7
# How keen guests are to come, by month: the southern summer and July's holidays against the quiet of May.
_SEASON = (1.0, 0.95, 0.55, 0.55, 0.3, 0.35, 0.85, 0.45, 0.45, 0.55, 0.55, 0.8)
_HOT_EVERY = 5
_HOT_WEIGHT = 2.0
_MIN_NIGHTS, _MAX_NIGHTS = 2, 5
_AREA_CODES = (
    220, 221, 223, 230, 236, 237, 249, 260, 261, 263, 264, 266, 280, 291, 294, 297, 298, 299, 336, 341, 342, 343, 345,
    348, 351, 353, 358, 362, 364, 370, 376, 379, 380, 381, 383, 385, 387, 388,
)  # fmt: skip


_BUSINESS_TIME_ZONE = ZoneInfo("America/Argentina/Buenos_Aires")


def business_today() -> date:
    """Today where the cabins are, which is the day that the service goes by."""
    return datetime.now(_BUSINESS_TIME_ZONE).date()


@dataclass(frozen=True, slots=True)
class Cabin:
    """What the list of accommodations says of one."""

    id: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Wish:
    accommodation_id: int
    check_in: date
    check_out: date
    guests: int


def make_wish(cabins: Sequence[Cabin], today: date, rng: random.Random) -> Wish:
    """A stay of 2 to 5 nights within `HORIZON_DAYS`; every fifth cabin is asked for twice as often."""
    cabin = rng.choices(cabins, cum_weights=_cabin_weights(len(cabins)))[0]
    days_ahead = rng.choices(range(_FIRST_DAY_AHEAD, HORIZON_DAYS), cum_weights=_day_weights(today))[0]
    check_in = today + timedelta(days=days_ahead)
    return Wish(
        cabin.id,
        check_in,
        check_in + timedelta(days=rng.randint(_MIN_NIGHTS, _MAX_NIGHTS)),
        rng.randint(1, min(4, cabin.capacity)),
    )


@lru_cache(maxsize=4)
def _cabin_weights(count: int) -> tuple[float, ...]:
    return tuple(accumulate(_HOT_WEIGHT if number % _HOT_EVERY == 0 else 1.0 for number in range(count)))


@lru_cache(maxsize=4)
def _day_weights(today: date) -> tuple[float, ...]:
    return tuple(
        accumulate(_SEASON[(today + timedelta(days=days)).month - 1] for days in range(_FIRST_DAY_AHEAD, HORIZON_DAYS))
    )


def make_phone(rng: random.Random) -> str:
    """A mobile number in 555 01xx, which is kept for fiction, in E.164.

    Replies to one guest leave one after the other, so a few dozen guests would queue where thousands do not.
    """
    return f"+549{rng.choice(_AREA_CODES)}55501{rng.randrange(100):02d}"


_OPENINGS = ("Hola!", "Buenas,", "Hola, buen día.", "Buenas tardes!", "Qué tal?", "")
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_QUESTIONS = (
    "Tenés lugar del {first} al {last} de {month} para {guests}?",
    "Hay disponibilidad para {guests} personas del {first} al {last} de {month}?",
    "Cuánto sale del {first} al {last} de {month} para {guests} personas?",
    "Quisiera saber el precio para {guests}, {nights} noches a partir del {first} de {month}",
    "Aceptan mascotas? Tienen wifi y estacionamiento?",
    "Hay pileta y parrilla en la cabaña?",
    "A qué hora es el check in?",
    "Quiero cancelar mi reserva",
    "Gracias!",
)


def make_message(today: date, rng: random.Random) -> str:
    """What a guest writes on WhatsApp: questions about dates, prices and comforts. None of them books."""
    first = rng.randint(1, 22)
    nights = rng.randint(_MIN_NIGHTS, _MAX_NIGHTS)
    question = rng.choice(_QUESTIONS).format(
        first=first,
        last=first + nights,
        month=_MONTHS[(today.month + rng.randrange(1, 11)) % 12],
        guests=rng.randint(1, 6),
        nights=nights,
    )
    return f"{rng.choice(_OPENINGS)} {question}".strip()
