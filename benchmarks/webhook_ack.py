"""Does the acknowledgement of a webhook depend on WhatsApp? Blocks of each condition, interleaved, at a fixed rate.

    python benchmarks/webhook_ack.py --rounds 8 --rate 20

The conditions are a provider that answers in 0, 600 and 5,000 ms, one that refuses, one that fails and one that is
away. A request's latency runs from the moment at which it was due, so that a stall counts for everything that it
delayed. Beside them, in the same rounds, a bare durable insert: what storing alone costs on this machine.

Ends with 0 when no condition is worse than the first by more than 15 % beyond doubt (the lower bound of the ratio of
the 95th percentiles, by a bootstrap over rounds), and the median is at most 5 ms or four times the bare insert.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import asyncpg
import httpx

from cabanas.db.migrate import migrate
from cabanas.db.seed import seed
from cabanas.db.url import to_asyncpg_url
from cabanas.embedded import EmbeddedServers, provide_servers
from cabanas_perf.workloads.webhook_input import (
    make_guest_number,
    make_text_message,
    make_whatsapp_batch,
    sign_whatsapp_batch,
)

SECRET = "app-secret"
AWAY = "away"
BEHAVIOURS: dict[str, dict[str, float]] = {
    "0 ms": {"latency_min_ms": 0, "latency_max_ms": 0},
    "600 ms": {"latency_min_ms": 600, "latency_max_ms": 600},
    "5000 ms": {"latency_min_ms": 5000, "latency_max_ms": 5000},
    "refuses": {"latency_min_ms": 0, "latency_max_ms": 0, "refuse_ratio": 1},
    "fails": {"latency_min_ms": 0, "latency_max_ms": 0, "fail_ratio": 1},
}
CONDITIONS = (*BEHAVIOURS, AWAY)
REFERENCE = CONDITIONS[0]
BARE_INSERT = "bare insert"
MAX_RATIO = 1.15
MAX_P50_MS, MAX_TIMES_BARE_INSERT = 5.0, 4.0
RESAMPLES = 2000
TEXT = "Hola! Tenés lugar del 15 al 18 de diciembre para 4?"


class Service:
    """The service's webhook over a few connections that stay open; no client library, so that it costs little."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._number = 0

    async def reconnect(self) -> None:
        """Leave connections that the service may be about to close for idleness, and open one."""
        for _, writer in self._free:
            writer.close()
        self._free.clear()
        await self.deliver()

    async def deliver(self) -> None:
        self._number += 1
        message = make_text_message(make_guest_number(self._number), f"wamid.{time.time_ns()}", TEXT, int(time.time()))
        delivery = sign_whatsapp_batch(make_whatsapp_batch([message]), SECRET)
        head = f"POST {delivery.path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(delivery.body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in delivery.headers.items())
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(head.encode() + b"\r\n" + delivery.body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        self._free.append((reader, writer))


@dataclass(frozen=True)
class Stubs:
    """The provider's stand-in at one port, whether or not it is running."""

    port: int

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        process = subprocess.Popen(
            [sys.executable, "-m", "cabanas_perf.stubs", f"--port={self.port}", "--exit-with-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert process.stdout.readline()
            yield
        finally:
            process.stdin.close()
            process.wait(10)
            process.stdout.close()

    async def behave(self, behaviour: dict[str, float]) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            (await client.put(f"http://127.0.0.1:{self.port}/_behaviour", json=behaviour)).raise_for_status()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_service(servers: EmbeddedServers, port: int, stub_port: int) -> Iterator[None]:
    environment = {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "CABANAS_LOG_LEVEL": "error",
        "CABANAS_RATE_LIMIT_REQUESTS": "0",
        "CABANAS_WHATSAPP_APP_SECRET": SECRET,
        "CABANAS_WHATSAPP_VERIFY_TOKEN": "verify-me",
        "CABANAS_WHATSAPP_ACCESS_TOKEN": "token",
        "CABANAS_WHATSAPP_PHONE_NUMBER_ID": "1",
        "CABANAS_GRAPH_BASE_URL": f"http://127.0.0.1:{stub_port}/graph/v23.0",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "cabanas", "api", f"--port={port}"],
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,  # every failed send is an error in its log, as it should be
    )
    try:
        while True:
            assert process.poll() is None
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}/api/v1/livez", trust_env=False)
                break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


async def run_block(send: Callable[[], Awaitable[None]], count: int, rate: float) -> list[float]:
    """Milliseconds from when each request was due until it was answered; requests do not wait for each other."""

    async def one(due_s: float) -> float:
        await asyncio.sleep(due_s - time.perf_counter())
        await send()
        return (time.perf_counter() - due_s) * 1000

    start_s = time.perf_counter() + 0.05
    return list(await asyncio.gather(*(one(start_s + n / rate) for n in range(count))))


async def measure(servers: EmbeddedServers, arguments: argparse.Namespace) -> dict[str, list[list[float]]]:
    """Latencies by condition and round, in milliseconds."""
    await migrate(servers.database_url)
    await seed(servers.database_url, cabins=24, reservations=1000)
    database = await asyncpg.connect(to_asyncpg_url(servers.database_url))
    await database.execute("CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY, payload text NOT NULL)")

    async def insert() -> None:
        async with lock:
            await database.execute("INSERT INTO bare (payload) VALUES ($1)", TEXT)

    lock = asyncio.Lock()
    stubs, port = Stubs(free_port()), free_port()
    service = Service(port)
    rng = random.Random(arguments.seed)
    found: dict[str, list[list[float]]] = {name: [] for name in (*CONDITIONS, BARE_INSERT)}
    count = round(arguments.rate * arguments.block_s)
    with running_service(servers, port, stubs.port):
        with stubs.running():
            await stubs.behave(BEHAVIOURS[REFERENCE])
            await service.reconnect()
            await run_block(service.deliver, count, arguments.rate)  # warm-up
        for _ in range(arguments.rounds):
            for name in rng.sample(list(found), len(found)):
                with contextlib.ExitStack() as stack:
                    if name in BEHAVIOURS:
                        stack.enter_context(stubs.running())
                        await stubs.behave(BEHAVIOURS[name])
                    await service.reconnect()
                    found[name].append(
                        await run_block(insert if name == BARE_INSERT else service.deliver, count, arguments.rate)
                    )
                # What is still waiting belongs to this block, and must not be work of the next one.
                await database.execute("TRUNCATE inbox, outbox, conversations CASCADE")
                await asyncio.sleep(arguments.pause_s)
    await database.close()
    return found


def percentile(values: Sequence[float], q: float) -> float:
    """Nearest rank; q in 0..1."""
    return sorted(values)[ceil(q * len(values)) - 1]


def p95_ratio(of: Sequence[Sequence[float]], to: Sequence[Sequence[float]]) -> float:
    return percentile([x for block in of for x in block], 0.95) / percentile([x for block in to for x in block], 0.95)


def bootstrap_bounds(of: list[list[float]], to: list[list[float]], rng: random.Random) -> tuple[float, float]:
    """The two-sided 90 % interval of the ratio of the 95th percentiles; rounds are drawn in pairs, whole."""
    ratios = []
    for _ in range(RESAMPLES):
        rounds = rng.choices(range(len(of)), k=len(of))
        ratios.append(p95_ratio([of[n] for n in rounds], [to[n] for n in rounds]))
    return percentile(ratios, 0.05), percentile(ratios, 0.95)


def summarise(found: dict[str, list[list[float]]], seed_: int) -> tuple[dict[str, object], bool]:
    rng = random.Random(seed_)
    rows, good = {}, True
    for name, blocks in found.items():
        values = [x for block in blocks for x in block]
        row: dict[str, object] = {"requests": len(values)}
        row |= {f"p{round(q * 100)}_ms": round(percentile(values, q), 3) for q in (0.5, 0.95, 0.99)}
        if name not in {REFERENCE, BARE_INSERT}:
            low, high = bootstrap_bounds(blocks, found[REFERENCE], rng)
            row["p95_ratio"] = round(p95_ratio(blocks, found[REFERENCE]), 3)
            row["p95_ratio_interval"] = [round(low, 3), round(high, 3)]
            good = good and low <= MAX_RATIO
        rows[name] = row
    p50_ms = percentile([x for name in CONDITIONS for block in found[name] for x in block], 0.5)
    bare_ms = percentile([x for block in found[BARE_INSERT] for x in block], 0.5)
    good = good and (p50_ms <= MAX_P50_MS or p50_ms <= MAX_TIMES_BARE_INSERT * bare_ms)
    return {
        "conditions": rows,
        "acknowledged_p50_ms": round(p50_ms, 3),
        "times_bare_insert": round(p50_ms / bare_ms, 2),
        "good": good,
    }, good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second")
    parser.add_argument("--block-s", type=float, default=3.0)
    parser.add_argument("--pause-s", type=float, default=0.5, help="between blocks")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with provide_servers() as servers:
        found = asyncio.run(measure(servers, arguments))
    summary, good = summarise(found, arguments.seed)
    sys.stdout.write(json.dumps(summary, indent=2) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
