"""A service with both providers configured, the stubs that stand in for them, and ways to deliver and to wait."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from cabanas.api.app import create_app
from cabanas.api.webhooks_mercadopago import accept_mercadopago
from cabanas.api.webhooks_whatsapp import accept_whatsapp
from cabanas.bootstrap import Service, open_service
from cabanas.settings import Settings
from cabanas.worker import Worker
from cabanas_perf.stubs import Behaviour, StubAddress, StubState, run_stubs
from cabanas_perf.workloads.webhook_input import Delivery, sign_whatsapp_batch

APP_SECRET = "app-secret"
PAYMENT_SECRET = "payment-secret"
_PATIENCE_S = 30.0
_PENDING = """
SELECT (SELECT count(*) FROM inbox WHERE processed_at IS NULL AND failed_at IS NULL)
     + (SELECT count(*) FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL)
"""


@pytest.fixture
def stubs() -> StubState:
    return StubState(Behaviour.taking(0))


@pytest.fixture
async def stub_address(stubs: StubState) -> AsyncIterator[StubAddress]:
    async with run_stubs(stubs) as address:
        yield address


@pytest.fixture
def webhook_settings(settings: Settings, stub_address: StubAddress) -> Settings:
    given = {
        "whatsapp_app_secret": APP_SECRET,
        "whatsapp_verify_token": "verify-me",
        "whatsapp_access_token": "graph-token",
        "whatsapp_phone_number_id": "106540352242922",
        "graph_base_url": stub_address.graph_base_url,
        "mercadopago_secret": PAYMENT_SECRET,
        "mercadopago_access_token": "payment-token",
        "mercadopago_base_url": stub_address.mercadopago_base_url,
        "worker_poll_s": 0.05,
        "retry_base_s": 0.02,
        "retry_max_s": 0.1,
    }
    return Settings.model_validate(settings.model_dump() | given)


@pytest.fixture
async def webhooks(webhook_settings: Settings) -> AsyncIterator[Service]:
    """The service, called directly; no worker runs unless the test lets one."""
    async with open_service(webhook_settings) as opened:
        yield opened


@pytest.fixture
async def client(webhook_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application, whose worker runs."""
    app = create_app(webhook_settings)
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        transport = httpx.ASGITransport(app=with_state)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as opened:
            yield opened


@pytest.fixture
def deliver(webhooks: Service) -> Callable[[Delivery], Awaitable[int]]:
    """Deliver to the service; answers with how many events were new."""

    async def call(delivery: Delivery) -> int:
        if "whatsapp" in delivery.path:
            return await accept_whatsapp(webhooks, delivery.body, delivery.headers["x-hub-signature-256"])
        return await accept_mercadopago(webhooks, delivery.body, delivery.query, delivery.headers)

    return call


@pytest.fixture
def sign() -> Callable[[Any], Delivery]:
    return lambda batch: sign_whatsapp_batch(batch, APP_SECRET)


@pytest.fixture
def working(webhooks: Service) -> Callable[..., AbstractAsyncContextManager[None]]:
    """Let a worker run for a block; at its end everything that waited is done."""

    @asynccontextmanager
    async def run(workers: int = 1, service: Service | None = None, patience_s: float = _PATIENCE_S):
        tasks = [asyncio.create_task(Worker(service or webhooks).run()) for _ in range(workers)]
        try:
            yield
            give_up = time.monotonic() + patience_s
            while await fetchval(webhooks, _PENDING):
                assert time.monotonic() < give_up, "work is left"
                for task in tasks:
                    assert not task.done(), task.result()
                await asyncio.sleep(0.01)
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    return run


async def fetchval(service: Service, statement: str, *arguments: object) -> Any:
    async with service.database.connect() as connection:
        return await connection.fetchval(statement, *arguments)


@pytest.fixture
def query(webhooks: Service) -> Callable[..., Awaitable[list[tuple[Any, ...]]]]:
    async def run(statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        async with webhooks.database.connect() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *arguments)]

    return run
