"""Real servers for the tests: one PostgreSQL and one Valkey a session, a database of its own for each test."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from redis import Redis

from cabanas.bootstrap import Service, open_service
from cabanas.db.migrate import migrate
from cabanas.db.seed import seed
from cabanas.embedded import EmbeddedServers, provide_servers
from cabanas.settings import Settings

CABINS = 6


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    with provide_servers(durable=False) as running:
        yield running


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _with_database(url: str, name: str) -> str:
    return url.replace("/cabanas?", f"/{name}?")


@pytest.fixture(scope="session")
def template_url(servers: EmbeddedServers) -> str:
    """A migrated database with cabins and no reservations, which nobody writes to."""
    asyncio.run(_run(servers.database_url, "CREATE DATABASE model TEMPLATE cabanas"))
    url = _with_database(servers.database_url, "model")
    asyncio.run(migrate(url))
    asyncio.run(seed(url, cabins=CABINS, reservations=0))
    return url


_numbers = itertools.count(1)


@pytest.fixture
def database_url(servers: EmbeddedServers, template_url: str) -> Iterator[str]:
    """A database of the test's own, with the schema, `CABINS` cabins and no reservations."""
    name = f"test_{next(_numbers)}"
    asyncio.run(_run(servers.database_url, f"CREATE DATABASE {name} TEMPLATE model"))
    yield _with_database(servers.database_url, name)
    asyncio.run(_run(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def redis_url(servers: EmbeddedServers) -> str:
    with Redis.from_url(servers.redis_url) as client:
        client.flushall()
    return servers.redis_url


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url, api_token="let-me-in", rate_limit_requests=0)


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    async with open_service(settings) as opened:
        yield opened
