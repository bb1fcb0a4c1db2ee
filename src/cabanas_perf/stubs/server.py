"""Running the stubs in the caller's event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn

from cabanas_perf.stubs.app import GRAPH_PATH, MERCADOPAGO_PATH, create_stub_app
from cabanas_perf.stubs.state import StubState

_LOOPBACK = "127.0.0.1"


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
        # A stop while somebody waits for an answer is what tests are about, not an error of the stubs.
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )


def listen(port: int) -> socket.socket:
    """A listening socket on loopback whose connections send at once what is written to them."""
    listening = socket.create_server((_LOOPBACK, port))
    # Connections inherit it. asyncio sets it itself, but not on those of a socket that was made without naming TCP;
    # the body of an answer would then wait some 40 ms for the acknowledgement of its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


@asynccontextmanager
async def run_stubs(state: StubState, *, port: int = 0) -> AsyncIterator[StubAddress]:
    """The stubs on loopback for the block, in this event loop; port 0 takes a free one."""
    with listen(port) as listening:
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
