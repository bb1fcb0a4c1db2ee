"""Made-up bookings: who came, when and at what price, as text that COPY takes. Pure: seed and day decide every row.

Skewed like life: summer and July's holidays against the quiet of May, a few cabins that everybody wants and that
collect most of the cancellations, and years of history behind a thin future.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import islice

from cabanas.domain.pricing import Tariff, quote_stay
from cabanas.domain.reservation import Channel, Status
from cabanas.domain.stay import Stay

_PLACES = (
    "del Bosque", "del Lago", "del Arroyo", "de la Montaña", "del Cerro", "de la Colina", "del Valle", "del Río",
)  # fmt: skip
_TREES = (
    "Arrayán", "Coihue", "Lenga", "Ñire", "Ciprés", "Radal", "Maitén", "Pehuén", "Quebracho", "Ceibo", "Alerce",
)  # fmt: skip
_NAMES = (
    "Ana", "Bruno", "Carla", "Diego", "Elena", "Facundo", "Gisela", "Hernán", "Inés", "Joaquín", "Lucía", "Martín",
)  # fmt: skip
_SURNAMES = (
    "Acosta", "Benítez", "Castro", "Díaz", "Fernández", "Gómez", "Ibarra", "López", "Medina", "Ñáñez", "Paz",
)  # fmt: skip
_GUESTS = tuple(f"{name} {surname}" for name in _NAMES for surname in _SURNAMES)
_CHANNELS = (Channel.WHATSAPP, Channel.WHATSAPP, Channel.WHATSAPP, Channel.WEB)

_YEARS_BACK = 3
_DAYS_AHEAD = 300
_DEMAND_AHEAD = 0.015
"""Of a past season's demand, for tomorrow, and less for later: so few nights ahead are taken that most of the wishes
for a random stay can be granted."""
_MAX_NIGHTS = 21
_MAX_DAYS_BOOKED_AHEAD = 90
_HOT_CABIN_EVERY = 5
_CANCELLED_SHARE = 0.18
_EXPIRED_SHARE = 0.07
_HELD_SHARE = 0.25
"""Of the few stays ahead: holds at the moment, half of them past their end and not swept yet."""
# How keen guests are to come, by month.
_SEASON = (0.0, 1.0, 0.95, 0.55, 0.55, 0.3, 0.35, 0.85, 0.45, 0.45, 0.55, 0.55, 0.8)

COLUMNS = (
    "code", "accommodation_id", "check_in", "check_out", "guests", "total_price", "deposit_amount",
    "reservation_status", "channel", "contact_name", "contact_phone", "expires_at", "confirmed_at", "cancelled_at",
    "created_at",
)  # fmt: skip
"""What a row of `make_reservations` holds, in this order."""


@dataclass(frozen=True, slots=True)
class Cabin:
    name: str
    capacity: int
    tariff: Tariff
    popularity: float
    """Share of its season's nights that are asked for, 0 to 1."""
    change_of_mind: float
    """How likely a stay was booked and cancelled once more before the guest who came, 0 to 1."""

    @property
    def weight(self) -> float:
        """How many rows it has beside another cabin."""
        return self.popularity / (1 - self.change_of_mind)


def make_cabins(count: int, rng: random.Random) -> list[Cabin]:
    """Cabins with names of their own; a few are much more popular than the rest."""
    cabins = []
    for number in range(count):
        round_number, index = divmod(number, len(_PLACES) * len(_TREES))
        name = f"Cabaña {_PLACES[index % len(_PLACES)]} {_TREES[index // len(_PLACES)]}"
        hot = number % _HOT_CABIN_EVERY == 0
        cabins.append(
            Cabin(
                name=name if not round_number else f"{name} {round_number + 1}",
                capacity=rng.choice((2, 2, 3, 4, 4, 4, 5, 6, 6, 8)),
                tariff=Tariff(
                    Decimal(rng.randrange(40_000, 160_000, 500)),
                    Decimal(rng.choice(("1.20", "1.20", "1.35"))),
                ),
                popularity=0.98 if hot else rng.uniform(0.5, 0.9),
                change_of_mind=0.55 if hot else 0.12,
            )
        )
    return cabins


