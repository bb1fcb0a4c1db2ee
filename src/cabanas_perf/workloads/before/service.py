"""The service as the design document describes it, with any of its nine optimisations in.

It is the service of `cabanas.bootstrap` with the document's parts put in whole: its message reading, its price loop,
its list of cabins, its pools, and messages sent inside the request. Webhooks are answered in the document's six
steps, one after the other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from cabanas.api.signatures import verify_whatsapp
from cabanas.bootstrap import Service, open_service
from cabanas.clients.whatsapp import WhatsAppClient
from cabanas.db.pool import Connection, Database
from cabanas.domain.pricing import quote_stay
from cabanas.domain.reservation import Channel, HeldStay, StayWish
from cabanas.services import replies
from cabanas.services.whatsapp_events import parse_envelope, read_message
from cabanas.settings import BUSINESS_TIME_ZONE, Settings
from cabanas.stages import stage
from cabanas_perf.workloads.before.cabins import BookedCabin, ListCabins, list_eagerly, list_one_by_one
from cabanas_perf.workloads.before.nlu import BeforeNlu, Switches
from cabanas_perf.workloads.before.pricing import quote_by_the_night
from cabanas_perf.workloads.webhook_input import Delivery

SMALL_POOLS: Final = {"database_pool_size": 10, "database_max_overflow": 5, "redis_max_connections": 10}
"""What the document starts from."""
LARGE_DATABASE_POOL: Final = {"database_pool_size": 20, "database_max_overflow": 10}
LARGE_REDIS_POOL: Final = {"redis_max_connections": 50}

_BUSINESS_ZONE = ZoneInfo(BUSINESS_TIME_ZONE)


class PingingDatabase(Database):
    """Asks the server for a sign of life before each use of a connection, as a pre-ping does."""

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        async with super().connect() as connection:
            await connection.fetchval("SELECT 1")
            yield connection


def with_pings(database: Database) -> PingingDatabase:
    """The same pool, pinged before each use."""
    return PingingDatabase(database._pool, acquire_timeout_s=database._acquire_timeout_s)


@dataclass(frozen=True, slots=True)
class DocumentService:
    """The document's endpoints, called directly."""

    service: Service
    whatsapp: WhatsAppClient
    nlu: BeforeNlu
    list_cabins: ListCabins
    sends_inline: bool
    """True: a request ends when the provider has taken its message; False: the message waits in the outbox."""
    cabin_names: Mapping[int, str]

    async def hold(self, wish: StayWish) -> HeldStay:
        """Hold a stay and tell the guest so.

        Raises:
            CabanasError: as `cabanas.services.hold_stay.HoldStay` does, and when the provider did not take the message.
        """
        # Over this channel, and only over it, the hold leaves a notice in the outbox.
        channel = Channel.WEB if self.sends_inline else Channel.WHATSAPP
        held = await self.service.hold_stay(replace(wish, channel=channel))
        if self.sends_inline:
            with stage("send"):
                await self.whatsapp.send_text(wish.contact_phone, self._confirm(wish, held))
        return held

    def _confirm(self, wish: StayWish, held: HeldStay) -> str:
        return replies.reservation_held(
            replies.Notice(
                code=held.code,
                accommodation_name=self.cabin_names[held.accommodation_id],
                stay=held.stay,
                guests=held.guests,
                total_price=held.total_price,
                deposit_amount=held.deposit_amount,
                contact_name=wish.contact_name,
                expires_at_local=held.expires_at.astimezone(_BUSINESS_ZONE),
            )
        )

    async def answer(self, delivery: Delivery) -> str:
        """Answer one guest's text message, and say with what."""
        secret = self.service.settings.whatsapp_app_secret
        assert secret is not None
        with stage("verify_signature"):
            verify_whatsapp(secret.get_secret_value(), delivery.body, delivery.headers.get("x-hub-signature-256"))
        with stage("parse_payload"):
            (event,) = parse_envelope(orjson.loads(delivery.body), datetime.now(UTC))
            text = read_message(orjson.loads(event.payload)).text
        assert text is not None
        found = self.nlu.analyze(text, reference_date=event.said_at.astimezone(_BUSINESS_ZONE).date())
        with stage("context_query"):
            cabins = await self.read_cabins()
        with stage("format_response"):
            names = [cabin.name for cabin in cabins]
            reply = replies.PUZZLED if found.intent == "desconocido" else replies.describe(names)
        with stage("send"):
            await self.whatsapp.send_text(event.lane, reply)
        return reply

    async def read_cabins(self, limit: int | None = None) -> Sequence[BookedCabin]:
        async with self.service.database.connect() as connection:
            return await self.list_cabins(connection, limit)


def settings_with(settings: Settings, applied: Collection[str]) -> Settings:
    """The settings with the document's pools: its small ones, and the large ones of what is applied."""
    pools = dict(SMALL_POOLS)
    if "O8" in applied:
        pools |= LARGE_REDIS_POOL
    if "O9" in applied:
        pools |= LARGE_DATABASE_POOL
    return settings.model_copy(update=pools)


@asynccontextmanager
async def open_document_service(settings: Settings, applied: Collection[str] = ()) -> AsyncIterator[DocumentService]:
    """The document's service for the block, with the optimisations ``applied``, as in ``{"O1", "O5"}``.

    The settings name servers and a WhatsApp number. O7 changes nothing here: it is about voice notes.
    """
    switches = Switches(
        compiled_patterns="O1" in applied,
        named_language="O2" in applied,
        cached_dates="O2" in applied,
        early_exit="O3" in applied,
    )
    async with open_service(settings_with(settings, applied)) as opened:
        assert opened.whatsapp is not None
        database = with_pings(opened.database) if "O9" in applied else opened.database
        hold_stay = replace(
            opened.hold_stay, database=database, price=quote_stay if "O4" in applied else quote_by_the_night
        )
        yield DocumentService(
            service=replace(opened, database=database, hold_stay=hold_stay),
            whatsapp=opened.whatsapp,
            nlu=BeforeNlu(switches),
            list_cabins=list_eagerly if "O6" in applied else list_one_by_one,
            sends_inline="O5" not in applied,
            cabin_names={row["id"]: row["name"] for row in await opened.browse.accommodations()},
        )
