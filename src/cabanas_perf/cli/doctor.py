"""``cabanas-perf doctor``."""

from __future__ import annotations

import typer

from cabanas_perf.cli import options
from cabanas_perf.cli.guard import guarded


@guarded
def doctor(json: options.Json = False, no_color: options.NoColor = False) -> None:
    """Say what this machine has, what is missing, and how noisy it is.

    Ends with 0 when everything that is needed is there, else with 2.

    Example:

      cabanas-perf doctor
    """
    import asyncio  # noqa: PLC0415
    from dataclasses import asdict  # noqa: PLC0415

    import orjson  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from cabanas_perf.runners.doctor import describe_noise, diagnose  # noqa: PLC0415
    from cabanas_perf.slo.exit_codes import ExitCode  # noqa: PLC0415

    found = asyncio.run(diagnose())
    if json:
        body = {
            "well": found.well,
            "environment": found.environment.model_dump(mode="json"),
            "findings": [asdict(finding) for finding in found.findings],
        }
        typer.echo(orjson.dumps(body).decode())
    else:
        console = Console(no_color=no_color or None)
        environment = found.environment
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_row("machine", f"{environment.cpu}, {environment.cores} cores, {environment.platform}")
        table.add_row("python", environment.python)
        if environment.noise is not None:
            table.add_row("noise", describe_noise(environment.noise))
        for finding in found.findings:
            mark = "✓" if finding.found else ("✗" if finding.needed else "-")
            table.add_row(finding.name, f"{mark} {finding.detail}")
        console.print(table, markup=False, highlight=False)
    raise typer.Exit(ExitCode.MET if found.well else ExitCode.USAGE)
