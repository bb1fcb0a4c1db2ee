"""``python -m cabanas api | migrate | seed``: the service's own commands, for servers of your own."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile

import uvicorn
from pydantic import ValidationError

from cabanas.db.migrate import migrate
from cabanas.db.seed import seed
from cabanas.logs import configure_logging
from cabanas.parent_watch import exit_with_parent
from cabanas.settings import Settings


def main(argv: list[str] | None = None) -> int:
    """Run one command; answers with the exit code: 0 done, 2 wrong usage or settings."""
    parser = argparse.ArgumentParser(prog="python -m cabanas", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    api = commands.add_parser("api", help="serve HTTP")
    api.add_argument("--host", default="127.0.0.1")
    api.add_argument("--port", type=int, default=8000)
    api.add_argument("--fd", type=int, help="serve on this inherited, listening socket instead")
    api.add_argument("--workers", type=int, default=1, help="worker processes (default: 1)")
    commands.add_parser("migrate", help="bring the schema to the newest revision")
    seeding = commands.add_parser("seed", help="fill an empty schema with realistic data")
    seeding.add_argument("--cabins", type=int, default=24)
    seeding.add_argument("--reservations", type=int, default=1000)
    arguments = parser.parse_args(argv)
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = ".".join(str(part) for part in problem["loc"]).upper()
            print(f"setting {name}={problem.get('input')!r}: {problem['msg']}", file=sys.stderr)
        return 2
    if settings.database_url is None or (arguments.command == "api" and settings.redis_url is None):
        print(
            "set DATABASE_URL and REDIS_URL, or run `cabanas-perf serve` for embedded servers",
            file=sys.stderr,
        )
        return 2
    if arguments.command == "api":
        return serve_api(settings, arguments)
    if arguments.command == "migrate":
        asyncio.run(migrate(settings.database_url))
    else:
        asyncio.run(seed(settings.database_url, cabins=arguments.cabins, reservations=arguments.reservations))
    return 0


def serve_api(settings: Settings, arguments: argparse.Namespace) -> int:
    configure_logging(settings.log_level)
    exit_with_parent()
    with tempfile.TemporaryDirectory(prefix="cabanas-metrics-") as folder:
        if arguments.workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        uvicorn.run(
            "cabanas.api.app:create_app_from_environment",
            factory=True,
            host=arguments.host,
            port=arguments.port,
            fd=arguments.fd,
            workers=arguments.workers,
            loop="uvloop",
            http="httptools",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=round(settings.shutdown_grace_s),
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
