"""``cabanas-perf explain``."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import TRACE_VARIABLE, guarded

_SIZE = re.compile(r"(\d+)([kM]?)")
_UNITS = {"": 1, "k": 1_000, "M": 1_000_000}


def parse_sizes(text: str) -> tuple[int, ...]:
    """Numbers of rows, as in ``1k,100k,1M``.

    Raises:
        ValueError: for anything else, and for a size of nothing.

    >>> parse_sizes("1k,100k,1M")
    (1000, 100000, 1000000)
    """
    sizes = []
    for part in text.split(","):
        match = _SIZE.fullmatch(part.strip())
        if match is None or not int(match[1]):
            msg = f"{part.strip()!r} is no number of rows"
            raise ValueError(msg)
        sizes.append(int(match[1]) * _UNITS[match[2]])
    return tuple(sizes)


def _complete_query(incomplete: str) -> list[str]:
    from cabanas.db.statements import statement_names  # noqa: PLC0415

    return [name for name in statement_names() if name.startswith(incomplete)]


@guarded
def explain(
    queries: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUERY]...", help="Statements by name (default: all).", autocompletion=_complete_query),
    ] = None,
    rows: Annotated[
        str, typer.Option(help="Reservations to seed; several sizes show growth, as in 1k,100k,1M.")
    ] = "100k",
    requests: Annotated[int, typer.Option("--requests", "-n", min=1, help="Plain executions of each statement.")] = 100,
    seed: options.Seed = 0,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds that one statement may run.")] = 30.0,
    advise: Annotated[
        bool, typer.Option("--advise", help="Build candidate indexes in scratch copies and time them.")
    ] = False,
    tree: Annotated[bool, typer.Option("--tree", help="Draw every plan, not only those with findings.")] = False,
    sql: Annotated[Path | None, typer.Option(help="Lint the statements of this file instead; needs --dsn.")] = None,
    dsn: Annotated[str | None, typer.Option(metavar="URL", help="A database of your own, as it is; read only.")] = None,
    param: Annotated[
        list[str] | None, typer.Option(help="Value of $1, then $2, ... in --sql; NULL is NULL. Never printed.")
    ] = None,
    database_url: options.DatabaseUrl = None,
    allow_writes: options.AllowWrites = None,
    baseline: Annotated[
        str | None, typer.Option(help="Report, or name of a saved baseline: a changed plan misses.")
    ] = None,
    save_baseline: Annotated[
        str | None, typer.Option(metavar="NAME", help="Keep this run's plans as a baseline.")
    ] = None,
    output: options.Output = Path("profiles"),
    keep: options.Keep = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> None:
    """EXPLAIN ANALYZE the statements that the service runs, on seeded data, and lint their plans.

    Everything runs inside transactions that are rolled back.

    Examples:
      cabanas-perf explain

      cabanas-perf explain check_overlap list_reservations --rows 1k,100k,1M --advise

      cabanas-perf explain --sql report.sql --dsn postgresql://reader@db/shop --param 42
    """
    if verbose:
        os.environ[TRACE_VARIABLE] = "1"
    from rich.console import Console  # noqa: PLC0415

    from cabanas_perf.cli.compare import read_baseline  # noqa: PLC0415
    from cabanas_perf.cli.console import TerminalProgress, show_report  # noqa: PLC0415
    from cabanas_perf.renderers.queries import render_queries  # noqa: PLC0415
    from cabanas_perf.report.files import prune  # noqa: PLC0415
    from cabanas_perf.runners.baselines import save_baseline_as  # noqa: PLC0415
    from cabanas_perf.runners.errors import RunError  # noqa: PLC0415
    from cabanas_perf.runners.explain import ExplainOptions, run_explain  # noqa: PLC0415
    from cabanas_perf.runners.explain_file import ExplainFileOptions, run_explain_file  # noqa: PLC0415
    from cabanas_perf.runners.stop import listen_for_stop  # noqa: PLC0415

    if sql is not None and (dsn is None or queries):
        problem = "--sql needs --dsn" if dsn is None else "--sql and names of statements exclude each other"
        raise RunError(problem, fix="cabanas-perf explain --sql FILE --dsn postgresql://user@host/database")
    if param and sql is None:
        raise RunError("--param belongs to --sql", fix="leave it out: the service's statements have their own values")
    try:
        sizes = parse_sizes(rows)
    except ValueError as error:
        raise RunError(f"--rows: {error}", fix="write it as in --rows 1k,100k,1M") from error
    command = shlex.join(["cabanas-perf", *_without_values(sys.argv[1:])])
    base = read_baseline(baseline, output)
    progress = TerminalProgress(quiet=quiet or json, no_color=no_color)
    with listen_for_stop() as stop, progress.showing():
        if sql is not None and dsn is not None:
            file_options = ExplainFileOptions(
                command=command, output=output, sql_path=sql, dsn=dsn, values=tuple(param or ()), executions=requests,
                timeout_s=timeout, allow_writes=allow_writes, baseline=base,
            )  # fmt: skip
            result = run_explain_file(file_options, stop=stop, progress=progress)
        else:
            run_options = ExplainOptions(
                command=command, output=output, queries=tuple(queries or ()), rows=sizes, executions=requests,
                seed=seed, timeout_s=timeout, advise=advise, database_url=dsn or database_url,
                allow_writes=allow_writes, baseline=base,
            )  # fmt: skip
            result = run_explain(run_options, stop=stop, progress=progress)
    if not json and not quiet:
        console = Console(no_color=no_color or None)
        for part in render_queries(result.report.queries, trees=tree, changes=result.changes):
            console.print(part, markup=False, highlight=False)
    show_report(result.report, result.path, as_json=json, quiet=quiet, no_color=no_color)
    if save_baseline is not None:
        progress.say(f"baseline: {save_baseline_as(save_baseline, result.path, output)}")
    if keep is not None:
        prune(output, keep=keep)
    raise typer.Exit(result.report.exit_code)


def _without_values(arguments: list[str]) -> list[str]:
    """The command line for the report: values of --param and what a URL may hold stay out of it."""
    from cabanas_perf.report.redaction import redact_command  # noqa: PLC0415

    shown, hide_next = [], False
    for argument in arguments:
        shown.append("***" if hide_next else re.sub(r"^(--param=).*", r"\1***", argument, flags=re.DOTALL))
        hide_next = argument == "--param" and not hide_next
    return shlex.split(redact_command(shown))
