"""``python -m cabanas api | worker | migrate | seed``: the service's own commands, for servers of your own."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import socket
import sys
import tempfile
from contextlib import suppress

import uvicorn
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from uvicorn.supervisors import Multiprocess

from cabanas import nlu
from cabanas.audio import AudioUnavailable, require_audio
from cabanas.bootstrap import open_service
from cabanas.db.migrate import migrate
from cabanas.db.seed import seed
from cabanas.logs import configure_logging
from cabanas.parent_watch import exit_with_parent
from cabanas.settings import Settings
from cabanas.worker import Worker

_SECRET_NAME = re.compile("SECRET|TOKEN|URL")
_KEEP_ALIVE_S = 75
"""Longer than proxies and clients keep an idle connection, 60 s as a rule: where the service closes one first, it loses
a request that is just on its way.
"""


def main(argv: list[str] | None = None) -> int:
    """Run one command; answers with the exit code: 0 done, 2 wrong usage or settings."""
    parser = argparse.ArgumentParser(prog="python -m cabanas", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    api = commands.add_parser("api", help="serve HTTP")
    api.add_argument("--host", default="127.0.0.1")
    api.add_argument("--port", type=int, default=8000)
    api.add_argument("--fd", type=int, help="serve on this inherited, listening socket instead")
    api.add_argument("--workers", type=int, default=1, help="worker processes (default: 1)")
    commands.add_parser("worker", help="work through the inbox and the outbox")
    commands.add_parser("migrate", help="bring the schema to the newest revision")
    seeding = commands.add_parser("seed", help="fill an empty schema with realistic data")
    seeding.add_argument("--cabins", type=int, default=24)
    seeding.add_argument("--reservations", type=int, default=1000)
    arguments = parser.parse_args(argv)
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            print(describe_problem(problem), file=sys.stderr)
        return 2
    if settings.database_url is None or (arguments.command in {"api", "worker"} and settings.redis_url is None):
        print(
            "set DATABASE_URL and REDIS_URL, or run `cabanas-perf serve` for embedded servers",
            file=sys.stderr,
        )
        return 2
    if arguments.command in {"api", "worker"} and settings.audio_enabled == "on":
        try:
            require_audio()
        except AudioUnavailable as error:
            print(error, file=sys.stderr)
            return 2
    if arguments.command == "api":
        return serve_api(settings, arguments)
    if arguments.command == "worker":
        return run_worker(settings)
    if arguments.command == "migrate":
        asyncio.run(migrate(settings.database_url))
    else:
        asyncio.run(seed(settings.database_url, cabins=arguments.cabins, reservations=arguments.reservations))
    return 0


def describe_problem(problem: ErrorDetails) -> str:
    """What is wrong with a setting, and its value unless that is to be kept secret."""
    name = ".".join(str(part) for part in problem["loc"]).upper()
    given = problem["input"]
    # A problem between several settings has all of them as its input, secrets included.
    shown = f"={given!r}" if isinstance(given, str | int | float) and not _SECRET_NAME.search(name) else ""
    return f"setting {name}{shown}: {problem['msg']}" if name else f"settings: {problem['msg']}"


def run_worker(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; what is in hand may finish."""
    configure_logging(settings.log_level)
    exit_with_parent()

    async def work() -> None:
        loop = asyncio.get_running_loop()
        async with open_service(settings, for_work=True) as service:
            working = asyncio.create_task(Worker(service).run())
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, working.cancel)
            with suppress(asyncio.CancelledError):
                await working

    nlu.warm_up()
    asyncio.run(work())
    return 0


def serve_api(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT, then finish what was begun."""
    configure_logging(settings.log_level)
    exit_with_parent()
    # When it has shut down, uvicorn raises the signal that it was stopped by once more, and that must not kill us:
    # an orderly stop ends with 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(
        "cabanas.api.app:create_app_from_environment",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # the rate limit reads them, and trusts our own proxies only
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=round(settings.shutdown_grace_s),
    )
    server = uvicorn.Server(config)
    # uvicorn's own --fd takes every socket for a Unix one: no TCP_NODELAY, no client addresses.
    listener = config.bind_socket() if arguments.fd is None else socket.socket(fileno=arguments.fd)
    with listener, tempfile.TemporaryDirectory(prefix="cabanas-metrics-") as folder:
        if arguments.workers == 1:
            server.run(sockets=[listener])
        else:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
            Multiprocess(config, sockets=[listener]).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
