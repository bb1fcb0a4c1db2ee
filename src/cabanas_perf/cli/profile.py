"""``cabanas-perf profile``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import TRACE_VARIABLE, guarded

_ALL = "all"


def _complete_target(incomplete: str) -> list[str]:
    from cabanas_perf.workloads.registry import workload_names  # noqa: PLC0415

    return [name for name in (*workload_names(), _ALL) if name.startswith(incomplete)]


@guarded
def profile(
    target: Annotated[
        str | None,
        typer.Argument(help="nlu, prereservation, health, database, ... or all.", autocompletion=_complete_target),
    ] = None,
    endpoint: Annotated[str | None, typer.Option(help="The same as TARGET.", autocompletion=_complete_target)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Profile every target; the same as TARGET 'all'.")] = False,
    requests: Annotated[
        int | None,
        typer.Option(
            "--requests",
            "-n",
            min=1,
            help="Requests for each target (default: enough to judge it); with --all, audio keeps to its default.",
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", "-c", min=1, help="Requests under way at once (default: 1; webhooks more)."),
    ] = None,
    warmup: Annotated[int, typer.Option(min=0, help="Requests before the clock starts.")] = 10,
    seed: options.Seed = 0,
    distinct: Annotated[
        bool, typer.Option("--distinct", help="Repeat no input (nlu); by default some do, as in life.")
    ] = False,
    via: Annotated[
        options.ViaName, typer.Option(help="Call the cores directly, or over HTTP.")
    ] = options.ViaName.DIRECT,
    host: Annotated[str | None, typer.Option(metavar="URL", help="A running service (implies --via http).")] = None,
    profiler: Annotated[
        options.ProfilerName, typer.Option(help="Profiler of a second, separate pass; all: one pass for each.")
    ] = options.ProfilerName.CPROFILE,
    query_budget: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Miss when one request sends more statements than N.")
    ] = None,
    memory: Annotated[
        bool,
        typer.Option("--memory", help="Watch memory in a pass of its own: per request, and growth (direct calls)."),
    ] = False,
    slo: options.SloPath = None,
    strict: options.Strict = False,
    database_url: options.DatabaseUrl = None,
    redis_url: options.RedisUrl = None,
    allow_writes: options.AllowWrites = None,
    yes_load: options.YesLoad = None,
    no_audit: Annotated[bool, typer.Option("--no-audit", help="Do not check what was acknowledged.")] = False,
    baseline: options.Baseline = None,
    save_baseline: options.SaveBaseline = None,
    output: options.Output = Path("profiles"),
    keep: options.Keep = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> None:
    """Send a target's requests, judge them against the objectives, then profile a second pass.

    Examples:
      cabanas-perf profile nlu --requests 1000

      cabanas-perf profile prereservation --via http --concurrency 8

      cabanas-perf profile prereservation --profiler all --query-budget 8

      cabanas-perf profile --all --requests 100
    """
    if verbose:
        os.environ[TRACE_VARIABLE] = "1"
    from cabanas_perf.cli.compare import finish_with_baseline, read_baseline  # noqa: PLC0415
    from cabanas_perf.cli.console import TerminalProgress, show_report  # noqa: PLC0415
    from cabanas_perf.report.files import prune  # noqa: PLC0415
    from cabanas_perf.report.redaction import redact_command  # noqa: PLC0415
    from cabanas_perf.runners.errors import RunError  # noqa: PLC0415
    from cabanas_perf.runners.profile import ProfileOptions, run_profile  # noqa: PLC0415
    from cabanas_perf.runners.profilers.choice import choose_profilers  # noqa: PLC0415
    from cabanas_perf.runners.stop import listen_for_stop  # noqa: PLC0415
    from cabanas_perf.runners.target import TargetOptions  # noqa: PLC0415
    from cabanas_perf.slo.file import find_slo_file, load_objectives  # noqa: PLC0415
    from cabanas_perf.slo.objective import DEFAULT_SET, STRICT_SET  # noqa: PLC0415
    from cabanas_perf.workloads.base import Via  # noqa: PLC0415
    from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS, load_workload, workload_names  # noqa: PLC0415

    named = {name for name in (target, endpoint, _ALL if everything else None) if name}
    if len(named) != 1:
        problem = "names " + " and ".join(sorted(named)) if named else "names no target"
        raise RunError(f"the command line {problem}", fix="name one, as in: cabanas-perf profile nlu")
    (name,) = named
    known = workload_names()
    chosen_via = Via.HTTP if host else Via(via.value)
    if name != _ALL and name not in known:
        raise RunError(f"there is no target {name!r}", fix=f"known targets: {', '.join(known)}, {_ALL}")
    specs = [load_workload(one) for one in known if name in {_ALL, one}]
    left_out = {spec.name: reason for spec in specs if (reason := spec.why_unavailable())}
    if name in left_out:
        raise RunError(f"{name} cannot be profiled here", fix=left_out[name])
    reachable = [spec for spec in specs if chosen_via in spec.vias and spec.name not in left_out]
    if not reachable:
        raise RunError(f"the target {name!r} cannot be driven via {chosen_via}", fix="leave --via out")
    run_options = ProfileOptions(
        targets=reachable,
        command=redact_command(["cabanas-perf", *sys.argv[1:]]),
        slo=load_objectives(find_slo_file(slo), workloads=OBJECTIVE_WORKLOADS.union(known)),
        slo_set=STRICT_SET if strict else DEFAULT_SET,
        output=output,
        where=TargetOptions(chosen_via, host, yes_load, database_url, redis_url, allow_writes),
        requests=requests,
        concurrency=concurrency,
        warmup=warmup,
        seed=seed,
        distinct=distinct,
        profilers=choose_profilers(profiler.value),
        query_budget=query_budget,
        memory=memory,
        audit=not no_audit,
    )
    progress = TerminalProgress(quiet=quiet, no_color=no_color)
    for left, reason in left_out.items():
        progress.say(f"{left} is left out: {reason}")
    before = read_baseline(baseline, output)
    with listen_for_stop() as stop, progress.showing():
        result = run_profile(run_options, stop=stop, progress=progress)
    show_report(result.report, result.path, as_json=json, quiet=quiet, no_color=no_color)
    code = finish_with_baseline(
        result.report, result.path, before, save_baseline, output=output, show=not (json or quiet), no_color=no_color
    )
    if keep is not None:
        prune(output, keep=keep)
    raise typer.Exit(code)
