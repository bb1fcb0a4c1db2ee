"""A house under attack: durable servers, real service processes, guests who book without pause, and an audit.

The servers here write every commit to disk, and are apart from those of the other tests, which must not lose theirs.
"""

import asyncio
import itertools
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import psutil
import pytest
from redis import Redis

from cabanas.db.migrate import migrate
from cabanas.db.seed import seed
from cabanas.embedded import EmbeddedServers, provide_servers
from cabanas.settings import BUSINESS_TIME_ZONE
from cabanas_perf.runners.service_process import RunningService, start_service

CABINS = 40
FIRST_DAY_AHEAD, LAST_DAY_AHEAD = 2, 700
PRERESERVE = "/api/v1/reservations/prereserve"
TOKEN = "let-me-in"
PAUSE_AFTER_FAILURE_S = 0.02
OVERLAPS = """
    SELECT count(*) FROM reservations a JOIN reservations b
    ON a.id < b.id AND a.accommodation_id = b.accommodation_id AND a.period && b.period
    WHERE a.reservation_status IN ('pre_reserved', 'confirmed')
      AND b.reservation_status IN ('pre_reserved', 'confirmed')
"""


def make_wish(cabin: int, check_in: date, nights: int) -> dict[str, object]:
    return {
        "accommodation_id": cabin,
        "check_in": check_in.isoformat(),
        "check_out": (check_in + timedelta(days=nights)).isoformat(),
        "guests": 1,
        "channel": "web",
        "contact_name": "Ana Pérez",
        "contact_phone": "+5491155500123",
    }


def business_today() -> date:
    return datetime.now(ZoneInfo(BUSINESS_TIME_ZONE)).date()


def free_wishes() -> Iterator[dict[str, object]]:
    """Single nights, each of them once: none has a reason to be refused."""
    today = business_today()
    for days, cabin in itertools.product(range(FIRST_DAY_AHEAD, LAST_DAY_AHEAD), range(1, CABINS + 1)):
        yield make_wish(cabin, today + timedelta(days=days), 1)


def random_wishes(seed_number: int) -> Iterator[dict[str, object]]:
    """Stays all over the next months, some of which overlap."""
    rng, today = random.Random(seed_number), business_today()
    while True:
        days = rng.randint(FIRST_DAY_AHEAD, LAST_DAY_AHEAD)
        yield make_wish(rng.randint(1, CABINS), today + timedelta(days=days), rng.randint(1, 4))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One wish that was sent, and what came back; ``status`` is None when nothing did."""

    wish: dict[str, object]
    key: str
    started_s: float
    latency_s: float
    status: int | None
    media_type: str = ""
    body: dict[str, object] = field(default_factory=dict)


async def book(client: httpx.AsyncClient, wish: dict[str, object], key: str) -> Attempt:
    started_s = time.monotonic()
    try:
        answer = await client.post(PRERESERVE, json=wish, headers={"Idempotency-Key": key})
    except httpx.TransportError:
        return Attempt(wish, key, started_s, time.monotonic() - started_s, None)
    latency_s = time.monotonic() - started_s
    return Attempt(wish, key, started_s, latency_s, answer.status_code, answer.headers["content-type"], answer.json())


@dataclass(slots=True)
class Guests:
    """Attempts of guests who book one stay after the other until their block ends."""

    attempts: list[Attempt] = field(default_factory=list)

    def statuses(self, since_s: float = 0.0) -> set[int | None]:
        return {attempt.status for attempt in self.attempts if attempt.started_s >= since_s}

    def held(self, since_s: float = 0.0) -> dict[str, Attempt]:
        """By code, what was answered with 201."""
        return {str(one.body["code"]): one for one in self.attempts if one.status == 201 and one.started_s >= since_s}

    async def until_held(self, count: int, *, since_s: float = 0.0, timeout_s: float = 60.0) -> None:
        """Wait until that many attempts that began after ``since_s`` got their stay."""
        async with asyncio.timeout(timeout_s):
            while len(self.held(since_s)) < count:  # noqa: ASYNC110 - tests may poll
                await asyncio.sleep(0.02)


def open_client(base_url: str, timeout_s: float = 30.0) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(base_url=base_url, timeout=timeout_s, trust_env=False, limits=limits)


_keys = itertools.count(1)


@asynccontextmanager
async def open_guests(
    base_url: str, wishes: Iterator[dict[str, object]], *, count: int = 8, timeout_s: float = 30.0
) -> AsyncIterator[Guests]:
    """``count`` guests at work for the block; at its end they take their last answers."""
    guests, leaving = Guests(), asyncio.Event()

    async def keep_booking(client: httpx.AsyncClient) -> None:
        while not leaving.is_set():
            attempt = await book(client, next(wishes), f"guest-{next(_keys)}")
            guests.attempts.append(attempt)
            if attempt.status in {None, 503}:
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)

    async with open_client(base_url, timeout_s) as client, asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(keep_booking(client))
        try:
            yield guests
        finally:
            leaving.set()


def worker_processes(service: RunningService) -> list[psutil.Process]:
    """The processes that answer requests; the main process when it does so itself."""
    workers = []
    for child in psutil.Process(service.pid).children():
        # One that has just died has no command line any more; multiprocessing keeps a helper of its own beside them.
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                workers.append(child)
    return workers or [psutil.Process(service.pid)]


@dataclass(frozen=True, slots=True)
class House:
    """A database of the test's own on servers that it may kill, and the service to run on it."""

    servers: EmbeddedServers
    database_url: str
    postgres_log_start: int

    def serve(self, *, workers: int = 2, **environment: str) -> AbstractContextManager[RunningService]:
        given = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": str(self.servers.redis_url),
            "CABANAS_API_TOKEN": TOKEN,
            "CABANAS_RATE_LIMIT_REQUESTS": "0",
        }
        return start_service(given | environment, workers=workers)

    async def fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    async def codes(self) -> set[str]:
        return {row["code"] for row in await self.fetch("SELECT code FROM reservations")}

    async def count_overlaps(self) -> int:
        (row,) = await self.fetch(OVERLAPS)
        return int(row[0])

    def postgres_log(self) -> str:
        """What PostgreSQL said since the test began."""
        assert self.servers.postgres is not None
        return self.servers.postgres.log_path.read_bytes()[self.postgres_log_start :].decode(errors="replace")


