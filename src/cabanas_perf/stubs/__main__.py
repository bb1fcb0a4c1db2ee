"""``python -m cabanas_perf.stubs --port 9000``: the stubs as a process. Says where, as one line of JSON."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys

import orjson

from cabanas_perf.stubs.behaviour import DOCUMENT_LATENCY_MS, Behaviour
from cabanas_perf.stubs.server import run_stubs
from cabanas_perf.stubs.state import StubState


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; answers with the exit code."""
    parser = argparse.ArgumentParser(prog="python -m cabanas_perf.stubs", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument(
        "--latency-ms",
        type=float,
        nargs="+",
        default=DOCUMENT_LATENCY_MS,
        metavar="MS",
        help="one time, or the shortest and the longest (default: 400 800)",
    )
    parser.add_argument("--behaviour", help="everything at once, as a JSON object")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input ends")
    arguments = parser.parse_args(argv)
    try:
        if arguments.behaviour:
            behaviour = Behaviour.from_json(orjson.loads(arguments.behaviour))
        else:
            behaviour = Behaviour(min(arguments.latency_ms), max(arguments.latency_ms))
    except ValueError as error:
        parser.error(str(error))
    asyncio.run(_serve(behaviour, arguments.port, exit_with_stdin=arguments.exit_with_stdin))
    return 0


async def _serve(behaviour: Behaviour, port: int, *, exit_with_stdin: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if exit_with_stdin:
        loop.add_reader(sys.stdin, lambda: None if os.read(sys.stdin.fileno(), 1024) else stopped.set())
    async with run_stubs(StubState(behaviour), port=port) as address:
        sys.stdout.write(orjson.dumps({"url": address.url}).decode() + "\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
