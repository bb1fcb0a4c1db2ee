"""Looks at the service and its servers once a second while a load run goes on, from outside of the generator."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import psutil
import redis.asyncio as aredis
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from redis.exceptions import RedisError

from cabanas.db.url import to_asyncpg_url

_INTERVAL_S = 1.0
_TIMEOUT_S = 2.0
_POSTGRES = """
SELECT /* cabanas-perf */ numbackends, xact_commit,
       (SELECT sum(n_dead_tup)::bigint FROM pg_stat_user_tables) AS dead_rows
FROM pg_stat_database WHERE datname = current_database()
"""
_OWN_ROUTES = frozenset({"/metrics", "/api/v1/livez"})
"""Asked by runs themselves: to look, and to see whether the service is there."""
_ESTABLISHED = "01"


@dataclass(frozen=True, slots=True)
class ServerSample:
    """One look. `at_s` is on the wall clock, since 1970; None: not to be seen from here."""

    at_s: float
    cpu_s: float | None = None
    """All processes of the service together, since they started."""
    memory_bytes: int | None = None
    connections: int | None = None
    pool_open: int | None = None
    pool_in_use: int | None = None
    postgres_connections: int | None = None
    postgres_commits: int | None = None
    postgres_dead_rows: int | None = None
    redis_clients: int | None = None
    redis_memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What to look at; None: not within reach."""

    base_url: str
    pid: int | None = None
    database_url: str | None = None
    redis_url: str | None = None


@dataclass(slots=True)
class ServerRecord:
    """What was seen, in order of time."""

    samples: list[ServerSample] = field(default_factory=list)


@contextmanager
def watch_server(watched: Watched) -> Iterator[ServerRecord]:
    """Look once a second, in a thread of its own, for the block."""
    record, stop = ServerRecord(), threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(_look_until(stop, watched, record)), name="server-watch", daemon=True
    )
    thread.start()
    try:
        yield record
    finally:
        stop.set()
        thread.join()


async def _look_until(stop: threading.Event, watched: Watched, record: ServerRecord) -> None:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False))
        cache = (
            await stack.enter_async_context(aredis.Redis.from_url(watched.redis_url, socket_timeout=_TIMEOUT_S))
            if watched.redis_url
            else None
        )
        database: asyncpg.Connection[asyncpg.Record] | None = None
        try:
            while not stop.is_set():
                if database is None or database.is_closed():
                    database = await _connect(watched.database_url)
                record.samples.append(await _look(watched, client, cache, database))
                await asyncio.to_thread(stop.wait, _INTERVAL_S)
        finally:
            if database is not None:
                database.terminate()


async def _connect(database_url: str | None) -> asyncpg.Connection[asyncpg.Record] | None:
    if database_url is None:
        return None
    try:
        return await asyncpg.connect(to_asyncpg_url(database_url), timeout=_TIMEOUT_S, command_timeout=_TIMEOUT_S)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None


async def _look(
    watched: Watched,
    client: httpx.AsyncClient,
    cache: aredis.Redis | None,
    database: asyncpg.Connection[asyncpg.Record] | None,
) -> ServerSample:
    cpu_s, memory_bytes = _look_at_processes(watched.pid)
    pool_open, pool_in_use = await _look_at_pool(watched.base_url, client)
    backends, commits, dead_rows = await _look_at_postgres(database)
    redis_clients, redis_memory_bytes = await _look_at_redis(cache)
    return ServerSample(
        at_s=time.time(),
        cpu_s=cpu_s,
        memory_bytes=memory_bytes,
        connections=count_connections(watched),
        pool_open=pool_open,
        pool_in_use=pool_in_use,
        postgres_connections=backends,
        postgres_commits=commits,
        postgres_dead_rows=dead_rows,
        redis_clients=redis_clients,
        redis_memory_bytes=redis_memory_bytes,
    )


def _look_at_processes(pid: int | None) -> tuple[float | None, int | None]:
    """CPU seconds and resident memory of a process and its children."""
    if pid is None:
        return None, None
    cpu_s, memory_bytes = 0.0, 0
    try:
        main = psutil.Process(pid)
        for process in (main, *main.children(recursive=True)):
            times = process.cpu_times()
            cpu_s += times.user + times.system
            memory_bytes += process.memory_info().rss
    except psutil.Error:
        return None, None
    return cpu_s, memory_bytes


async def _look_at_pool(base_url: str, client: httpx.AsyncClient) -> tuple[int | None, int | None]:
    try:
        families = {family.name: family for family in await _scrape(base_url, client)}
    except (httpx.HTTPError, ValueError):
        return None, None
    values = [families.get(f"cabanas_database_connections{suffix}") for suffix in ("", "_in_use")]
    opened, in_use = (None if one is None else round(sum(sample.value for sample in one.samples)) for one in values)
    return opened, in_use


async def _scrape(base_url: str, client: httpx.AsyncClient) -> list[Metric]:
    answer = await client.get(f"{base_url}/metrics")
    answer.raise_for_status()
    return list(text_string_to_metric_families(answer.text))


async def _look_at_postgres(
    database: asyncpg.Connection[asyncpg.Record] | None,
) -> tuple[int | None, int | None, int | None]:
    if database is not None:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            row = await database.fetchrow(_POSTGRES)
            assert row is not None
            return row["numbackends"], row["xact_commit"], row["dead_rows"]
    return None, None, None


async def _look_at_redis(cache: aredis.Redis | None) -> tuple[int | None, int | None]:
    if cache is not None:
        with suppress(OSError, RedisError):
            info = await cache.info()
            return info["connected_clients"], info["used_memory"]
    return None, None


def count_connections(watched: Watched) -> int | None:
    """Established TCP connections to the service's port; None where they cannot be seen."""
    parts = urlsplit(watched.base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if sys.platform == "linux" and watched.pid is not None:
        # psutil walks every descriptor of every process, which takes five times as long.
        return sum(_count_in_table(Path("/proc/net") / name, port) for name in ("tcp", "tcp6"))
    if watched.pid is None:
        return None
    try:
        found = psutil.Process(watched.pid).net_connections("tcp")
    except psutil.Error:
        return None
    # An address that is not there is an empty tuple.
    return len([one for one in found if one.status == psutil.CONN_ESTABLISHED and one.laddr[1:2] == (port,)])


def _count_in_table(path: Path, port: int) -> int:
    try:
        rows = path.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return 0
    wanted = f":{port:04X}"
    fields = (row.split(maxsplit=4) for row in rows)
    return sum(field[1].endswith(wanted) and field[3] == _ESTABLISHED for field in fields)


def read_request_counts(base_url: str) -> Counter[tuple[str, int]] | None:
    """What the service says it answered so far, by route and status; None when it does not say."""
    try:
        answer = httpx.get(f"{base_url}/metrics", timeout=_TIMEOUT_S, trust_env=False)
        answer.raise_for_status()
        families = list(text_string_to_metric_families(answer.text))
    except (httpx.HTTPError, ValueError):
        return None
    counts: Counter[tuple[str, int]] = Counter()
    for family in families:
        for sample in family.samples:
            if sample.name == "cabanas_http_requests_total" and sample.labels["route"] not in _OWN_ROUTES:
                counts[sample.labels["route"], int(sample.labels["status"])] += round(sample.value)
    return counts


def subtract_counts(
    after: Counter[tuple[str, int]] | None, before: Counter[tuple[str, int]] | None
) -> Counter[tuple[str, int]] | None:
    """What was answered between two looks; None when either saw nothing."""
    return None if after is None or before is None else after - before
