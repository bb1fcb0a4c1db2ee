"""``cabanas-perf view``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cabanas_perf.cli.guard import guarded


@guarded
def view(
    file: Annotated[Path, typer.Argument(help="A .prof file that `profile` wrote.")],
    server: Annotated[bool, typer.Option("--server", "-s", help="Print the address; open no browser.")] = False,
    port: Annotated[int | None, typer.Option("--port", "-p", help="Port to serve on (default: a free one).")] = None,
) -> None:
    """Look at a profile in snakeviz, in the browser; Ctrl-C ends it.

    Example:
      cabanas-perf view profiles/nlu_20251014_101500.prof
    """
    from cabanas_perf.runners.viewer import open_snakeviz  # noqa: PLC0415

    raise typer.Exit(open_snakeviz(file, server=server, port=port))
