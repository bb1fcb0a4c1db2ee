from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from cabanas.db.url import to_asyncpg_url
from cabanas.embedded import EmbeddedServers, provide_servers
from cabanas_perf.runners.databases import MARK, DataSize, prepare_own

FAKE_SERVICE = Path(__file__).parents[1] / "load" / "fake_service.py"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    with provide_servers(durable=False) as servers:
        asyncio.run(prepare_own(servers.database_url, DataSize(cabins=100, reservations=6000)))
        yield servers


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(to_asyncpg_url(url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def copied_database(servers) -> Callable[..., str]:
    """A database of a run's own, as they are made for one, and then spoilt by the statements; answers with its URL."""

    def copy(*statements: str) -> str:
        name = f"copy_{next(_numbers)}"
        url = servers.database_url.replace("/cabanas?", f"/{name}?")
        asyncio.run(
            _execute(
                servers.database_url.replace("/cabanas?", "/postgres?"),
                f"CREATE DATABASE {name} TEMPLATE cabanas",
                f"COMMENT ON DATABASE {name} IS '{MARK}'",
            )
        )
        asyncio.run(_execute(url, "ANALYZE", *statements))
        return url

    return copy


@pytest.fixture
def fake_service() -> Iterator[Callable[[str], str]]:
    """Starts a stand-in for the service that behaves as it is told; answers with its address."""
    processes: list[subprocess.Popen[str]] = []

    def start(mode: str) -> str:
        process = subprocess.Popen(
            [sys.executable, str(FAKE_SERVICE), mode], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        processes.append(process)
        return f"http://127.0.0.1:{int(process.stdout.readline())}"

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()
