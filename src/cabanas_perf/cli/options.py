"""Options that several verbs share, and how they are said in one place."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cabanas_perf.stubs import Behaviour


class ViaName(StrEnum):
    DIRECT = "direct"
    HTTP = "http"


class ProfilerName(StrEnum):
    CPROFILE = "cprofile"
    PYINSTRUMENT = "pyinstrument"
    PY_SPY = "py-spy"
    ALL = "all"
    NONE = "none"


Json = Annotated[bool, typer.Option("--json", help="Write the report as JSON to standard output, and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more; show where an internal error came from.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours (also: the variable NO_COLOR).")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder for reports and profiles.")]
Keep = Annotated[int | None, typer.Option(min=1, help="Keep only the newest N files of each name in --output.")]
Baseline = Annotated[
    str | None, typer.Option(metavar="NAME", help="Compare with this baseline, or with the report at this path.")
]
SaveBaseline = Annotated[str | None, typer.Option(metavar="NAME", help="Keep this run's report as a baseline.")]
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
StubLatency = Annotated[
    str | None,
    typer.Option(metavar="MS[-MS]", help="How long the stand-ins take (default: the document's 400-800)."),
]


def make_stub_behaviour(latency_ms: str | None) -> Behaviour:
    """Stand-ins that take the one time, or between the two, in milliseconds: ``600`` or ``400-800``.

    Raises:
        typer.BadParameter: for anything else; None is the document's times.
    """
    from cabanas_perf.stubs import Behaviour  # noqa: PLC0415

    if latency_ms is None:
        return Behaviour()
    times = latency_ms.split("-")
    try:
        if len(times) <= 2:
            return Behaviour(latency_min_ms=float(times[0]), latency_max_ms=float(times[-1]))
    except ValueError:
        pass
    raise typer.BadParameter("write one time or two, as 600 or 400-800", param_hint="--stub-latency-ms")
