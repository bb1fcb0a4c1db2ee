"""Cabins with their reservations: by one query for each cabin, as the design document fears, and eagerly.

Eagerly means what `selectinload` does: a second query for the reservations of all the cabins of the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from cabanas.db.pool import Connection

_CABINS = "SELECT id, name, capacity, base_price FROM accommodations ORDER BY id LIMIT $1"
# With the states named, an index serves both: what is compared is the number of statements, not their plans.
_OF_ONE_CABIN = """
SELECT accommodation_id, code, check_in, check_out, reservation_status
FROM reservations
WHERE accommodation_id = $1 AND reservation_status IN ('pre_reserved', 'confirmed')
ORDER BY id
"""
_OF_ALL_CABINS = """
SELECT accommodation_id, code, check_in, check_out, reservation_status
FROM reservations
WHERE accommodation_id = ANY ($1::integer[]) AND reservation_status IN ('pre_reserved', 'confirmed')
ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class BookedStay:
    code: str
    check_in: date
    check_out: date
    status: str


@dataclass(frozen=True, slots=True)
class BookedCabin:
    """A cabin and the reservations that hold nights in it, the oldest first."""

    id: int
    name: str
    stays: tuple[BookedStay, ...]


class ListCabins(Protocol):
    """Lists the first ``limit`` cabins by their ids; None: all."""

    async def __call__(self, connection: Connection, limit: int | None = None) -> Sequence[BookedCabin]: ...


async def list_one_by_one(connection: Connection, limit: int | None = None) -> Sequence[BookedCabin]:
    """1 + N statements."""
    cabins = []
    for row in await connection.fetch(_CABINS, limit):
        stays = await connection.fetch(_OF_ONE_CABIN, row["id"])
        cabins.append(BookedCabin(row["id"], row["name"], tuple(BookedStay(*stay[1:]) for stay in map(tuple, stays))))
    return cabins


async def list_eagerly(connection: Connection, limit: int | None = None) -> Sequence[BookedCabin]:
    """Two statements, however many cabins."""
    rows = await connection.fetch(_CABINS, limit)
    stays: defaultdict[int, list[BookedStay]] = defaultdict(list)
    for cabin_id, *stay in await connection.fetch(_OF_ALL_CABINS, [row["id"] for row in rows]):
        stays[cabin_id].append(BookedStay(*stay))
    return [BookedCabin(row["id"], row["name"], tuple(stays[row["id"]])) for row in rows]
