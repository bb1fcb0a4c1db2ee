"""Realistic data for a database that is ours to fill: cabins, and years of reservations in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice

import asyncpg

from cabanas.db.url import to_asyncpg_url
from cabanas.domain.pricing import Tariff, quote_stay
from cabanas.domain.reservation import Channel, Status
from cabanas.domain.stay import Stay

_PLACES = (
    "del Bosque",
    "del Lago",
    "del Arroyo",
    "de la Montaña",
    "del Cerro",
    "de la Colina",
    "del Valle",
    "del Río",
)
_TREES = (
    "Arrayán",
    "Coihue",
    "Lenga",
    "Ñire",
    "Ciprés",
    "Radal",
    "Maitén",
    "Pehuén",
    "Quebracho",
    "Ceibo",
    "Alerce",
)
_NAMES = (
    "Ana",
    "Bruno",
    "Carla",
    "Diego",
    "Elena",
    "Facundo",
    "Gisela",
    "Hernán",
    "Inés",
    "Joaquín",
    "Lucía",
    "Martín",
)
_SURNAMES = (
    "Acosta",
    "Benítez",
    "Castro",
    "Díaz",
    "Fernández",
    "Gómez",
    "Ibarra",
    "López",
    "Medina",
    "Ñáñez",
    "Paz",
)

_YEARS_BACK = 3
_DAYS_AHEAD = 300
_CANCELLED_SHARE = 0.18
_EXPIRED_SHARE = 0.07
# How keen guests are to come, by month: summer and July's holidays against the quiet of May.
_SEASON = {
    1: 1.0,
    2: 0.95,
    3: 0.55,
    4: 0.55,
    5: 0.3,
    6: 0.35,
    7: 0.85,
    8: 0.45,
    9: 0.45,
    10: 0.55,
    11: 0.55,
    12: 0.8,
}
_COLUMNS = (
    "code", "accommodation_id", "check_in", "check_out", "guests", "total_price", "deposit_amount", "reservation_status",
    "channel", "contact_name", "contact_phone", "contact_email", "expires_at", "confirmed_at", "cancelled_at", "created_at",
)  # fmt: skip
_COPY_BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Cabin:
    name: str
    capacity: int
    tariff: Tariff
    popularity: float
    """Share of its season's nights that are asked for, 0 to 1."""


def make_cabins(count: int, rng: random.Random) -> list[Cabin]:
    """Cabins with names of their own; a few are much more popular than the rest."""
    cabins = []
    for number in range(count):
        round_number, index = divmod(number, len(_PLACES) * len(_TREES))
        name = f"Cabaña {_PLACES[index % len(_PLACES)]} {_TREES[index // len(_PLACES)]}"
        cabins.append(
            Cabin(
                name=name if not round_number else f"{name} {round_number + 1}",
                capacity=rng.choice((2, 2, 3, 4, 4, 4, 5, 6, 6, 8)),
                tariff=Tariff(
                    Decimal(rng.randrange(40_000, 160_000, 500)),
                    Decimal(rng.choice(("1.20", "1.20", "1.35"))),
                ),
                popularity=0.98 if number % 5 == 0 else rng.uniform(0.5, 0.9),
            )
        )
    return cabins


async def seed(
    database_url: str,
    *,
    cabins: int = 24,
    reservations: int = 0,
    rng_seed: int = 0,
    today: date | None = None,
) -> None:
    """Add ``cabins`` and ``reservations`` to an empty schema, by COPY, and let the planner look at them.

    The same seed and day give the same rows. History lies three years back; the nights ahead are taken more
    thinly the farther off they are. Stays that block nights never overlap: the constraint is in place throughout.

    Raises:
        ValueError: when there is no room for that many reservations in so few cabins.
    """
    rng = random.Random(rng_seed)
    connection = await asyncpg.connect(to_asyncpg_url(database_url))
    try:
        async with connection.transaction():
            made = make_cabins(cabins, rng)
            await connection.copy_records_to_table(
                "accommodations",
                columns=("id", "name", "capacity", "base_price", "weekend_multiplier"),
                records=[
                    (i, cabin.name, cabin.capacity, cabin.tariff.base_price, cabin.tariff.weekend_multiplier)
                    for i, cabin in enumerate(made, 1)
                ],
            )
            await connection.execute("SELECT setval(pg_get_serial_sequence('accommodations', 'id'), $1)", cabins)
            day = today or await connection.fetchval("SELECT current_date")
            rows = islice(_make_reservations(made, reservations, day, rng), reservations)
            copied = 0
            while batch := list(islice(rows, _COPY_BATCH_ROWS)):
                await connection.copy_records_to_table("reservations", columns=_COLUMNS, records=batch)
                copied += len(batch)
            if copied < reservations:
                msg = f"{cabins} cabins have room for {copied} reservations only; ask for more cabins"
                raise ValueError(msg)
        await connection.execute("VACUUM (ANALYZE) accommodations, reservations")
    finally:
        await connection.close()


