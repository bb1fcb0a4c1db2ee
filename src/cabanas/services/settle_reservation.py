"""Confirm and cancel: what may become of a reservation after it was held."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from cabanas.db.pool import Connection, Database
from cabanas.db.statements import load_statement
from cabanas.domain.errors import HoldExpired, InvalidTransition, ReservationNotFound
from cabanas.domain.reservation import Status


@dataclass(frozen=True, slots=True)
class SettleReservation:
    """Moves reservations from state to state. Repeating a request that succeeded succeeds again."""

    database: Database

    async def confirm(self, code: str) -> asyncpg.Record:
        """Confirm a hold that has not ended, by the database's clock; answers with the reservation.

        Raises:
            ReservationNotFound, HoldExpired, InvalidTransition: and nothing has changed.
        """
        return await self._settle(code, "confirm_reservation", Status.CONFIRMED)

    async def cancel(self, code: str) -> asyncpg.Record:
        """Cancel a reservation, which frees its nights at once. Raises like `confirm`."""
        return await self._settle(code, "cancel_reservation", Status.CANCELLED)

    async def _settle(self, code: str, statement: str, wanted: Status) -> asyncpg.Record:
        async with self.database.connect() as connection:
            changed = await connection.fetchval(load_statement(statement), code)
            reservation = await read_reservation(connection, code)
        state = reservation["reservation_status"]
        if changed is None and state != wanted:
            raise (HoldExpired if state == Status.EXPIRED else InvalidTransition)(code, state, wanted)
        return reservation


async def read_reservation(connection: Connection, code: str) -> asyncpg.Record:
    """The reservation's row, with the accommodation's name. Raises ReservationNotFound."""
    row = await connection.fetchrow(load_statement("read_reservation"), code)
    if row is None:
        raise ReservationNotFound(code)
    return row
