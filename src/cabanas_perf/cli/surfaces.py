"""What `check` and `gate` write for CI services, beside the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cabanas_perf.report.record import Report

Junit = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML, one case an objective.")
]
Summary = Annotated[
    Path | None,
    typer.Option("--summary", metavar="FILE", help="Append a Markdown summary, for instance to $GITHUB_STEP_SUMMARY."),
]
Sarif = Annotated[
    Path | None, typer.Option("--sarif", metavar="FILE", help="Write what was found in plans and statements as SARIF.")
]
Prometheus = Annotated[
    Path | None, typer.Option("--prometheus", metavar="FILE", help="Write verdicts and latencies as Prometheus text.")
]
Annotations = Annotated[bool, typer.Option("--annotations", help="Print GitHub annotations (to standard error).")]


@dataclass(frozen=True, slots=True)
class Surfaces:
    """Which of them are wanted, and where."""

    junit: Path | None
    summary: Path | None
    sarif: Path | None
    prometheus: Path | None
    annotations: bool

    def write(self, report: Report) -> None:
        """Write all that is wanted. Raises OSError when a file cannot be written."""
        if self.junit is not None:
            from cabanas_perf.renderers.junit import render_junit  # noqa: PLC0415

            _write(self.junit, render_junit(report))
        if self.summary is not None:
            _append_summary(self.summary, report)
        if self.sarif is not None:
            from cabanas_perf.renderers.sarif import render_sarif  # noqa: PLC0415

            _write(self.sarif, render_sarif(report, locate=_locate_statement))
        if self.prometheus is not None:
            from cabanas_perf.renderers.prometheus import render_prometheus  # noqa: PLC0415

            _write(self.prometheus, render_prometheus(report))
        if self.annotations:
            from cabanas_perf.renderers.annotations import render_annotations  # noqa: PLC0415

            # Runners read both streams, and standard output may hold the report.
            typer.echo(render_annotations(report), nl=False, err=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _append_summary(path: Path, report: Report) -> None:
    from cabanas_perf.renderers.markdown import SUMMARY_LIMIT_BYTES, render_markdown  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        # The limit is the step's, whoever wrote what is there.
        file.write(render_markdown(report, limit_bytes=SUMMARY_LIMIT_BYTES - path.stat().st_size))


def _locate_statement(name: str) -> str | None:
    """The statement's file where it lies in the current folder's tree, as in a checkout."""
    from cabanas.db.statements import statement_path  # noqa: PLC0415

    path = statement_path(name)
    if path is None or not path.is_relative_to(Path.cwd()):
        return None
    return path.relative_to(Path.cwd()).as_posix()
