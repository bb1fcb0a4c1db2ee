"""Running the stubs: beside a test in its own event loop, or as a process of their own."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import orjson
import uvicorn

from cabanas_perf.stubs.app import GRAPH_PATH, MERCADOPAGO_PATH, create_stub_app
from cabanas_perf.stubs.behaviour import Behaviour
from cabanas_perf.stubs.state import StubState

_LOOPBACK = "127.0.0.1"
_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 5.0


class StubsNotStarted(Exception):
    """The stubs' process ended before it could serve."""


@dataclass(frozen=True, slots=True)
class StubAddress:
    """Where the stubs answer."""

    url: str

    @property
    def graph_base_url(self) -> str:
        return self.url + GRAPH_PATH

    @property
    def mercadopago_base_url(self) -> str:
        return self.url + MERCADOPAGO_PATH


class _QuietServer(uvicorn.Server):
    """A server that leaves the signals to whoever started it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_config(state: StubState) -> uvicorn.Config:
    return uvicorn.Config(
        create_stub_app(state),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )


@asynccontextmanager
async def run_stubs(state: StubState, *, port: int = 0) -> AsyncIterator[StubAddress]:
    """The stubs on loopback for the block, in this event loop; port 0 takes a free one."""
    with socket.create_server((_LOOPBACK, port)) as listening:
        server = _QuietServer(make_config(state))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            if serving.done():
                serving.result()
            await asyncio.sleep(0.005)
        try:
            yield StubAddress(f"http://{_LOOPBACK}:{listening.getsockname()[1]}")
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def start_stubs(behaviour: Behaviour) -> AsyncIterator[StubAddress]:
    """The stubs for the block in a process of their own, so that their work is not counted as the service's.

    Raises:
        StubsNotStarted
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cabanas_perf.stubs",
        "--port=0",
        "--exit-with-stdin",
        f"--behaviour={orjson.dumps(behaviour.to_json()).decode()}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            line = await process.stdout.readline()
        if not line:
            raise StubsNotStarted(f"status {await process.wait()}")
        yield StubAddress(orjson.loads(line)["url"])
    finally:
        # Their end of standard input: it also ends them when this process dies without a word.
        process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
