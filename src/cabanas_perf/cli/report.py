"""``cabanas-perf report``: stored reports, shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.compare import read_baseline
from cabanas_perf.cli.guard import guarded

if TYPE_CHECKING:
    from cabanas_perf.report.record import Report


@guarded
def report(
    path: Annotated[Path | None, typer.Argument(metavar="REPORT", help="A profiling_report_*.json.")] = None,
    trend: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Instead of one report: every latency over those of a folder."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the report as one HTML file that needs no network."),
    ] = None,
    lite: Annotated[
        bool, typer.Option("--lite", help="A small HTML file: pictures, but no interactive viewers.")
    ] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open the HTML file in the browser.")] = False,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A baseline, or a report's path, for the page to compare with."),
    ] = None,
    output: options.Output = Path("profiles"),
    json: options.Json = False,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
) -> None:
    """Show a stored report. Always ends with 0: to judge it, use `gate`.

    With --trend, series over the reports of a folder, marked where they changed their level.
    With --html it is written as a page instead, with the profiles that lie beside the report, and with --baseline
    beside an earlier report too.

    Examples:

      cabanas-perf report profiles/profiling_report_20251014_101500.json

      cabanas-perf report profiles/profiling_report_20251014_101500.json --html report.html --open

      cabanas-perf report --trend profiles
    """
    from cabanas_perf.cli.console import show_report  # noqa: PLC0415
    from cabanas_perf.report.files import read_report  # noqa: PLC0415

    if (path is None) is (trend is None):
        raise typer.BadParameter("name one report, or a folder with --trend", param_hint="REPORT")
    if trend is not None:
        if html is not None:
            raise typer.BadParameter("is for one report", param_hint="--html")
        _show_trend(trend, as_json=json, quiet=quiet)
        return
    assert path is not None
    for option, given in (("--lite", lite), ("--open", open_), ("--baseline", baseline)):
        if given and html is None:
            raise typer.BadParameter("needs --html FILE as well", param_hint=option)
    stored = read_report(path)
    if html is None or json:
        show_report(stored, path, as_json=json, quiet=quiet, no_color=no_color)
    if html is not None:
        _write_html(stored, html, beside=path.parent, baseline=read_baseline(baseline, output), lite=lite, quiet=quiet)
        if open_:
            typer.launch(html.absolute().as_uri())


def _write_html(stored: Report, page: Path, *, beside: Path, baseline: Report | None, lite: bool, quiet: bool) -> None:
    from cabanas_perf.runners.report_page import write_page  # noqa: PLC0415

    missing = write_page(stored, page, beside=beside, baseline=baseline, lite=lite)
    if not quiet:
        for name in missing:
            typer.echo(f"no flame graph of {name}: it does not lie beside the report, or cannot be read", err=True)
        typer.echo(f"{page}: {page.stat().st_size / 1000:.0f} kB", err=True)


def _show_trend(folder: Path, *, as_json: bool, quiet: bool) -> None:
    from cabanas_perf.renderers.trend import render_trends  # noqa: PLC0415
    from cabanas_perf.runners.trend import read_trends  # noqa: PLC0415

    trends = read_trends(folder)
    if as_json:
        typer.echo(trends.model_dump_json(indent=2))
    elif not quiet:
        for line in render_trends(trends, ascii_only=not (sys.stdout.encoding or "").lower().startswith("utf")):
            typer.echo(line)
