"""``cabanas-perf check``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cabanas_perf.cli import options, surfaces
from cabanas_perf.cli.guard import TRACE_VARIABLE, guarded

if TYPE_CHECKING:
    from cabanas_perf.report.record import Report

_SCENARIO = "check"


@guarded
def check(
    only: Annotated[
        str | None,
        typer.Option(
            metavar="PART,...",
            help="Parts to run: plans, nlu, prereservation, webhooks, health, database, audio, load (default: all).",
        ),
    ] = None,
    skip: Annotated[
        str | None, typer.Option(metavar="PART,...", help="Parts to leave out; the verdict says so.")
    ] = None,
    slo: options.SloPath = None,
    strict: options.Strict = False,
    host: Annotated[
        str | None, typer.Option(metavar="URL", help="A running service (default: one is started).")
    ] = None,
    database_url: options.DatabaseUrl = None,
    redis_url: options.RedisUrl = None,
    allow_writes: options.AllowWrites = None,
    yes_load: options.YesLoad = None,
    audit_dsn: Annotated[
        str | None, typer.Option(metavar="URL", help="Database behind --host, to audit and to explain on.")
    ] = None,
    junit: surfaces.Junit = None,
    summary: surfaces.Summary = None,
    sarif: surfaces.Sarif = None,
    prometheus: surfaces.Prometheus = None,
    annotations: surfaces.Annotations = False,
    seed: options.Seed = 0,
    baseline: options.Baseline = None,
    save_baseline: options.SaveBaseline = None,
    output: options.Output = Path("profiles"),
    keep: options.Keep = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> None:
    """Check everything that there are objectives for: the gate for CI, in one report with one verdict.

    Every objective counts. What cannot be measured here, such as voice notes without a model, makes the verdict
    inconclusive unless it is left out by hand.

    Examples:
      cabanas-perf check

      cabanas-perf check --skip audio

      cabanas-perf check --only nlu,plans --strict
    """
    if verbose:
        os.environ[TRACE_VARIABLE] = "1"
    from cabanas_perf.cli.check_view import CheckProgress  # noqa: PLC0415
    from cabanas_perf.cli.compare import finish_with_baseline, read_baseline  # noqa: PLC0415
    from cabanas_perf.cli.console import show_report  # noqa: PLC0415
    from cabanas_perf.load.errors import ScenarioError  # noqa: PLC0415
    from cabanas_perf.load.scenario import find_scenario, load_scenario  # noqa: PLC0415
    from cabanas_perf.report.build import end_with  # noqa: PLC0415
    from cabanas_perf.report.files import prune  # noqa: PLC0415
    from cabanas_perf.report.redaction import redact_command  # noqa: PLC0415
    from cabanas_perf.runners.check import CheckOptions, run_check  # noqa: PLC0415
    from cabanas_perf.runners.check_parts import choose_parts, part_names  # noqa: PLC0415
    from cabanas_perf.runners.errors import RunError  # noqa: PLC0415
    from cabanas_perf.runners.stop import listen_for_stop  # noqa: PLC0415
    from cabanas_perf.runners.target import TargetOptions  # noqa: PLC0415
    from cabanas_perf.slo.file import find_slo_file, load_objectives  # noqa: PLC0415
    from cabanas_perf.slo.objective import DEFAULT_SET, STRICT_SET  # noqa: PLC0415
    from cabanas_perf.workloads.base import Via  # noqa: PLC0415
    from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS, load_workload, workload_names  # noqa: PLC0415

    slo_file = load_objectives(find_slo_file(slo), workloads=OBJECTIVE_WORKLOADS.union(workload_names()))
    slo_set = STRICT_SET if strict else DEFAULT_SET
    known = part_names([one for one in slo_file.objectives if one.set_name == slo_set])
    parts = choose_parts(known, only=_split(only), skip=_split(skip))
    try:
        scenario = load_scenario(find_scenario(_SCENARIO))
    except ScenarioError as error:
        raise RunError(str(error), fix=error.fix) from error
    check_options = CheckOptions(
        parts=parts,
        targets=[load_workload(name) for name in parts.workloads()],
        scenario=scenario,
        command=redact_command(["cabanas-perf", *sys.argv[1:]]),
        slo=slo_file,
        slo_set=slo_set,
        output=output,
        where=TargetOptions(Via.HTTP if host else Via.DIRECT, host, yes_load, database_url, redis_url, allow_writes),
        seed=seed,
        audit_dsn=audit_dsn,
    )
    progress = CheckProgress(quiet=quiet or json, no_color=no_color)
    before = read_baseline(baseline, output)
    with listen_for_stop() as stop, progress.showing():
        result = run_check(check_options, stop=stop, view=progress)
    if not json and not quiet:
        _show_parts(result.report, no_color=no_color)
    show_report(result.report, result.path, as_json=json, quiet=quiet, no_color=no_color)
    code = finish_with_baseline(
        result.report, result.path, before, save_baseline, output=output, show=not (json or quiet), no_color=no_color
    )
    surfaces.Surfaces(junit, summary, sarif, prometheus, annotations).write(end_with(result.report, code))
    if keep is not None:
        prune(output, keep=keep)
    raise typer.Exit(code)


def _show_parts(report: Report, *, no_color: bool) -> None:
    """What the report's tables leave out: statements with errors in their plans, and how the load went."""
    from rich.console import Console  # noqa: PLC0415

    from cabanas_perf.renderers.load_text import render_load  # noqa: PLC0415
    from cabanas_perf.renderers.queries import render_queries  # noqa: PLC0415

    console = Console(no_color=no_color or None)
    bad = [query for query in report.queries if any(finding.severity == "error" for finding in query.findings)]
    for part in render_queries(bad):
        console.print(part, markup=False, highlight=False)
    for line in () if report.load is None else render_load(report.load):
        typer.echo(line)


def _split(names: str | None) -> tuple[str, ...]:
    return () if names is None else tuple(name.strip() for name in names.split(",") if name.strip())
