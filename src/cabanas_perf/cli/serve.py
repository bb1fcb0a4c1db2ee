"""``cabanas-perf serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import guarded


@guarded
def serve(
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, help="Port on 127.0.0.1; 0 for a free one.")
    ] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    cabins: Annotated[int, typer.Option(min=1, help="Cabins to seed.")] = 24,
    reservations: Annotated[int, typer.Option(min=0, help="Reservations to seed.")] = 2000,
    stubs: Annotated[
        bool, typer.Option("--stubs", help="Start stand-ins for WhatsApp and Mercado Pago, and take webhooks.")
    ] = False,
    stub_latency_ms: options.StubLatency = None,
    keep_data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep the embedded PostgreSQL's data there (default: thrown away)."),
    ] = None,
    database_url: options.DatabaseUrl = None,
    redis_url: options.RedisUrl = None,
    json: Annotated[
        bool, typer.Option("--json", help="When ready, print one line of JSON with addresses and secrets.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Run the service on embedded PostgreSQL and Redis, seeded, until Ctrl-C or SIGTERM.

    Examples:
      cabanas-perf serve

      cabanas-perf serve --port 0 --workers 2 --reservations 100000 --json
    """
    from cabanas_perf.runners.databases import DataSize  # noqa: PLC0415
    from cabanas_perf.runners.serve import Ready, ServeOptions, serve_until_stopped  # noqa: PLC0415
    from cabanas_perf.runners.stop import listen_for_stop  # noqa: PLC0415

    run_options = ServeOptions(
        port=port,
        workers=workers,
        size=DataSize(cabins=cabins, reservations=reservations),
        data_folder=keep_data,
        database_url=database_url,
        redis_url=redis_url,
        stubs=options.make_stub_behaviour(stub_latency_ms) if stubs or stub_latency_ms else None,
    )

    def say(message: str) -> None:
        if not quiet:
            typer.echo(message, err=True)

    def show(ready: Ready) -> None:
        import orjson  # noqa: PLC0415

        if json:
            typer.echo(orjson.dumps(ready).decode())
            return
        typer.echo(f"serving at {ready.url}/api/v1 (API token: {ready.api_token}); Ctrl-C stops it")
        if ready.stubs:
            typer.echo(
                f"stand-ins for WhatsApp and Mercado Pago: {ready.stubs} (what they were sent: {ready.stubs}/_sent)"
            )

    with listen_for_stop() as stop:
        serve_until_stopped(run_options, stop=stop, say=say, show=show)
