"""``cabanas-perf optimizations``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import TRACE_VARIABLE, guarded

_IDS = tuple(f"O{number}" for number in range(1, 10))


def _complete_id(incomplete: str) -> list[str]:
    return [one for one in _IDS if one.startswith(incomplete.upper())]


@guarded
def optimizations(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[O1]...", help="Which of O1 to O9 (default: all).", autocompletion=_complete_id),
    ] = None,
    pairs: Annotated[
        int | None,
        typer.Option(min=6, help="Pairs for each condition (default: 6 to 20, by what one costs)."),
    ] = None,
    seed: options.Seed = 0,
    cumulative: Annotated[
        bool | None,
        typer.Option(
            "--cumulative/--no-cumulative",
            help="The cumulative tables and bottlenecks too (default: unless single optimisations are named).",
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Whisper models for O7: a folder with the folders base and tiny."),
    ] = None,
    stub_latency_ms: options.StubLatency = None,
    tickets: Annotated[
        bool, typer.Option("--tickets", help="Write a Markdown ticket for each into --output, by saving per hour.")
    ] = False,
    database_url: options.DatabaseUrl = None,
    redis_url: options.RedisUrl = None,
    allow_writes: options.AllowWrites = None,
    output: options.Output = Path("profiles"),
    keep: options.Keep = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> None:
    """Measure the document's nine optimisations, each before against after, and hold them against what it claims.

    Before and after take turns at the same work. The ledger informs: it ends with 0 whatever it finds.

    Examples:
      cabanas-perf optimizations

      cabanas-perf optimizations O1 O2 O3 --pairs 30

      cabanas-perf optimizations --tickets --output tickets
    """
    if verbose:
        os.environ[TRACE_VARIABLE] = "1"
    from cabanas_perf.cli.console import TerminalProgress, show_report  # noqa: PLC0415
    from cabanas_perf.renderers.tickets import render_tickets  # noqa: PLC0415
    from cabanas_perf.report.files import prune  # noqa: PLC0415
    from cabanas_perf.report.redaction import redact_command  # noqa: PLC0415
    from cabanas_perf.runners.errors import RunError  # noqa: PLC0415
    from cabanas_perf.runners.optimizations.ledger import LedgerOptions, run_ledger  # noqa: PLC0415
    from cabanas_perf.runners.stop import listen_for_stop  # noqa: PLC0415

    wanted = {one.upper() for one in ids or _IDS}
    if unknown := sorted(wanted.difference(_IDS)):
        raise RunError(f"there is no optimisation {', '.join(unknown)}", fix=f"they are {_IDS[0]} to {_IDS[-1]}")
    run_options = LedgerOptions(
        ids=[one for one in _IDS if one in wanted],
        command=redact_command(["cabanas-perf", *sys.argv[1:]]),
        output=output,
        cumulative=ids is None if cumulative is None else cumulative,
        pairs=pairs,
        seed=seed,
        models=models,
        providers=options.make_stub_behaviour(stub_latency_ms),
        database_url=database_url,
        redis_url=redis_url,
        allow_writes=allow_writes,
    )
    progress = TerminalProgress(quiet=quiet or json, no_color=no_color)
    with listen_for_stop() as stop, progress.showing():
        result = run_ledger(run_options, stop=stop, progress=progress)
    show_report(result.report, result.path, as_json=json, quiet=quiet, no_color=no_color)
    if tickets:
        for name, text in render_tickets(result.report):
            path = result.path.with_name(f"{result.path.stem}_{name}.md")
            path.write_text(text, encoding="utf-8")
            progress.say(f"ticket: {path}")
    if keep is not None:
        prune(output, keep=keep)
    raise typer.Exit(result.report.exit_code)
