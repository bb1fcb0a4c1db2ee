"""``cabanas-perf report`` and ``cabanas-perf gate``: stored reports, shown and judged again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import guarded

if TYPE_CHECKING:
    from cabanas_perf.report.record import Report

ReportPath = Annotated[Path, typer.Argument(metavar="REPORT", help="A profiling_report_*.json.")]


@guarded
def report(
    path: ReportPath,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the report as one HTML file that needs no network."),
    ] = None,
    lite: Annotated[
        bool, typer.Option("--lite", help="A small HTML file: pictures, but no interactive viewers.")
    ] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open the HTML file in the browser.")] = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
) -> None:
    """Show a stored report. Always ends with 0: to judge it, use `gate`.

    With --html it is written as a page instead, with the profiles that lie beside the report.

    Examples:

      cabanas-perf report profiles/profiling_report_20251014_101500.json

      cabanas-perf report profiles/profiling_report_20251014_101500.json --html report.html --open
    """
    from cabanas_perf.cli.console import show_report  # noqa: PLC0415
    from cabanas_perf.report.files import read_report  # noqa: PLC0415

    if html is None and (lite or open_):
        raise typer.BadParameter("needs --html FILE as well", param_hint="--lite" if lite else "--open")
    stored = read_report(path)
    if html is None or json:
        show_report(stored, path, as_json=json, quiet=quiet, no_color=no_color)
    if html is not None:
        _write_html(stored, html, beside=path.parent, lite=lite, quiet=quiet)
        if open_:
            typer.launch(html.absolute().as_uri())


def _write_html(stored: Report, page: Path, *, beside: Path, lite: bool, quiet: bool) -> None:
    from cabanas_perf.runners.report_page import write_page  # noqa: PLC0415

    missing = write_page(stored, page, beside=beside, lite=lite)
    if not quiet:
        for name in missing:
            typer.echo(f"no flame graph of {name}: it does not lie beside the report, or cannot be read", err=True)
        typer.echo(f"{page}: {page.stat().st_size / 1000:.0f} kB", err=True)


@guarded
def gate(
    path: ReportPath,
    slo: options.SloPath = None,
    strict: options.Strict = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
) -> None:
    """Judge a stored report again, by any SLO file; the exit code is the verdict.

    A partial report never passes, and neither does one whose audit failed.

    Examples:

      cabanas-perf gate profiles/profiling_report_20251014_101500.json

      cabanas-perf gate profiles/profiling_report_20251014_101500.json --slo my-slo.toml
    """
    from cabanas_perf.cli.console import show_report  # noqa: PLC0415
    from cabanas_perf.report.files import read_report  # noqa: PLC0415
    from cabanas_perf.runners.gate import judge_again  # noqa: PLC0415
    from cabanas_perf.slo.file import find_slo_file, load_objectives  # noqa: PLC0415
    from cabanas_perf.slo.objective import DEFAULT_SET, STRICT_SET  # noqa: PLC0415
    from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS, workload_names  # noqa: PLC0415

    stored = read_report(path)
    known = OBJECTIVE_WORKLOADS.union(workload_names(), (one.name for one in stored.workloads))
    file = load_objectives(find_slo_file(slo), workloads=known)
    judged = judge_again(stored, file, STRICT_SET if strict else DEFAULT_SET)
    show_report(judged, path, as_json=json, quiet=quiet, no_color=no_color)
    raise typer.Exit(judged.exit_code)
