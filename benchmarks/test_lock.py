"""The per-cabin lock on a Valkey of its own: two round trips, beside one of the bare client.

pytest benchmarks/test_lock.py
"""

import asyncio

import pytest
import uvloop
from redis.asyncio import Redis

from cabanas.embedded import provide_servers
from cabanas.redis.lock import CabinLocks


@pytest.fixture(scope="module")
def redis_url():
    with provide_servers(postgres=False) as servers:
        yield servers.redis_url


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as running:
        yield running


@pytest.fixture(scope="module")
def client(runner, redis_url):
    opened = Redis.from_url(redis_url)
    yield opened
    runner.run(opened.aclose())


def test_take_and_release(benchmark, runner, client):
    locks = CabinLocks(client, prefix="bench:", ttl_s=5, wait_s=0.05)

    async def hold_once():
        async with locks.around(1):
            pass

    benchmark.pedantic(lambda: runner.run(hold_once()), rounds=1000, warmup_rounds=50)


def test_bare_round_trip(benchmark, runner, client):
    benchmark.pedantic(lambda: runner.run(client.ping()), rounds=1000, warmup_rounds=50)
