"""Send what lies in the outbox. A message leaves once, save for one window.

Between the provider's answer and our note of it a crash leaves a message that was sent and does not look it: it is
sent a second time. The provider offers no key that would make it recognise the repetition, so the choice is between
this and messages that are never sent; a guest can live with reading a reply twice.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncpg

from cabanas.clients.errors import ProviderRefused
from cabanas.clients.whatsapp import WhatsAppClient
from cabanas.db.pool import Database, DatabaseUnavailable
from cabanas.db.statements import load_statement
from cabanas.domain.stay import Stay
from cabanas.services.replies import NOTICES, Notice
from cabanas.stages import stage

_RECORD_PAUSES_S = (0.1, 0.5, 2.0)


@dataclass(frozen=True, slots=True)
class SendOutbox:
    """Sends messages, one a call. No connection to the database is held while the provider takes its time."""

    database: Database
    client: WhatsAppClient
    payment_link: str | None

    async def __call__(self, message: asyncpg.Record) -> None:
        """Send a message of the outbox, claimed by the caller, and note that it was sent.

        Raises:
            ProviderRefused: it can never be sent.
            Exception: whatever else hindered it; it can be tried again.
        """
        with stage("format_response"):
            text = self._render(message)
        with stage("send"):
            provider_id = await self.client.send_text(message["recipient"], text)
        with stage("record_sent"):
            await self._record(message["id"], provider_id)

    async def _record(self, message_id: int, provider_id: str | None) -> None:
        """Note that it was sent, insistently: what is not noted is sent again."""
        for pause_s in (*_RECORD_PAUSES_S, None):
            try:
                async with self.database.connect() as connection:
                    await connection.execute(load_statement("record_sent"), message_id, provider_id)
            except DatabaseUnavailable:
                if pause_s is None:
                    raise
                await asyncio.sleep(pause_s)
            else:
                return

    def _render(self, message: asyncpg.Record) -> str:
        if message["body"] is not None:
            body: str = message["body"]
            return body
        render = NOTICES.get(message["kind"])
        if render is None or message["code"] is None:
            raise ProviderRefused(f"no words for a message of the kind {message['kind']}")
        return render(
            Notice(
                code=message["code"],
                accommodation_name=message["accommodation_name"],
                stay=Stay(message["check_in"], message["check_out"]),
                guests=message["guests"],
                total_price=message["total_price"],
                deposit_amount=message["deposit_amount"],
                contact_name=message["contact_name"],
                expires_at_local=message["expires_at_local"],
                payment_link=self.payment_link and self.payment_link.replace("{code}", message["code"]),
            )
        )
