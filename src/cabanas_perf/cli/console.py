"""What a verb says while it runs and when it is done: talk on standard error, results on standard output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cabanas_perf.renderers.terminal import print_report
from cabanas_perf.report.files import render_json
from cabanas_perf.report.record import Report

_REFRESH_S = 0.1


class TerminalProgress:
    """Progress on standard error. It draws only when told of progress, so never inside what is timed."""

    def __init__(self, *, quiet: bool, no_color: bool) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True, no_color=no_color or None)
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._drawn_s = 0.0

    @contextmanager
    def showing(self) -> Iterator[TerminalProgress]:
        """Bars for the block, where there is a terminal to draw them on."""
        if self._quiet or not self._console.is_terminal:
            yield self
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, auto_refresh=False, transient=True) as self._bars:
            yield self
        self._bars = None

    def say(self, message: str) -> None:
        if not self._quiet:
            self._console.print(message, markup=False, highlight=False, soft_wrap=True)

    def begin(self, title: str, total: int, unit: str = "requests") -> None:
        if self._bars is not None:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._task = self._bars.add_task(title, total=total)
            self._bars.refresh()
        else:
            self.say(f"{title}: {total} {unit}")

    def advance(self, count: int) -> None:
        if self._bars is None or self._task is None:
            return
        self._bars.advance(self._task, count)
        if monotonic() - self._drawn_s >= _REFRESH_S:
            self._bars.refresh()
            self._drawn_s = monotonic()


def show_report(report: Report, path: Path, *, as_json: bool, quiet: bool, no_color: bool) -> None:
    """The report on standard output: as JSON, or as tables unless the caller wants quiet."""
    if as_json:
        typer.echo(render_json(report), nl=False)
    elif not quiet:
        print_report(report, Console(no_color=no_color or None), report_path=path)
