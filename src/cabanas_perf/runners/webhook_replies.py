"""When webhook messages were answered: from their acceptance to the reply's sending, as the service's tables say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from cabanas.db.url import to_asyncpg_url

ENDPOINT_BY_KIND = {"message": "webhook-text", "voice_note": "webhook-audio"}
"""The endpoints whose objectives judge the reply, by the inbox's kind of event."""

_REPLIES = """
SELECT i.kind,
       extract(epoch FROM i.received_at)::float8 AS received_at_s,
       extract(epoch FROM min(o.sent_at) - i.received_at)::float8 AS reply_s
FROM inbox i LEFT JOIN outbox o ON o.inbox_id = i.id
WHERE i.source = 'whatsapp' AND i.kind IN ('message', 'voice_note') AND position($1 IN i.provider_id) > 0
GROUP BY i.id
"""
_PENDING = """
SELECT count(*) FROM inbox i
WHERE position($1 IN i.provider_id) > 0 AND i.failed_at IS NULL
  AND (i.processed_at IS NULL
       OR EXISTS (SELECT FROM outbox o WHERE o.inbox_id = i.id AND o.sent_at IS NULL AND o.failed_at IS NULL))
"""
_REMOVE_REPLIES = "DELETE FROM outbox o USING inbox i WHERE o.inbox_id = i.id AND position($1 IN i.provider_id) > 0"
_REMOVE_EVENTS = "DELETE FROM inbox WHERE position($1 IN provider_id) > 0"
_REMOVE_PAYMENTS = "DELETE FROM payments WHERE provider_id = ANY($1)"
_POLL_S = 0.25


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """One message of the run. Times are in seconds."""

    endpoint: str
    received_at_s: float
    """Since 1970, on this machine's clock."""
    reply_s: float | None
    """From acceptance until the reply was sent; None: no reply was sent."""


async def read_replies(database_url: str, *, marker: str, wait_s: float) -> Sequence[WebhookReply]:
    """Every message whose id carries the marker, once all are answered or `wait_s` is over."""
    connection = await asyncpg.connect(to_asyncpg_url(database_url))
    try:
        deadline = time.monotonic() + wait_s
        while await connection.fetchval(_PENDING, marker) and time.monotonic() < deadline:  # noqa: ASYNC110 - a table
            await asyncio.sleep(_POLL_S)
        ahead_s = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8") - time.time()
        rows = await connection.fetch(_REPLIES, marker)
    finally:
        await connection.close()
    return [WebhookReply(ENDPOINT_BY_KIND[row["kind"]], row["received_at_s"] - ahead_s, row["reply_s"]) for row in rows]


async def remove_webhook_events(database_url: str, *, marker: str, payments: range) -> None:
    """Delete the run's messages and notifications, with their replies, and what became of its payments."""
    connection = await asyncpg.connect(to_asyncpg_url(database_url))
    try:
        async with connection.transaction():
            await connection.execute(_REMOVE_REPLIES, marker)
            await connection.execute(_REMOVE_EVENTS, marker)
            await connection.execute(_REMOVE_PAYMENTS, list(map(str, payments)))
    finally:
        await connection.close()
