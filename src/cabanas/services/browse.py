"""Reading: accommodations, what is free, and reservations page by page. One query each."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import asyncpg

from cabanas.db.pool import Database
from cabanas.db.statements import load_statement
from cabanas.domain.errors import AccommodationNotFound, FieldProblem, InvalidRequest
from cabanas.domain.reservation import Status
from cabanas.domain.stay import Stay
from cabanas.services.settle_reservation import read_reservation

MAX_PAGE_ROWS = 200


class Cursor(NamedTuple):
    """The last reservation of a page; the next page begins after it."""

    check_in: date
    id: int

    def encode(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.check_in.isoformat(), self.id]).encode()).decode()

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Raises InvalidRequest for anything that `encode` did not make."""
        try:
            day, number = json.loads(base64.b64decode(text.encode(), altchars=b"-_", validate=True))
            cursor = cls(date.fromisoformat(day), int(number))
        except (ValueError, TypeError, binascii.Error, RecursionError) as error:
            raise InvalidRequest(FieldProblem("cursor", "must be the next_cursor of an earlier answer")) from error
        if not 0 <= cursor.id < 2**63:
            raise InvalidRequest(FieldProblem("cursor", "must be the next_cursor of an earlier answer"))
        return cursor


@dataclass(frozen=True, slots=True)
class Page:
    items: list[asyncpg.Record]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Availability:
    """An accommodation and the parts of the asked-for range that are taken, in order."""

    accommodation: asyncpg.Record
    taken: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class Browse:
    database: Database

    async def accommodations(self) -> list[asyncpg.Record]:
        async with self.database.connect() as connection:
            return await connection.fetch(load_statement("list_accommodations"))

    async def availability(self, accommodation_id: int, stay: Stay) -> Availability:
        """Raises AccommodationNotFound."""
        async with self.database.connect() as connection:
            row = await connection.fetchrow(
                load_statement("read_availability"), accommodation_id, stay.check_in, stay.check_out
            )
        if row is None:
            raise AccommodationNotFound(accommodation_id)
        return Availability(row, tuple(Stay(part.lower, part.upper) for part in row["taken"]))

    async def available(self, stay: Stay, guests: int) -> list[asyncpg.Record]:
        """The accommodations that are free for the whole stay and sleep that many, the smallest first."""
        async with self.database.connect() as connection:
            return await connection.fetch(load_statement("list_available"), stay.check_in, stay.check_out, guests)

    async def reservation(self, code: str) -> asyncpg.Record:
        """Raises ReservationNotFound."""
        async with self.database.connect() as connection:
            return await read_reservation(connection, code)

    async def reservations(self, status: Status, *, limit: int, cursor: Cursor | None = None) -> Page:
        """One page, latest check-in first, at most ``limit`` reservations (1 to `MAX_PAGE_ROWS`)."""
        after = cursor or (None, None)
        async with self.database.connect() as connection:
            rows = await connection.fetch(load_statement("list_reservations"), status, *after, limit + 1)
        if len(rows) <= limit:
            return Page(rows, None)
        last = rows[limit - 1]
        return Page(rows[:limit], Cursor(last["check_in"], last["id"]).encode())
