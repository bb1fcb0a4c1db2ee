"""``cabanas-perf view``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli.guard import guarded


@guarded
def view(
    file: Annotated[Path, typer.Argument(help="A .prof or .speedscope.json file that `profile` wrote.")],
    server: Annotated[bool, typer.Option("--server", "-s", help="Print the address; open no browser.")] = False,
    port: Annotated[int | None, typer.Option("--port", "-p", help="Port to serve on (default: a free one).")] = None,
) -> None:
    """Look at a profile in the browser: .prof files in snakeviz, which Ctrl-C ends, others as a page of speedscope.

    Examples:
      cabanas-perf view profiles/nlu_20251014_101500.prof

      cabanas-perf view profiles/nlu-py-spy_20251014_101500.speedscope.json
    """
    from cabanas_perf.runners.viewer import (  # noqa: PLC0415
        is_speedscope,
        open_page,
        open_snakeviz,
        write_speedscope_page,
    )

    if is_speedscope(file):
        page = write_speedscope_page(file)
        typer.echo(f"Page: {page}")
        if not server:
            open_page(page)
        return
    raise typer.Exit(open_snakeviz(file, server=server, port=port))
