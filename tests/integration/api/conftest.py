from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from cabanas.api.app import create_app
from cabanas.settings import Settings


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return create_app(settings)


@asynccontextmanager
async def open_client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application in this process, with its lifespan running."""
    async with app.router.lifespan_context(app) as state:
        # What a server does between the lifespan and each request.
        async def with_state(scope, receive, send):
            scope["state"] = dict(state)
            await app(scope, receive, send)

        transport = httpx.ASGITransport(app=with_state, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
            yield opened


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(app) as opened:
        yield opened


@pytest.fixture
def client_of() -> Callable[[Settings], AbstractAsyncContextManager[httpx.AsyncClient]]:
    """Clients of applications with other settings."""
    return lambda settings: open_client(create_app(settings))


@pytest.fixture
def token() -> dict[str, str]:
    return {"Authorization": "Bearer let-me-in"}
