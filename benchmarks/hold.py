"""What holding a stay costs: ``python benchmarks/hold.py``.

Two figures, each with its bar. The processor time of the service's process for each pre-reservation over HTTP, with
default settings (logs, metrics, an idempotency key in each request, commits on disk) and only rate limiting off. And
the time of a direct call beside the same statements and lock commands in bare asyncpg and redis-py, taking turns in
one process on one event loop. Every wish is for a free night, so that all of them go all the way.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import psutil
import uvloop
from redis.asyncio import Redis

from cabanas.bootstrap import open_service
from cabanas.db.migrate import migrate
from cabanas.db.seed import seed
from cabanas.db.statements import load_statement
from cabanas.domain.pricing import Tariff, quote_stay
from cabanas.domain.reservation import StayWish
from cabanas.domain.stay import Stay
from cabanas.embedded import EmbeddedServers, provide_servers
from cabanas.redis.lock import RELEASE_SCRIPT
from cabanas.services.hold_stay import make_code
from cabanas.settings import BUSINESS_TIME_ZONE, Settings
from cabanas_perf.runners.service_process import RunningService, start_service

CABINS = 60
BLOCKS, REQUESTS_A_BLOCK, CLIENTS = 6, 600, 8
TURNS, HOLDS_A_TURN = 40, 50
CPU_BAR_MS, RATIO_BAR = 1.0, 2.5

Hold = Callable[[StayWish], Awaitable[object]]


def free_wishes() -> Iterator[StayWish]:
    """Single nights, no two of which overlap."""
    first = datetime.now(ZoneInfo(BUSINESS_TIME_ZONE)).date() + timedelta(days=2)
    for days, cabin in itertools.product(range(700), range(1, CABINS + 1)):
        check_in = first + timedelta(days=days)
        yield StayWish(
            accommodation_id=cabin,
            check_in=check_in,
            check_out=check_in + timedelta(days=1),
            guests=2,
            channel="web",
            contact_name="Ana Pérez",
            contact_phone="+5491155500123",
            contact_email="ana@example.com",
        )


@contextmanager
def open_house() -> Iterator[EmbeddedServers]:
    """Servers that write commits to disk, with the schema and cabins."""
    with provide_servers(durable=True) as servers:
        asyncio.run(migrate(servers.database_url))
        asyncio.run(seed(servers.database_url, cabins=CABINS, reservations=0))
        yield servers


def start_measured_service(servers: EmbeddedServers) -> AbstractContextManager[RunningService]:
    """The service with default settings but for rate limiting, which would refuse most of the requests."""
    environment = {"DATABASE_URL": str(servers.database_url), "REDIS_URL": str(servers.redis_url)}
    return start_service(environment | {"CABANAS_RATE_LIMIT_REQUESTS": "0"})


async def post(client: httpx.AsyncClient, wish: StayWish) -> None:
    body = {name: str(value) if isinstance(value, date) else value for name, value in asdict(wish).items()}
    answer = await client.post(
        "/api/v1/reservations/prereserve", json=body, headers={"Idempotency-Key": f'"{secrets.token_hex(16)}"'}
    )
    assert answer.status_code == 201, answer.text


async def measure_http(base_url: str, pid: int) -> tuple[list[float], list[float]]:
    """Processor milliseconds for each request, block by block; and latencies of one client alone, in milliseconds."""
    wishes, server = free_wishes(), psutil.Process(pid)
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=base_url, limits=limits, trust_env=False, timeout=30) as client:

        async def book(count: int) -> None:
            for _ in range(count):
                await post(client, next(wishes))

        await asyncio.gather(*(book(40) for _ in range(CLIENTS)))
        costs_ms = []
        for _ in range(BLOCKS):
            before_s = sum(server.cpu_times()[:2])
            await asyncio.gather(*(book(REQUESTS_A_BLOCK // CLIENTS) for _ in range(CLIENTS)))
            costs_ms.append((sum(server.cpu_times()[:2]) - before_s) * 1000 / REQUESTS_A_BLOCK)
        latencies_ms = []
        for _ in range(300):
            started = time.perf_counter()
            await post(client, next(wishes))
            latencies_ms.append((time.perf_counter() - started) * 1000)
    return costs_ms, latencies_ms


@asynccontextmanager
async def open_ours(servers: EmbeddedServers) -> AsyncIterator[Hold]:
    """The service's use case, called directly."""
    settings = Settings(database_url=servers.database_url, redis_url=servers.redis_url)
    async with open_service(settings) as service:

        async def hold(wish: StayWish) -> object:
            return await service.hold_stay(wish, idempotency_key=secrets.token_hex(16))

        yield hold


