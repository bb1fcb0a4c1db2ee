"""PostgreSQL as bundled and, where it is installed, PostgreSQL 15; on each a laboratory of tables for bad plans."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest

from cabanas.embedded import EmbeddedServers, provide_servers

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")

LABORATORY = (
    """
    CREATE TABLE visits (
        id bigint PRIMARY KEY, guest_phone text, email text, cabin integer, city text, country text, note text,
        amount integer, paid_at timestamptz
    )
    """,
    """
    INSERT INTO visits
    SELECT n, '555-' || (n % 30000), 'guest' || n || '@example.com', n % 20, 'city' || n % 50, 'country' || n % 50,
           md5(n::text), n % 1000, timestamptz '2020-01-01' + (n * 7919 % 60000) * interval '1 minute'
    FROM generate_series(1, 60000) AS n
    """,
    "CREATE INDEX visits_email ON visits (email)",
    "CREATE INDEX visits_cabin ON visits (cabin)",
    "CREATE INDEX visits_city ON visits (city)",
    "CREATE TABLE left_side AS SELECT n AS id, n % 997 AS k FROM generate_series(1, 1200) AS n",
    "CREATE TABLE right_side AS SELECT n AS id, n % 997 AS k FROM generate_series(1, 1200) AS n",
    "CREATE TABLE fresh (id integer PRIMARY KEY) WITH (autovacuum_enabled = off)",
    "INSERT INTO fresh SELECT generate_series(1, 20000)",
    "CREATE TABLE wide (id integer, bucket integer, padding text)",
    "ALTER TABLE wide ALTER padding SET STORAGE PLAIN",
    "INSERT INTO wide SELECT n, n * 7919 % 1000, repeat('x', 2000) FROM generate_series(1, 12000) AS n",
    "CREATE INDEX wide_bucket ON wide (bucket)",
    "VACUUM (ANALYZE) visits, left_side, right_side, wide",
    "ANALYZE fresh",
)

_numbers = itertools.count(1)


def with_database(url: str, name: str) -> str:
    return url.replace("/cabanas?", f"/{name}?")


async def _make(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session", params=["bundled", "15"])
def postgres(request: pytest.FixtureRequest) -> Iterator[EmbeddedServers]:
    if request.param == "15" and not (POSTGRES_15 / "postgres").exists():
        pytest.skip(f"needs the system package postgresql-15: there is no {POSTGRES_15}")
    with ExitStack() as running:
        # Other tests of this process may come before these are done, so that the variable must not stay.
        with pytest.MonkeyPatch.context() as patch:
            if request.param == "15":
                patch.setenv("CABANAS_PG_BIN", os.fspath(POSTGRES_15))
            # Nothing but the tests decides when tables are vacuumed and analysed.
            settings = {"autovacuum": "off"}
            servers = running.enter_context(provide_servers(redis=False, durable=False, postgres_settings=settings))
        assert servers.origin.postgres is not None
        assert (servers.origin.postgres.major == 15) is (request.param == "15")
        yield servers


@pytest.fixture(scope="session")
def laboratory_url(postgres: EmbeddedServers) -> str:
    """A database of nobody's: not marked as ours."""
    assert postgres.database_url is not None
    asyncio.run(_make(postgres.database_url, "CREATE DATABASE laboratory"))
    url = with_database(postgres.database_url, "laboratory")
    asyncio.run(_make(url, *LABORATORY))
    return url


@pytest.fixture
async def laboratory(laboratory_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(laboratory_url)
    yield connection
    await connection.close()


@pytest.fixture
def empty_url(postgres: EmbeddedServers) -> Iterator[str]:
    """An empty database of the test's own."""
    assert postgres.database_url is not None
    name = f"explain_{next(_numbers)}"
    asyncio.run(_make(postgres.database_url, f"CREATE DATABASE {name}"))
    yield with_database(postgres.database_url, name)
    asyncio.run(_make(postgres.database_url, f"DROP DATABASE {name} WITH (FORCE)"))
