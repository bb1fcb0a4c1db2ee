"""``cabanas-perf import``: results of other tools, as reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import guarded


@guarded
def import_(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="JSON of pytest-benchmark, pyperf, Locust or k6 (summary), or Locust's CSV of statistics.",
        ),
    ],
    output: options.Output = Path("profiles"),
    json: options.Json = False,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
) -> None:
    """Write what another tool measured as a report, for gate, compare and report. It is not judged here.

    Those verbs read such files as they are, too.

    Examples:

      cabanas-perf import benchmark.json

      cabanas-perf import locust_stats.csv --output profiles
    """
    from cabanas_perf.cli.console import show_report  # noqa: PLC0415
    from cabanas_perf.report.files import read_report, write_report  # noqa: PLC0415
    from cabanas_perf.runners.errors import RunError  # noqa: PLC0415

    report = read_report(path)
    if report.imported is None:
        raise RunError(f"{path} is a report already", fix=f"cabanas-perf gate {path}")
    written = write_report(report, output)
    show_report(report, written, as_json=json, quiet=quiet, no_color=no_color)
