"""``cabanas-perf slo``: the objectives, and as OpenSLO."""

from __future__ import annotations

from typing import Annotated

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import guarded


@guarded
def slo(
    file: options.SloPath = None,
    strict: options.Strict = False,
    openslo: Annotated[
        bool, typer.Option("--openslo", help="Print them as OpenSLO v1 (YAML), as far as it has words for them.")
    ] = False,
) -> None:
    """Show the objectives that runs are judged by, and where they stand; `--slo` takes OpenSLO files too.

    Examples:

      cabanas-perf slo

      cabanas-perf slo --strict --openslo > slo.yaml
    """
    from cabanas_perf.slo.file import find_slo_file, load_objectives  # noqa: PLC0415
    from cabanas_perf.slo.objective import DEFAULT_SET, STRICT_SET  # noqa: PLC0415
    from cabanas_perf.slo.openslo import is_expressible, render_openslo  # noqa: PLC0415
    from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS, workload_names  # noqa: PLC0415

    found = load_objectives(find_slo_file(file), workloads=OBJECTIVE_WORKLOADS.union(workload_names()))
    wanted = STRICT_SET if strict else DEFAULT_SET
    chosen = [one for one in found.objectives if one.set_name == wanted]
    if openslo:
        typer.echo(render_openslo(chosen), nl=False)
        for one in chosen:
            if not is_expressible(one):
                typer.echo(f"{one.id} is left out: OpenSLO has no form for {one.assertion.text!r}", err=True)
        return
    typer.echo(f"{found.path}, set {wanted!r}")
    for one in chosen:
        runs = ", ".join(sorted(run.value for run in one.runs))
        typer.echo(f"  {one.id:34} {one.workload:16} {one.indicator.value:15} {one.assertion.text:14} {runs}")
