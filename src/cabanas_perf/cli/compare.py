"""``cabanas-perf compare``, and what ``--baseline`` and ``--save-baseline`` do for every verb that makes a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import guarded

if TYPE_CHECKING:
    from cabanas_perf.report.record import Report
    from cabanas_perf.report.record.stored import StoredComparison

_STORED = "A report's path, or the name of a baseline."


@guarded
def compare(
    base: Annotated[str, typer.Argument(metavar="BASE", help=_STORED)],
    head: Annotated[str, typer.Argument(metavar="HEAD", help=_STORED)],
    margin: Annotated[
        float, typer.Option(min=0.1, max=1000, help="Percent by which times must differ to be told.")
    ] = 5.0,
    across_runs: Annotated[
        bool, typer.Option("--across-runs", help="Times that look slower fail as well, although they may be chance.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Compare reports of different machines or inputs too.")
    ] = False,
    output: options.Output = Path("profiles"),
    json: options.Json = False,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
) -> None:
    """Two stored reports side by side: times with intervals, statements, findings and plans.

    Times are indicative, since the two runs had the machine at different moments. What is counted is exact: more
    statements, more findings, more words wrong or another plan end with 1.

    Examples:

      cabanas-perf compare main profiles/profiling_report_20251014_101500.json

      cabanas-perf compare before.json after.json --margin 10
    """
    from cabanas_perf.measurement.paired import Rule  # noqa: PLC0415
    from cabanas_perf.report.compare import judge_stored  # noqa: PLC0415
    from cabanas_perf.runners.compare import compare_files  # noqa: PLC0415

    comparison = compare_files(base, head, output, rule=Rule(margin / 100), force=force)
    if json:
        typer.echo(comparison.model_dump_json(indent=2))
    elif not quiet:
        _show(comparison, no_color=no_color)
    raise typer.Exit(judge_stored(comparison, across_runs=across_runs))


def read_baseline(name: str | None, output: Path) -> Report | None:
    """The report to compare with, read before anything runs. Raises RunError or ReportError."""
    if name is None:
        return None
    from cabanas_perf.report.files import read_report  # noqa: PLC0415
    from cabanas_perf.runners.baselines import find_baseline  # noqa: PLC0415

    return read_report(find_baseline(name, output))


def finish_with_baseline(
    report: Report,
    path: Path,
    baseline: Report | None,
    save_as: str | None,
    *,
    output: Path,
    show: bool,
    no_color: bool,
) -> int:
    """Compare with the baseline, keep the report as one, and answer with the exit code: the run's own, or that of a
    count that got worse.
    """
    from cabanas_perf.report.compare import judge_stored  # noqa: PLC0415
    from cabanas_perf.runners.baselines import save_baseline_as  # noqa: PLC0415
    from cabanas_perf.runners.compare import compare_with_baseline  # noqa: PLC0415
    from cabanas_perf.slo.exit_codes import ExitCode  # noqa: PLC0415

    code = report.exit_code
    if baseline is not None:
        comparison = compare_with_baseline(report, baseline)
        if show:
            _show(comparison, no_color=no_color)
        worse = judge_stored(comparison, across_runs=False) is ExitCode.MISSED
        if worse and code in {ExitCode.MET, ExitCode.INCONCLUSIVE}:
            code = ExitCode.MISSED
    if save_as is not None:
        kept = save_baseline_as(save_as, path, output)
        typer.echo(f"baseline: {kept}", err=True)
    return code


def _show(comparison: StoredComparison, *, no_color: bool) -> None:
    from rich.console import Console  # noqa: PLC0415

    from cabanas_perf.renderers.stored import render_stored  # noqa: PLC0415

    console = Console(no_color=no_color or None)
    for part in render_stored(comparison):
        console.print(part, markup=False, highlight=False, soft_wrap=isinstance(part, str))
