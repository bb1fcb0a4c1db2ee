"""Holding a stay, directly and over HTTP, and the bare statements and lock commands beside it.

pytest benchmarks/test_hold.py; ``python benchmarks/hold.py`` sets them against their bars.
"""

import asyncio
from contextlib import contextmanager

import httpx
import pytest
import uvloop
from benchmarks.hold import free_wishes, open_bare, open_house, open_ours, post, start_measured_service

ROUNDS = 1500


@pytest.fixture(scope="module")
def house():
    with open_house() as servers:
        yield servers


@pytest.fixture(scope="module")
def wishes():
    return free_wishes()


@contextmanager
def opened(opening):
    """What an asynchronous context manager gives, called from outside its event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ask = runner.run(opening.__aenter__())
        yield lambda wish: runner.run(ask(wish))
        runner.run(opening.__aexit__(None, None, None))


@pytest.mark.parametrize("open_holder", [open_ours, open_bare], ids=["ours", "bare"])
def test_direct_hold(benchmark, house, wishes, open_holder):
    with opened(open_holder(house)) as hold:
        benchmark.pedantic(hold, setup=lambda: ((next(wishes),), {}), rounds=ROUNDS, warmup_rounds=50)


def test_hold_over_http(benchmark, house, wishes):
    with start_measured_service(house) as service, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        client = httpx.AsyncClient(base_url=service.base_url, trust_env=False)
        benchmark.pedantic(
            lambda wish: runner.run(post(client, wish)),
            setup=lambda: ((next(wishes),), {}),
            rounds=ROUNDS,
            warmup_rounds=50,
        )
        runner.run(client.aclose())
