"""Stays that can be held again and again: nights that are free, and freed after each turn."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

from cabanas.bootstrap import Service
from cabanas.db.pool import Connection, Database
from cabanas.domain.reservation import StayWish
from cabanas.domain.stay import Stay

_NIGHTS = 3
_FIRST_DAY_AHEAD, _LAST_DAY_AHEAD = 30, 700
_POLL_S = 0.02
_GIVE_UP_S = 30.0

_UNSENT = """
SELECT count(*) FROM outbox o JOIN reservations r ON r.id = o.reservation_id
WHERE r.contact_name = $1 AND o.sent_at IS NULL AND o.failed_at IS NULL
"""


class FreeStays:
    """Wishes for nights that nobody has, of which no two want the same."""

    def __init__(self, database: Database, wishes: Sequence[StayWish], marker: str, seed: int) -> None:
        self._database = database
        self._wishes = wishes
        self._marker = marker
        self._random = random.Random(seed)  # noqa: S311 - reproducible input

    def take(self, count: int) -> list[StayWish]:
        """Different ones each time, in an order of their own; none twice in one answer."""
        return self._random.sample(self._wishes, k=count)

    async def free(self) -> None:
        """Wait until what was held has been told to its guests, then give the nights back.

        Raises:
            TimeoutError: when messages stay unsent.
        """
        async with asyncio.timeout(_GIVE_UP_S), self._database.connect() as connection:
            while await connection.fetchval(_UNSENT, self._marker):  # noqa: ASYNC110 - a table has no event
                await asyncio.sleep(_POLL_S)
            await remove_reservations(connection, self._marker)


async def remove_reservations(connection: Connection, marker: str) -> None:
    """Delete the run's reservations; their notices go with them."""
    await connection.execute("DELETE FROM reservations WHERE contact_name = $1", marker)


async def find_free_stays(service: Service, *, count: int, marker: str, seed: int) -> FreeStays:
    """At least ``count`` of them.

    Raises:
        ValueError: when the database has not so many free nights.
    """
    async with service.database.connect() as connection:
        today = await connection.fetchval("SELECT current_date")
    wishes: list[StayWish] = []
    for ahead in range(_FIRST_DAY_AHEAD, _LAST_DAY_AHEAD, _NIGHTS):
        check_in = today + timedelta(days=ahead)
        stay = Stay(check_in, check_in + timedelta(days=_NIGHTS))
        for row in await service.browse.available(stay, guests=1):
            wishes.append(
                StayWish(
                    accommodation_id=row["id"],
                    check_in=stay.check_in,
                    check_out=stay.check_out,
                    guests=1,
                    channel="web",
                    contact_name=marker,
                    # Messages to one guest leave one after the other, so each has a number of their own.
                    contact_phone=f"+54911555{len(wishes):05d}",
                )
            )
        if len(wishes) >= count:
            return FreeStays(service.database, wishes, marker, seed)
    raise ValueError(f"only {len(wishes)} stays are free; a larger database would have {count}")
