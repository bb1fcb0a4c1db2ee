"""``cabanas-perf loadtest``."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import TRACE_VARIABLE, guarded

_CAPACITY = "capacity"


class SpacingName(StrEnum):
    CONSTANT = "constant"
    POISSON = "poisson"


def _complete_scenario(incomplete: str) -> list[str]:
    from cabanas_perf.load.scenario import list_scenarios  # noqa: PLC0415

    return [name for name in (*list_scenarios(), _CAPACITY) if name.startswith(incomplete)]


@guarded
def loadtest(
    scenario: Annotated[
        str,
        typer.Argument(
            help="quick, full, spike, soak, stress, contention, health, capacity, or the path of a scenario file.",
            autocompletion=_complete_scenario,
        ),
    ] = "quick",
    users: Annotated[int | None, typer.Option("--users", "-u", min=1, help="Virtual users.")] = None,
    spawn_rate: Annotated[
        float | None, typer.Option("--spawn-rate", "-r", min=0.01, help="Users to start in each second.")
    ] = None,
    run_time: Annotated[str | None, typer.Option("--run-time", "-t", help="30s, 5m, 1h30m; ramp included.")] = None,
    warmup: Annotated[str | None, typer.Option(help="How much of the start is not judged.")] = None,
    user_classes: Annotated[
        str | None,
        typer.Option(metavar="A:70,B:20", help="User classes and their shares; CLASS.ENDPOINT for one task."),
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help="Open model: requests arriving in each second.")] = None,
    spacing: Annotated[SpacingName | None, typer.Option(help="How arrivals are spaced (open model).")] = None,
    timeout: Annotated[str | None, typer.Option(help="How long a client waits for its answer.")] = None,
    host: Annotated[
        str | None, typer.Option(metavar="URL", help="A running service (default: one is started).")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Processes of this machine that send load.")] = 1,
    master: Annotated[bool, typer.Option("--master", help="Send nothing; direct workers on other machines.")] = False,
    expect_workers: Annotated[int, typer.Option(min=1, help="Workers to wait for (--master).")] = 1,
    master_bind_host: Annotated[
        str, typer.Option(help="Address for workers to connect to (--master). Nothing asks who they are.")
    ] = "127.0.0.1",
    master_port: Annotated[int, typer.Option(help="Port of the master (--master, --worker).")] = 5557,
    worker: Annotated[bool, typer.Option("--worker", help="Send load for a master elsewhere.")] = False,
    master_host: Annotated[str, typer.Option(help="Where the master is (--worker).")] = "127.0.0.1",
    ui: Annotated[bool, typer.Option("--ui", help="Locust's web page too, at http://127.0.0.1:8089.")] = False,
    no_abort: Annotated[
        bool, typer.Option("--no-abort", help="Go on when an objective cannot be met any more.")
    ] = False,
    seed: options.Seed = 0,
    slo: options.SloPath = None,
    strict: options.Strict = False,
    database_url: options.DatabaseUrl = None,
    redis_url: options.RedisUrl = None,
    allow_writes: options.AllowWrites = None,
    yes_load: options.YesLoad = None,
    audit_dsn: Annotated[
        str | None, typer.Option(metavar="URL", help="Database behind --host, to audit and to time replies.")
    ] = None,
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
    """Load the service, judge what its clients saw, and audit what is left in its database.

    Examples:
      cabanas-perf loadtest quick

      cabanas-perf loadtest full --host http://127.0.0.1:8000 --processes 2

      cabanas-perf loadtest health --rate 100 -t 30s
    """
    if verbose:
        os.environ[TRACE_VARIABLE] = "1"
    from cabanas_perf.cli.compare import finish_with_baseline, read_baseline  # noqa: PLC0415
    from cabanas_perf.cli.console import show_report  # noqa: PLC0415
    from cabanas_perf.cli.load_view import TerminalLoadView  # noqa: PLC0415
    from cabanas_perf.load.arrivals import Spacing  # noqa: PLC0415
    from cabanas_perf.load.durations import parse_duration_s  # noqa: PLC0415
    from cabanas_perf.load.errors import ScenarioError  # noqa: PLC0415
    from cabanas_perf.load.scenario import Overrides, find_scenario, load_scenario, override  # noqa: PLC0415
    from cabanas_perf.load.user_files import find_user_classes, list_endpoints  # noqa: PLC0415
    from cabanas_perf.renderers.load_text import render_load  # noqa: PLC0415
    from cabanas_perf.report.files import prune  # noqa: PLC0415
    from cabanas_perf.report.redaction import redact_command  # noqa: PLC0415
    from cabanas_perf.runners.capacity import DEFAULT_SCENARIO, run_capacity  # noqa: PLC0415
    from cabanas_perf.runners.errors import RunError  # noqa: PLC0415
    from cabanas_perf.runners.load_generator import Distribution  # noqa: PLC0415
    from cabanas_perf.runners.load_session import LoadOptions  # noqa: PLC0415
    from cabanas_perf.runners.loadtest import run_load_worker, run_loadtest  # noqa: PLC0415
    from cabanas_perf.runners.stop import listen_for_stop  # noqa: PLC0415
    from cabanas_perf.runners.target import TargetOptions  # noqa: PLC0415
    from cabanas_perf.slo.file import find_slo_file, load_objectives  # noqa: PLC0415
    from cabanas_perf.slo.objective import DEFAULT_SET, STRICT_SET  # noqa: PLC0415
    from cabanas_perf.workloads.base import Via  # noqa: PLC0415
    from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS, workload_names  # noqa: PLC0415

    try:
        chosen = override(
            load_scenario(find_scenario(DEFAULT_SCENARIO if scenario == _CAPACITY else scenario)),
            Overrides(
                users=users,
                spawn_rate_per_s=spawn_rate,
                duration_s=None if run_time is None else parse_duration_s(run_time),
                warmup_s=None if warmup is None else parse_duration_s(warmup),
                mix=user_classes,
                rate_rps=rate,
                spacing=None if spacing is None else Spacing(spacing.value),
                timeout_s=None if timeout is None else parse_duration_s(timeout),
            ),
        )
        endpoints = list_endpoints(chosen.mix, find_user_classes(chosen.user_files))
    except ScenarioError as error:
        raise RunError(str(error), fix=error.fix) from error
    load_options = LoadOptions(
        scenario=chosen,
        command=redact_command(["cabanas-perf", *sys.argv[1:]]),
        slo=load_objectives(find_slo_file(slo), workloads=OBJECTIVE_WORKLOADS.union(workload_names(), endpoints)),
        slo_set=STRICT_SET if strict else DEFAULT_SET,
        output=output,
        where=TargetOptions(Via.HTTP, host, yes_load, database_url, redis_url, allow_writes),
        distribution=Distribution(processes, expect_workers if master else 0, master_bind_host, master_port),
        seed=seed,
        audit=not no_audit,
        audit_dsn=audit_dsn,
        ui_port=8089 if ui else None,
        abort=not no_abort,
    )
    view = TerminalLoadView(quiet=quiet or json, no_color=no_color)
    before = read_baseline(baseline, output)
    with listen_for_stop() as stop, view.showing():
        if worker:
            raise typer.Exit(run_load_worker(load_options, master_host, master_port, stop=stop, view=view))
        run = run_capacity if scenario == _CAPACITY else run_loadtest
        result = run(load_options, stop=stop, view=view)
    if not json and not quiet and result.report.load is not None:
        for line in render_load(result.report.load):
            typer.echo(line)
    show_report(result.report, result.path, as_json=json, quiet=quiet, no_color=no_color)
    code = finish_with_baseline(
        result.report, result.path, before, save_baseline, output=output, show=not (json or quiet), no_color=no_color
    )
    if keep is not None:
        prune(output, keep=keep)
    raise typer.Exit(code)