def _make_reservations(
    cabins: list[Cabin], wanted: int, today: date, rng: random.Random
) -> Iterator[tuple[object, ...]]:
    """Rows cabin by cabin, each cabin's share by its popularity; the farthest past is reached when many are wanted."""
    if not wanted:
        return
    # What a cabin's timeline holds on average at full length; a shorter one gives fewer rows.
    weight = sum(cabin.popularity for cabin in cabins)
    for number, cabin in enumerate(cabins, 1):
        share = -(-wanted * cabin.popularity // weight)
        rows = _walk_timeline(number, cabin, today, rng)
        yield from islice(rows, int(share) + 1)


def _walk_timeline(number: int, cabin: Cabin, today: date, rng: random.Random) -> Iterator[tuple[object, ...]]:
    """One cabin's reservations, from those ahead back into the past."""
    day = today + timedelta(days=_DAYS_AHEAD)
    first = today - timedelta(days=365 * _YEARS_BACK)
    sequence = 0
    while day > first:
        days_ahead = (day - today).days
        demand = cabin.popularity * _SEASON[day.month]
        if days_ahead > 0:  # most guests book in the last weeks
            demand *= 0.45 * (1 - days_ahead / (_DAYS_AHEAD * 1.2))
        if rng.random() >= demand:
            day -= timedelta(days=1)
            continue
        nights = min(21, 1 + int(rng.expovariate(0.4)))
        stay = Stay(day - timedelta(days=nights), day)
        sequence += 1
        yield _make_row(number, cabin, stay, _choose_status(rng), f"{number:X}Z{sequence:X}", rng)
        # A cancelled stay left its nights to somebody else.
        while rng.random() < _CANCELLED_SHARE:
            sequence += 1
            yield _make_row(number, cabin, stay, Status.CANCELLED, f"{number:X}Z{sequence:X}", rng)
        day = stay.check_in


def _choose_status(rng: random.Random) -> Status:
    draw = rng.random()
    if draw < _EXPIRED_SHARE:
        return Status.EXPIRED
    return Status.CANCELLED if draw < _EXPIRED_SHARE + _CANCELLED_SHARE else Status.CONFIRMED


def _make_row(
    number: int, cabin: Cabin, stay: Stay, status: Status, tail: str, rng: random.Random
) -> tuple[object, ...]:
    quote = quote_stay(cabin.tariff, stay)
    created = datetime.combine(stay.check_in - timedelta(days=rng.randrange(2, 90)), time(12), UTC)
    name, surname = rng.choice(_NAMES), rng.choice(_SURNAMES)
    return (
        f"RES{created:%y%m%d}{tail}",
        number,
        stay.check_in,
        stay.check_out,
        rng.randint(1, cabin.capacity),
        quote.total_price,
        quote.deposit_amount,
        status,
        rng.choice((Channel.WHATSAPP, Channel.WHATSAPP, Channel.WHATSAPP, Channel.WEB)),
        f"{name} {surname}",
        # Argentina's numbers in 555 01xx are for fiction.
        f"+54911555{rng.randrange(100, 200):05d}",
        None,
        created + timedelta(minutes=30),
        created + timedelta(minutes=10) if status is Status.CONFIRMED else None,
        created + timedelta(days=1) if status is Status.CANCELLED else None,
        created,
    )
