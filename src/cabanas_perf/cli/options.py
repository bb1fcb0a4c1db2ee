"""Options that several verbs share, and how they are said in one place."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ViaName(StrEnum):
    DIRECT = "direct"
    HTTP = "http"


class ProfilerName(StrEnum):
    CPROFILE = "cprofile"
    NONE = "none"


Json = Annotated[bool, typer.Option("--json", help="Write the report as JSON to standard output, and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more; show where an internal error came from.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours (also: the variable NO_COLOR).")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder for reports and profiles.")]
Keep = Annotated[int | None, typer.Option(min=1, help="Keep only the newest N files of each name in --output.")]
Seed = Annotated[int, typer.Option(help="Seed of every random choice.")]
SloPath = Annotated[
    Path | None, typer.Option("--slo", help="SLO file (default: profiles/slo.toml, else the packaged one).")
]
Strict = Annotated[bool, typer.Option("--strict", help="Judge by the set 'strict' instead of the default one.")]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(envvar="DATABASE_URL", help="PostgreSQL of your own (default: an embedded one).", show_envvar=True),
]
RedisUrl = Annotated[
    str | None, typer.Option(envvar="REDIS_URL", help="Redis of your own (default: an embedded one).", show_envvar=True)
]
AllowWrites = Annotated[
    str | None, typer.Option(metavar="DBNAME", help="Let the run write to this database of your own.")
]
YesLoad = Annotated[
    str | None, typer.Option(metavar="HOST", help="Let the run load this host, which is not this machine.")
]
