"""The FastAPI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypedDict

from fastapi import FastAPI

from cabanas import nlu
from cabanas.api import audio, health, reservations, webhooks_mercadopago, webhooks_whatsapp
from cabanas.api import nlu as nlu_routes
from cabanas.api.middleware import ObserveRequests
from cabanas.api.problems import install_problem_handlers
from cabanas.api.rate_limit import LimitRate
from cabanas.bootstrap import Service, open_service
from cabanas.logs import configure_logging
from cabanas.parent_watch import exit_with_parent
from cabanas.settings import Settings
from cabanas.worker import Worker


class AppState(TypedDict):
    """What the lifespan owns and requests borrow."""

    service: Service


def create_app(settings: Settings) -> FastAPI:
    """The application with its routes; connections open with its lifespan."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[AppState]:
        nlu.warm_up()
        async with open_service(settings) as service:
            background = [asyncio.create_task(service.housekeeping.run_forever(settings.expiry_interval_s))]
            if settings.worker_enabled:
                background.append(asyncio.create_task(Worker(service).run()))
            try:
                yield {"service": service}
            finally:
                for task in background:
                    task.cancel()
                for task in background:
                    with suppress(asyncio.CancelledError):
                        await task

    app = FastAPI(
        title="Cabañas",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    for router in (
        reservations.router,
        nlu_routes.router,
        audio.router,
        webhooks_whatsapp.router,
        webhooks_mercadopago.router,
        health.router,
        health.metrics_router,
    ):
        app.include_router(router)
    install_problem_handlers(app)
    # The last one added is the outermost.
    if settings.rate_limit_requests:
        app.add_middleware(
            LimitRate,
            requests=settings.rate_limit_requests,
            window_s=settings.rate_limit_window_s,
            trusted_proxies=settings.trusted_proxies,
        )
    app.add_middleware(ObserveRequests, server_timing=settings.server_timing)
    return app


def create_app_from_environment() -> FastAPI:
    """What the server's worker processes call."""
    settings = Settings()
    configure_logging(settings.log_level)
    exit_with_parent()
    return create_app(settings)
