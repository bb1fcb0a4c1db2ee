"""The one place that wires the service together."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from cabanas import audio, nlu
from cabanas.clients.http import open_provider
from cabanas.clients.mercadopago import MercadoPagoClient
from cabanas.clients.whatsapp import WhatsAppClient
from cabanas.db.pool import Database, open_database
from cabanas.redis.lock import CabinLocks
from cabanas.redis.pool import open_redis
from cabanas.services.browse import Browse
from cabanas.services.handle_message import HandleMessage
from cabanas.services.handle_payment import HandlePayment
from cabanas.services.health import CheckHealth
from cabanas.services.hold_stay import HoldPolicy, HoldStay
from cabanas.services.housekeeping import Housekeeping
from cabanas.services.inbox import Inbox
from cabanas.services.settle_reservation import SettleReservation
from cabanas.services.voice import ListenToGuest, Transcriber
from cabanas.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """Every use case, ready to be called, and the connections behind them."""

    settings: Settings
    database: Database
    redis: Redis
    locks: CabinLocks
    hold_stay: HoldStay
    settle: SettleReservation
    browse: Browse
    check_health: CheckHealth
    housekeeping: Housekeeping
    inbox: Inbox
    handle_message: HandleMessage
    handle_payment: HandlePayment
    whatsapp: WhatsAppClient | None
    mercadopago: MercadoPagoClient | None
    transcriber: Transcriber | None


@asynccontextmanager
async def open_service(
    settings: Settings, *, transcriber: Transcriber | None = None, for_work: bool = False
) -> AsyncIterator[Service]:
    """The service for the block. Its pools connect on demand and are closed at the end.

    Voice notes are heard by ``transcriber``, else by one that the settings describe; where that is none, guests who
    send them are asked to write. ``for_work``: this process is there to answer guests, so none should wait for models.

    Raises:
        ValueError: when a URL is missing or malformed.
        AudioError: when the settings insist on voice notes and they cannot be transcribed.
    """
    if settings.database_url is None or settings.redis_url is None:
        msg = "DATABASE_URL and REDIS_URL must both be set"
        raise ValueError(msg)
    async with (
        open_database(settings, settings.database_url) as database,
        open_redis(settings, settings.redis_url) as redis,
        open_whatsapp(settings) as whatsapp,
        open_mercadopago(settings) as mercadopago,
        open_transcriber(settings, at_start=for_work) as own_transcriber,
    ):
        listener = transcriber or own_transcriber
        locks = CabinLocks(
            redis,
            prefix=settings.redis_prefix,
            ttl_s=settings.lock_ttl_s,
            wait_s=settings.lock_wait_s,
            enabled=settings.lock_enabled,
        )
        policy = HoldPolicy(
            duration=settings.hold_duration,
            limits=settings.stay_limits,
            weekend_nights=settings.weekend_nights,
        )
        browse = Browse(database)
        hold_stay = HoldStay(database, locks, policy)
        yield Service(
            settings=settings,
            database=database,
            redis=redis,
            locks=locks,
            hold_stay=hold_stay,
            settle=SettleReservation(database),
            browse=browse,
            check_health=CheckHealth(database, redis),
            housekeeping=Housekeeping(
                database, timedelta(seconds=settings.idempotency_ttl_s), timedelta(seconds=settings.messages_ttl_s)
            ),
            inbox=Inbox(database),
            handle_message=HandleMessage(
                database=database,
                browse=browse,
                hold_stay=hold_stay,
                listen=ListenToGuest(whatsapp, listener, settings.transcript_min_confidence),
                analyze=nlu.analyze,
                conversation_ttl=timedelta(seconds=settings.conversation_ttl_s),
            ),
            handle_payment=HandlePayment(database, locks, mercadopago),
            whatsapp=whatsapp,
            mercadopago=mercadopago,
            transcriber=listener,
        )


@asynccontextmanager
async def open_whatsapp(settings: Settings) -> AsyncIterator[WhatsAppClient | None]:
    """The client for the block; None where the settings have no WhatsApp number."""
    if settings.whatsapp_access_token is None or settings.whatsapp_phone_number_id is None:
        yield None
        return
    async with open_provider(
        settings.graph_base_url,
        settings.whatsapp_access_token.get_secret_value(),
        timeout_s=settings.provider_timeout_s,
        max_connections=settings.outbox_concurrency + settings.voice_concurrency,
    ) as http:
        yield WhatsAppClient(http, settings.whatsapp_phone_number_id)


@asynccontextmanager
async def open_mercadopago(settings: Settings) -> AsyncIterator[MercadoPagoClient | None]:
    """The client for the block; None where the settings have no Mercado Pago account."""
    if settings.mercadopago_access_token is None:
        yield None
        return
    async with open_provider(
        settings.mercadopago_base_url,
        settings.mercadopago_access_token.get_secret_value(),
        timeout_s=settings.provider_timeout_s,
        max_connections=settings.payment_concurrency,
    ) as http:
        yield MercadoPagoClient(http)


@asynccontextmanager
async def open_transcriber(settings: Settings, *, at_start: bool) -> AsyncIterator[Transcriber | None]:
    """The transcriber for the block; None where the settings or the installation have none.

    Raises:
        AudioError: when the settings insist on it and it cannot be had.
    """
    insisted = settings.audio_enabled == "on"
    if insisted:
        audio.require_audio()
    if settings.audio_enabled == "off" or not audio.has_audio():
        yield None
        return
    async with audio.TranscriberOnDemand(lambda: audio.Transcriber(workers=settings.audio_workers)) as transcriber:
        if insisted or at_start:
            try:
                await transcriber.start()
            except audio.AudioError as error:
                if insisted:
                    raise
                logger.warning("transcriber_not_started", extra={"reason": str(error)})
        yield transcriber
