"""What webhooks delivered, stored before anything is done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cabanas.db.pool import Database
from cabanas.db.statements import load_statement
from cabanas.stages import stage


class Source(StrEnum):
    WHATSAPP = "whatsapp"
    MERCADOPAGO = "mercadopago"


class EventKind(StrEnum):
    """What kind of work an event is. Voice notes take long and payments wait for a provider: each has its own line."""

    MESSAGE = "message"
    VOICE_NOTE = "voice_note"
    STATUS = "status"
    PAYMENT = "payment"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a provider told us.

    ``provider_id`` is what its redeliveries have in common. Events of one ``lane`` are worked on one at a time, in
    the order of ``said_at`` (aware). ``payload`` is JSON.
    """

    kind: EventKind
    provider_id: str
    lane: str
    said_at: datetime
    payload: bytes


@dataclass(frozen=True, slots=True)
class Inbox:
    database: Database

    async def store(self, source: Source, events: Sequence[Event]) -> int:
        """Store the events that are new, in one statement and one commit; answers with how many those were.

        Raises:
            DatabaseUnavailable: nothing was stored; the provider has to deliver again.
        """
        if not events:
            return 0
        with stage("store"):
            async with self.database.connect() as connection:
                stored: int = await connection.fetchval(
                    load_statement("store_inbox"),
                    source,
                    [event.kind for event in events],
                    [event.provider_id for event in events],
                    [event.lane for event in events],
                    [event.said_at for event in events],
                    [event.payload.decode() for event in events],
                )
        return stored
