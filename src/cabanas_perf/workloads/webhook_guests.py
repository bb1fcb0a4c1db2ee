"""Guests who send WhatsApp messages, each for the first time and with a number of their own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from cabanas_perf.workloads.base import Reply, WorkloadContext
from cabanas_perf.workloads.prereservation import run_marker
from cabanas_perf.workloads.webhook_input import (
    Delivery,
    make_guest_number,
    make_message,
    make_whatsapp_batch,
    sign_whatsapp_batch,
)
from cabanas_perf.workloads.webhook_replies import remove_messages
from cabanas_perf.workloads.webhook_sender import WebhookSender


class GuestMessages:
    """Messages of one kind; ``parts`` yields what the Cloud API has under that kind's name."""

    def __init__(
        self, sender: WebhookSender, context: WorkloadContext, kind: str, parts: Iterator[Mapping[str, Any]]
    ) -> None:
        secret = sender.settings.whatsapp_app_secret
        self._sender = sender
        # Without the service's secret it refuses every delivery, and that is what the report then says.
        self._secret = secret.get_secret_value() if secret else "unknown"
        self._name = run_marker(context.run_id)
        self._prefix = f"wamid.{context.run_id}.{context.seed}"
        self._kind = kind
        self._parts = parts
        self._drawn = 0
        self.provider_ids: list[str] = []

    @property
    def senders(self) -> list[str]:
        """The numbers that were used, in E.164 form."""
        return [f"+{make_guest_number(position)}" for position in range(self._drawn)]

    def draw(self, count: int) -> Sequence[Delivery]:
        return [self._make() for _ in range(count)]

    def _make(self) -> Delivery:
        number = make_guest_number(self._drawn)
        message_id = f"{self._prefix}.{self._drawn}"
        self._drawn += 1
        self.provider_ids.append(message_id)
        message = make_message(number, message_id, int(time.time()), self._kind, next(self._parts))
        return sign_whatsapp_batch(make_whatsapp_batch([message], names={number: self._name}), self._secret)

    async def send(self, request: Delivery) -> Reply:
        return await self._sender.send(request)


@asynccontextmanager
async def open_guest_messages(
    sender: WebhookSender, context: WorkloadContext, kind: str, parts: Iterator[Mapping[str, Any]]
) -> AsyncIterator[GuestMessages]:
    """The messages for the block, at whose end what they left is removed."""
    messages = GuestMessages(sender, context, kind, parts)
    try:
        yield messages
    finally:
        await remove_messages(sender.database, senders=messages.senders, provider_ids=messages.provider_ids)
