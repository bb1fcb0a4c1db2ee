"""What a run was made on."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import asyncpg
from redis import Redis
from redis.exceptions import RedisError

from cabanas.db.url import to_asyncpg_url
from cabanas_perf.measurement.clock import SystemClock
from cabanas_perf.report.record import Environment, Server
from cabanas_perf.runners.databases import Backends
from cabanas_perf.runners.git import ask_git
from cabanas_perf.runners.noise import measure_noise

_PARTS = (
    "asyncpg", "dateparser", "fastapi", "faster-whisper", "httptools", "httpx", "locust", "pydantic", "redis",
    "sqlalchemy", "starlette", "uvicorn", "uvloop",
)  # fmt: skip
_POSTGRES_SETTINGS = (
    "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "work_mem", "effective_cache_size",
    "random_page_cost", "max_connections", "jit", "shared_preload_libraries",
)  # fmt: skip


def tool_version() -> str:
    return version("cabanas-perf")


async def describe_environment(backends: Backends, *, embedded: bool) -> Environment:
    """The machine, how noisy it is, the versions of the parts, and the servers as they say themselves."""
    return Environment(
        platform=platform.platform(),
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        versions=_part_versions(),
        postgresql=await _describe_postgresql(backends.database_url, embedded=embedded),
        redis=_describe_redis(backends.redis_url, embedded=embedded),
        load_average=os.getloadavg(),
        noise=measure_noise(SystemClock()),
    )


def git_state() -> tuple[str | None, bool | None]:
    """The commit of the current folder and whether it has changes; None twice outside a checkout."""
    commit = ask_git("rev-parse", "HEAD")
    if commit is None:
        return None, None
    return commit, bool(ask_git("status", "--porcelain", "--untracked-files=no"))


@cache
def _part_versions() -> dict[str, str]:
    versions = {}
    for part in _PARTS:
        try:
            versions[part] = version(part)
        except PackageNotFoundError:
            continue
    return versions


def _cpu_model() -> str:
    if sys.platform == "darwin":
        return platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


async def _describe_postgresql(url: str | None, *, embedded: bool) -> Server | None:
    if url is None:
        return None
    connection = await asyncpg.connect(to_asyncpg_url(url))
    try:
        rows = await connection.fetch(
            "SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY($1)", _POSTGRES_SETTINGS
        )
        number = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    return Server(version=number, embedded=embedded, settings={row["name"]: row["value"] for row in rows})


def _describe_redis(url: str | None, *, embedded: bool) -> Server | None:
    if url is None:
        return None
    try:
        with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            info = client.info("server")
    except (RedisError, OSError):
        return None
    # Valkey answers with the Redis version that it is compatible with; its own name and version say more.
    name, number = info.get("server_name", "redis"), info.get("valkey_version") or info["redis_version"]
    return Server(version=f"{name} {number}", embedded=embedded)