def make_reservations(cabins: list[Cabin], wanted: int, today: date, rng: random.Random) -> dict[int, bytearray]:
    """Rows as lines for COPY, under the ordinal of the day on which they were booked.

    In the order of the days they lie on disk as a house fills its table: cabins mixed, neighbours in time together.
    There are fewer than ``wanted`` when the cabins have no room for more. Blocking stays of a cabin never overlap.
    """
    booked: dict[int, bytearray] = {}
    weight = sum(cabin.weight for cabin in cabins)
    made = 0
    for number, cabin in enumerate(cabins, 1):
        share = min(math.ceil(wanted * cabin.weight / weight), wanted - made)
        for created, line in islice(_walk_timeline(number, cabin, today, rng), share):
            booked.setdefault(created, bytearray()).extend(line.encode())
            made += 1
    return booked


def _walk_timeline(number: int, cabin: Cabin, today: date, rng: random.Random) -> Iterator[tuple[int, str]]:
    """One cabin's bookings with the days they were made, from those ahead back into the past."""
    now = today.toordinal()
    day = now + _DAYS_AHEAD
    first = now - 365 * _YEARS_BACK
    draw = rng.random
    prices: dict[tuple[int, int], str] = {}
    sequence = 0
    while day > first:
        demand = cabin.popularity * _season_of(day)
        if day > now:
            demand *= _DEMAND_AHEAD * (1 - (day - now) / (_DAYS_AHEAD * 1.2))
        if draw() >= demand:
            day -= 1
            continue
        nights = min(_MAX_NIGHTS, 1 + int(-2.5 * math.log(1 - draw())))
        check_in = day - nights
        key = nights, check_in % 7
        if (price := prices.get(key)) is None:
            price = prices[key] = _price(cabin.tariff, check_in, nights)
        status = _choose_status(draw(), ahead=check_in > now)
        while True:
            sequence += 1
            created = min(check_in - 2, now - 1) - int(draw() * _MAX_DAYS_BOOKED_AHEAD)
            text = _iso(created)
            line = (
                f"RES{text[2:4]}{text[5:7]}{text[8:]}{number:X}Z{sequence:X}\t{number}\t{_iso(check_in)}\t{_iso(day)}\t"
                f"{1 + int(draw() * cabin.capacity)}\t{price}\t{status}\t{_CHANNELS[int(draw() * 4)]}\t"
                # Argentina's numbers in 555 01xx are for fiction.
                f"{_GUESTS[int(draw() * len(_GUESTS))]}\t+54911555{100 + int(draw() * 100):05d}\t"
                f"{_moments(status, created, now, draw())}\n"
            )
            yield created, line
            # A cancelled stay left its nights to somebody else.
            if draw() >= cabin.change_of_mind:
                break
            status = Status.CANCELLED
        day = check_in


def _choose_status(draw: float, *, ahead: bool) -> Status:
    if ahead and draw > 1 - _HELD_SHARE:
        return Status.PRE_RESERVED
    if draw < _EXPIRED_SHARE:
        return Status.EXPIRED
    return Status.CANCELLED if draw < _EXPIRED_SHARE + _CANCELLED_SHARE else Status.CONFIRMED


def _moments(status: Status, created: int, today: int, draw: float) -> str:
    """``expires_at``, ``confirmed_at``, ``cancelled_at`` and ``created_at``, all in UTC."""
    day = _iso(created)
    if status is Status.CONFIRMED:
        return f"{day} 12:30+00\t{day} 12:10+00\t\\N\t{day} 12:00+00"
    if status is Status.CANCELLED:
        return f"{day} 12:30+00\t\\N\t{day} 18:00+00\t{day} 12:00+00"
    # A hold that still stands does so for the whole day: the rows depend on the day alone, not on the hour.
    ends = today + 2 if status is Status.PRE_RESERVED and draw < 0.5 else created
    return f"{_iso(ends)} 12:30+00\t\\N\t\\N\t{day} 12:00+00"


def _price(tariff: Tariff, check_in: int, nights: int) -> str:
    start = date.fromordinal(check_in)
    quote = quote_stay(tariff, Stay(start, start + timedelta(days=nights)))
    return f"{quote.total_price}\t{quote.deposit_amount}"


@cache
def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


@cache
def _season_of(day: int) -> float:
    return _SEASON[date.fromordinal(day).month]
