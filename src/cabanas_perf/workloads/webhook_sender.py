"""Delivering to a webhook and waiting for the answer: to a service in this process with a worker, or over HTTP."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from time import perf_counter_ns
from typing import Any, Protocol

import httpx
from pydantic import SecretStr

from cabanas import nlu
from cabanas.api.webhooks_mercadopago import accept_mercadopago
from cabanas.api.webhooks_whatsapp import accept_whatsapp
from cabanas.bootstrap import Service, open_service
from cabanas.db.pool import Database, DatabaseUnavailable
from cabanas.domain.errors import CabanasError
from cabanas.services.inbox import Source
from cabanas.settings import Settings
from cabanas.stages import Recording
from cabanas.worker import Worker
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stages import Trace
from cabanas_perf.stubs import Behaviour, StubAddress, start_stubs
from cabanas_perf.workloads.base import Reply, Via, WorkloadContext
from cabanas_perf.workloads.http import parse_server_timing
from cabanas_perf.workloads.webhook_input import Delivery
from cabanas_perf.workloads.webhook_replies import (
    ReplyFailed,
    ReplyTimes,
    SentReply,
    WorkerAttempts,
    open_reply_times,
    trace_reply,
)

REPLY_TIMEOUT_S = 30.0
"""After it a reply counts as not given; the objective's limit is 3 s."""


class WebhookSender(Protocol):
    """Delivers one event at a time and waits for its answer."""

    @property
    def settings(self) -> Settings:
        """With the secrets that deliveries are to be signed with."""
        ...

    @property
    def database(self) -> Database:
        """The service's own."""
        ...

    async def send(self, delivery: Delivery) -> Reply: ...


@asynccontextmanager
async def open_webhook_sender(
    context: WorkloadContext, source: Source, *, hears: bool = False, providers: Behaviour | None = None
) -> AsyncIterator[WebhookSender]:
    """A sender for the context's way of driving the service. ``hears``: the service is to transcribe voice notes.
    ``providers``: how the stubs of a direct one behave; None: as the document expects of the providers.

    Raises:
        RepliesOutOfSight: when nobody could say when replies were sent.
    """
    if context.via is Via.DIRECT:
        async with _open_direct(context, source, hears=hears, providers=providers or Behaviour()) as sender:
            yield sender
        return
    assert context.base_url is not None
    async with (
        open_reply_times(context, source) as times,
        httpx.AsyncClient(base_url=context.base_url, timeout=context.timeout_s, trust_env=False) as client,
    ):
        yield _HttpSender(context.settings, client, times)


@asynccontextmanager
async def _open_direct(
    context: WorkloadContext, source: Source, *, hears: bool, providers: Behaviour
) -> AsyncIterator[WebhookSender]:
    nlu.warm_up()
    with start_stubs(providers) as stubs:
        settings = with_stubs(context.settings, stubs)
        async with open_service(settings, for_work=hears) as service:
            attempts = WorkerAttempts()
            working = asyncio.create_task(Worker(service, on_work=attempts).run())
            try:
                yield _DirectSender(service, ReplyTimes(service.database, source), attempts)
            finally:
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working


def with_stubs(settings: Settings, stubs: StubAddress) -> Settings:
    """The settings with the stubs for providers, and secrets made for it."""
    return settings.model_copy(
        update={
            "graph_base_url": stubs.graph_base_url,
            "mercadopago_base_url": stubs.mercadopago_base_url,
            "whatsapp_phone_number_id": "0",
        }
        | {name: SecretStr(secrets.token_hex(16)) for name in _SECRETS}
    )


_SECRETS = (
    "whatsapp_app_secret",
    "whatsapp_verify_token",
    "whatsapp_access_token",
    "mercadopago_secret",
    "mercadopago_access_token",
)


@dataclass(frozen=True, slots=True)
class _DirectSender:
    """Calls what the route calls, less HTTP itself; the answer comes through a worker in this process."""

    service: Service
    times: ReplyTimes
    attempts: WorkerAttempts

    @property
    def settings(self) -> Settings:
        return self.service.settings

    @property
    def database(self) -> Database:
        return self.service.database

    async def send(self, delivery: Delivery) -> Reply:
        started_ns = perf_counter_ns()
        with Recording.in_detail() as recording:
            try:
                await self._accept(delivery)
            except DatabaseUnavailable as error:
                return Reply(Outcome.ERROR, type(error.__cause__).__name__)
            except CabanasError as error:
                return Reply(Outcome.ERROR, type(error).__name__)
        ended_ns = perf_counter_ns()
        waiting = self.times.wait_for(delivery.provider_id, timeout_s=REPLY_TIMEOUT_S, news=self.attempts.news)
        return await _finish(
            waiting,
            ended_ns - started_ns,
            lambda found: trace_reply(recording, started_ns, ended_ns, self.attempts.take(found)),
        )

    async def _accept(self, delivery: Delivery) -> None:
        if self.times.source is Source.WHATSAPP:
            await accept_whatsapp(self.service, delivery.body, delivery.headers.get("x-hub-signature-256"))
        else:
            await accept_mercadopago(self.service, delivery.body, delivery.query, delivery.headers)


@dataclass(frozen=True, slots=True)
class _HttpSender:
    """Posts to the service as the provider does, and looks into its database for the answer."""

    settings: Settings
    client: httpx.AsyncClient
    times: ReplyTimes

    @property
    def database(self) -> Database:
        return self.times.database

    async def send(self, delivery: Delivery) -> Reply:
        started_ns = perf_counter_ns()
        try:
            answer = await self.client.post(delivery.path, content=delivery.body, headers=dict(delivery.headers))
        except httpx.TimeoutException as error:
            return Reply(Outcome.TIMEOUT, type(error).__name__)
        except httpx.HTTPError as error:
            return Reply(Outcome.ERROR, type(error).__name__)
        ended_ns = perf_counter_ns()
        if answer.status_code != httpx.codes.OK:
            return Reply(Outcome.ERROR, f"http_{answer.status_code}")
        # Of the acknowledgement alone: what the worker does is not told to the provider.
        told = parse_server_timing(answer.headers.get("server-timing", ""), started_ns, ended_ns)
        trace = None if told is None else replace(told, calls=None)
        waiting = self.times.wait_for(delivery.provider_id, timeout_s=REPLY_TIMEOUT_S)
        return await _finish(waiting, ended_ns - started_ns, lambda _: trace)


async def _finish(
    waiting: Coroutine[Any, Any, SentReply],
    acknowledged_ns: int,
    trace_of: Callable[[SentReply], Trace | None],
) -> Reply:
    """The reply, once the answer was sent; an acknowledged event without an answer is a failure."""
    try:
        found = await waiting
    except TimeoutError:
        return Reply(Outcome.TIMEOUT, "no_reply", acknowledged_ns=acknowledged_ns)
    except ReplyFailed:
        return Reply(Outcome.ERROR, "reply_failed", acknowledged_ns=acknowledged_ns)
    except DatabaseUnavailable:
        return Reply(Outcome.ERROR, "reply_out_of_sight", acknowledged_ns=acknowledged_ns)
    return Reply(
        Outcome.OK,
        reference=found.reservation_code,
        trace=trace_of(found),
        acknowledged_ns=acknowledged_ns,
        latency_ns=found.latency_ns,
    )
