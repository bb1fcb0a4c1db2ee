"""``cabanas-perf gate``: a stored report, judged again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli import options, surfaces
from cabanas_perf.cli.guard import guarded


@guarded
def gate(
    path: Annotated[Path, typer.Argument(metavar="REPORT", help="A profiling_report_*.json of any verb.")],
    slo: options.SloPath = None,
    strict: options.Strict = False,
    baseline: options.Baseline = None,
    junit: surfaces.Junit = None,
    summary: surfaces.Summary = None,
    sarif: surfaces.Sarif = None,
    prometheus: surfaces.Prometheus = None,
    annotations: surfaces.Annotations = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
) -> None:
    """Judge a stored report again, by any SLO file; the exit code is the verdict.

    A partial report never passes, and neither does one whose audit failed.

    Examples:

      cabanas-perf gate profiles/profiling_report_20251014_101500.json

      cabanas-perf gate profiles/profiling_report_20251014_101500.json --slo my-slo.toml --junit junit.xml
    """
    from cabanas_perf.cli.compare import finish_with_baseline, read_baseline  # noqa: PLC0415
    from cabanas_perf.cli.console import show_report  # noqa: PLC0415
    from cabanas_perf.report.build import end_with  # noqa: PLC0415
    from cabanas_perf.report.files import read_report  # noqa: PLC0415
    from cabanas_perf.runners.gate import judge_again  # noqa: PLC0415
    from cabanas_perf.slo.file import find_slo_file, load_objectives  # noqa: PLC0415
    from cabanas_perf.slo.objective import DEFAULT_SET, STRICT_SET  # noqa: PLC0415
    from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS, workload_names  # noqa: PLC0415

    stored, before = read_report(path), read_baseline(baseline, path.parent)
    known = OBJECTIVE_WORKLOADS.union(workload_names(), (one.name for one in stored.workloads))
    file = load_objectives(find_slo_file(slo), workloads=known)
    judged = judge_again(stored, file, STRICT_SET if strict else DEFAULT_SET)
    show_report(judged, path, as_json=json, quiet=quiet, no_color=no_color)
    code = finish_with_baseline(
        judged, path, before, None, output=path.parent, show=not (json or quiet), no_color=no_color
    )
    surfaces.Surfaces(junit, summary, sarif, prometheus, annotations).write(end_with(judged, code))
    raise typer.Exit(code)