@pytest.fixture(scope="session")
def durable_servers() -> Iterator[EmbeddedServers]:
    with provide_servers(durable=True) as running:
        yield running


def _named(url: str, name: str) -> str:
    return url.replace("/cabanas?", f"/{name}?")


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def house_model(durable_servers: EmbeddedServers) -> str:
    """The name of a migrated database with cabins, to be copied."""
    asyncio.run(_run(durable_servers.database_url, "CREATE DATABASE house_model TEMPLATE cabanas"))
    url = _named(durable_servers.database_url, "house_model")
    asyncio.run(migrate(url))
    asyncio.run(seed(url, cabins=CABINS, reservations=0))
    return "house_model"


_houses = itertools.count(1)


@pytest.fixture
def house(durable_servers: EmbeddedServers, house_model: str) -> Iterator[House]:
    name = f"house_{next(_houses)}"
    postgres, redis = durable_servers.postgres, durable_servers.redis
    assert postgres is not None
    assert redis is not None
    asyncio.run(_run(durable_servers.database_url, f"CREATE DATABASE {name} TEMPLATE {house_model}"))
    yield House(durable_servers, _named(durable_servers.database_url, name), postgres.log_path.stat().st_size)
    # A test that failed half-way may have left a server down or frozen.
    for server in (postgres, redis):
        if not server.is_running:
            server.start()
    redis.kill(signal.SIGCONT)
    with Redis.from_url(durable_servers.redis_url, socket_timeout=10) as client:
        client.flushall()
    asyncio.run(_run(durable_servers.database_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Show a figure to whoever runs the tests; no test depends on it."""

    def show(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return show


# Test files cannot import from here, so what they call comes as fixtures.


@pytest.fixture
def guests_at() -> Callable[..., object]:
    return open_guests


@pytest.fixture
def client_at() -> Callable[..., httpx.AsyncClient]:
    return open_client


@pytest.fixture
def book_stay() -> Callable[..., object]:
    return book


@pytest.fixture
def workers_of() -> Callable[[RunningService], list[psutil.Process]]:
    return worker_processes


@pytest.fixture
def every_free_night() -> Iterator[dict[str, object]]:
    return free_wishes()


@pytest.fixture
def some_stays() -> Iterator[dict[str, object]]:
    return random_wishes(2025)
