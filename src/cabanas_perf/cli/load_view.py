"""A load run on the terminal, while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cabanas_perf.load.progress import LoadProgress
from cabanas_perf.renderers.numbers import format_ms, format_percent

_REFRESH_S = 0.5
_PLAIN_EVERY_S = 10.0
_BAR_WIDTH = 40


class TerminalLoadView:
    """Draws on standard error: a live table on a terminal, else a line now and then."""

    def __init__(self, *, quiet: bool, no_color: bool) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True, no_color=no_color or None)
        self._live: Live | None = None
        self._shown_s = monotonic()

    @contextmanager
    def showing(self) -> Iterator[TerminalLoadView]:
        """The live table for the block, where there is a terminal to draw it on."""
        if self._quiet or not self._console.is_terminal:
            yield self
            return
        with Live(console=self._console, auto_refresh=False, transient=True) as self._live:
            yield self
        self._live = None

    def say(self, message: str) -> None:
        if not self._quiet:
            self._console.print(message, markup=False, highlight=False, soft_wrap=True)

    def wants_progress(self) -> bool:
        """Whether it is time to draw again; measuring how a run gets on is not free."""
        every_s = _REFRESH_S if self._live is not None else _PLAIN_EVERY_S
        return not self._quiet and monotonic() - self._shown_s >= every_s

    def show(self, progress: LoadProgress) -> None:
        self._shown_s = monotonic()
        if self._live is None:
            self.say(render_line(progress))
        else:
            self._live.update(render_table(progress), refresh=True)


def render_line(progress: LoadProgress) -> str:
    return (
        f"{progress.scenario} {progress.elapsed_s:.0f}/{progress.duration_s:.0f} s ({progress.phase}): "
        f"{progress.rate_rps:.1f} requests/s, P95 {_ms(progress.p95_ms)}, {progress.requests} requests, "
        f"{progress.refused} refused, {progress.errors} failed, {progress.users} users"
    )


def render_table(progress: LoadProgress) -> RenderableType:
    table = Table(box=None, show_header=True, pad_edge=False, padding=(0, 2, 0, 0))
    cells = {
        "requests/s": f"{progress.rate_rps:.1f}",
        "P50": _ms(progress.p50_ms),
        "P95": _ms(progress.p95_ms),
        "P99": _ms(progress.p99_ms),
        "requests": str(progress.requests),
        "refused": str(progress.refused),
        "failed": str(progress.errors),
        "users": str(progress.users),
        "in flight": str(progress.in_flight),
        "error budget left": _budget(progress.budget_left_ratio),
    }
    for name in cells:
        table.add_column(name, justify="right", style="bold red" if name == "failed" and progress.errors else "")
    table.add_row(*cells.values())
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        Text(f"{progress.scenario}, {progress.phase}"),
        ProgressBar(
            total=progress.duration_s, completed=min(progress.elapsed_s, progress.duration_s), width=_BAR_WIDTH
        ),
        Text(f"{progress.elapsed_s:.0f}/{progress.duration_s:.0f} s"),
    )
    return Group(bar, table)


def _ms(value_ms: float | None) -> str:
    return "-" if value_ms is None else f"{format_ms(value_ms)} ms"


def _budget(ratio: float | None) -> str:
    return "-" if ratio is None else format_percent(max(0.0, ratio))
