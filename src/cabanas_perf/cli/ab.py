"""``cabanas-perf ab``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import TRACE_VARIABLE, guarded


def _complete_workload(incomplete: str) -> list[str]:
    from cabanas_perf.workloads.registry import workload_names  # noqa: PLC0415

    return [name for name in workload_names() if name.startswith(incomplete)]


@guarded
def ab(
    base: Annotated[str, typer.Argument(metavar="BASE_REV", help="A commit, branch or tag.")],
    head: Annotated[
        str | None, typer.Argument(metavar="HEAD_REV", help="What to compare with it (default: the working tree).")
    ] = None,
    workload: Annotated[
        str,
        typer.Option("--workload", "-w", help="nlu, prereservation, health, ...", autocompletion=_complete_workload),
    ] = "nlu",
    pairs: Annotated[
        int | None,
        typer.Option(min=5, max=10_000, help="How many pairs (default: 100; 500 where requests wait for servers)."),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="Fresh pairs of processes that share them (default: 5; 10 with servers)."),
    ] = None,
    margin: Annotated[
        float, typer.Option(min=0.1, max=1000, help="Percent by which the versions must differ to count.")
    ] = 5.0,
    seed: options.Seed = 0,
    output: options.Output = Path("profiles"),
    keep: options.Keep = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> None:
    """Did a change help: two versions of the core, measured in interleaved pairs in one run.

    The verdict is slower, faster, or no difference larger than so much. A proven regression ends with 1, and 3 means
    that more pairs are needed. Servers, where the workload needs any, are embedded ones, with a database for each side.

    Examples:

      cabanas-perf ab main

      cabanas-perf ab v1.4 v1.5 --workload prereservation --pairs 300

      cabanas-perf ab origin/main HEAD --margin 10
    """
    if verbose:
        os.environ[TRACE_VARIABLE] = "1"
    from cabanas_perf.cli.console import TerminalProgress, show_report  # noqa: PLC0415
    from cabanas_perf.report.files import prune  # noqa: PLC0415
    from cabanas_perf.report.redaction import redact_command  # noqa: PLC0415
    from cabanas_perf.runners.ab.run import AbOptions, run_ab  # noqa: PLC0415
    from cabanas_perf.runners.errors import RunError  # noqa: PLC0415
    from cabanas_perf.runners.stop import listen_for_stop  # noqa: PLC0415
    from cabanas_perf.workloads.base import Via  # noqa: PLC0415
    from cabanas_perf.workloads.registry import load_workload, workload_names  # noqa: PLC0415

    known = workload_names()
    if workload not in known:
        raise RunError(f"there is no workload {workload!r}", fix=f"known workloads: {', '.join(known)}")
    spec = load_workload(workload)
    if (reason := spec.why_unavailable()) is not None:
        raise RunError(f"{workload} cannot run here", fix=reason)
    if Via.DIRECT not in spec.vias:
        raise RunError(f"{workload} cannot be called directly", fix="compare stored reports: cabanas-perf compare")
    run_options = AbOptions(
        base=base,
        head=head,
        workload=spec,
        command=redact_command(["cabanas-perf", *sys.argv[1:]]),
        output=output,
        pairs_wanted=pairs,
        rounds_wanted=rounds,
        margin_ratio=margin / 100,
        seed=seed,
    )
    progress = TerminalProgress(quiet=quiet, no_color=no_color)
    with listen_for_stop() as stop, progress.showing():
        result = run_ab(run_options, stop=stop, progress=progress)
    show_report(result.report, result.path, as_json=json, quiet=quiet, no_color=no_color)
    if keep is not None:
        prune(output, keep=keep)
    raise typer.Exit(result.report.exit_code)