@asynccontextmanager
async def open_bare(servers: EmbeddedServers) -> AsyncIterator[Hold]:
    """The same statements and lock commands, and nothing around them."""
    connection = await asyncpg.connect(servers.database_url)
    redis = Redis.from_url(servers.redis_url)
    release = await redis.script_load(RELEASE_SCRIPT)
    load, insert = load_statement("load_accommodation"), load_statement("hold_stay")
    duration = timedelta(minutes=30)

    async def hold(wish: StayWish) -> object:
        key, lock, token = secrets.token_hex(16), f"bare:{wish.accommodation_id}", secrets.token_hex(16)
        cabin = await connection.fetchrow(load, wish.accommodation_id, BUSINESS_TIME_ZONE, key)
        quote = quote_stay(
            Tariff(cabin["base_price"], cabin["weekend_multiplier"]), Stay(wish.check_in, wish.check_out)
        )
        await redis.set(lock, token, nx=True, px=5000)
        row = await connection.fetchrow(
            insert, make_code(cabin["today"]), wish.accommodation_id, wish.check_in, wish.check_out, wish.guests,
            quote.total_price, quote.deposit_amount, wish.channel, wish.contact_name, wish.contact_phone,
            wish.contact_email, duration, key, b"fingerprint",
        )  # fmt: skip
        await redis.evalsha(release, 1, lock, token)
        assert row["code"]
        return row

    try:
        yield hold
    finally:
        await connection.close()
        await redis.aclose()


async def measure_direct(servers: EmbeddedServers) -> tuple[list[float], list[float]]:
    """Milliseconds of each hold: ours, and the bare one, in turns."""
    wishes, ours_ms, bare_ms = free_wishes(), [], []
    async with open_ours(servers) as ours, open_bare(servers) as bare:
        for turn in range(TURNS + 2):
            for hold, times_ms in ((ours, ours_ms), (bare, bare_ms)):
                for _ in range(HOLDS_A_TURN):
                    wish = next(wishes)
                    started = time.perf_counter()
                    await hold(wish)
                    if turn >= 2:
                        times_ms.append((time.perf_counter() - started) * 1000)
    return ours_ms, bare_ms


def main() -> None:
    write = sys.stdout.write
    with open_house() as servers, start_measured_service(servers) as service:
        costs_ms, latencies_ms = uvloop.run(measure_http(service.base_url, service.pid))
    with open_house() as servers:
        ours_ms, bare_ms = uvloop.run(measure_direct(servers))
    ours, bare = statistics.median(ours_ms), statistics.median(bare_ms)
    cost = statistics.median(costs_ms)
    p99 = sorted(latencies_ms)[int(len(latencies_ms) * 0.99)]
    write(f"load average {' '.join(f'{value:.1f}' for value in os.getloadavg())}, {os.cpu_count()} processors\n")
    blocks = " ".join(f"{one:.2f}" for one in costs_ms)
    write(f"processor time a request over HTTP: {cost:.2f} ms (bar {CPU_BAR_MS}); {REQUESTS_A_BLOCK} each: {blocks}\n")
    write(f"latency over HTTP, one client: p50 {statistics.median(latencies_ms):.2f} ms, p99 {p99:.2f} ms\n")
    write(f"direct call: p50 {ours:.3f} ms; bare: {bare:.3f} ms; ratio {ours / bare:.2f} (bar {RATIO_BAR})\n")


if __name__ == "__main__":
    main()
