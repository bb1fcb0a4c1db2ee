"""What the optimisations that need servers are measured on: the service as it is with a worker, and free nights."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from cabanas.bootstrap import Service, open_service
from cabanas.services.inbox import Source
from cabanas.settings import Settings
from cabanas_perf.runners.databases import Backends
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.optimizations.cumulative import REQUESTS_AT_ONCE
from cabanas_perf.runners.optimizations.endpoints import Guests
from cabanas_perf.runners.optimizations.holds import FreeStays, find_free_stays, remove_reservations
from cabanas_perf.runners.optimizations.sending import HOLDS_AT_ONCE
from cabanas_perf.stubs import Behaviour
from cabanas_perf.workloads.base import Via, WorkloadContext
from cabanas_perf.workloads.prereservation import run_marker
from cabanas_perf.workloads.webhook_replies import remove_messages
from cabanas_perf.workloads.webhook_sender import WebhookSender, open_webhook_sender

_FREE_STAYS = 5 * max(HOLDS_AT_ONCE, REQUESTS_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Stand:
    """Everything open. ``settings`` name the servers, and stubs for the providers."""

    settings: Settings
    shipped: Service
    sender: WebhookSender
    """Delivers to the service as it is, whose worker sends what anybody leaves in the outbox."""
    free_stays: FreeStays
    guests: Guests


@asynccontextmanager
async def open_stand(backends: Backends, *, run_id: str, seed: int, providers: Behaviour) -> AsyncIterator[Stand]:
    """The stand for the block, at whose end what the run left in the database is removed.

    Raises:
        RunError: when the database has too few free nights, or no tables.
    """
    given = Settings().model_copy(update={"database_url": backends.database_url, "redis_url": backends.redis_url})
    context = WorkloadContext(via=Via.DIRECT, seed=seed, total_requests=0, run_id=run_id, settings=given)
    marker = run_marker(run_id)
    async with (
        open_webhook_sender(context, Source.WHATSAPP, providers=providers) as sender,
        open_service(sender.settings) as shipped,
    ):
        secret = sender.settings.whatsapp_app_secret
        assert secret is not None
        guests = Guests(secret.get_secret_value(), run_id, marker)
        try:
            free_stays = await find_free_stays(shipped, count=_FREE_STAYS, marker=marker, seed=seed)
        except ValueError as error:
            raise RunError(str(error), fix="unset DATABASE_URL for an embedded database") from error
        except asyncpg.UndefinedTableError as error:
            raise RunError("the database has no tables of the service", fix="python -m cabanas migrate") from error
        try:
            yield Stand(sender.settings, shipped, sender, free_stays, guests)
        finally:
            await remove_messages(shipped.database, senders=guests.senders, provider_ids=guests.provider_ids)
            async with shipped.database.connect() as connection:
                await remove_reservations(connection, marker)
