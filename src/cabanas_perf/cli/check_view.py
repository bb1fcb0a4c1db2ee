"""A check on the terminal, while it goes on: bars for each part, the load's seconds among them."""

from __future__ import annotations

from time import monotonic

from cabanas_perf.cli.console import TerminalProgress
from cabanas_perf.load.progress import LoadProgress

_LOOK_EVERY_S = 1.0


class CheckProgress(TerminalProgress):
    """Shows a load run as a bar of its seconds."""

    def __init__(self, *, quiet: bool, no_color: bool) -> None:
        super().__init__(quiet=quiet, no_color=no_color)
        self._scenario: str | None = None
        self._done_s = 0
        self._looked_s = monotonic()

    def wants_progress(self) -> bool:
        return monotonic() - self._looked_s >= _LOOK_EVERY_S

    def show(self, progress: LoadProgress) -> None:
        self._looked_s = monotonic()
        if progress.scenario != self._scenario:
            self._scenario, self._done_s = progress.scenario, 0
            if self._bars is None:
                self.say(f"load {progress.scenario}: {progress.duration_s:.0f} s")
            else:
                self.begin(f"load {progress.scenario}, seconds", round(progress.duration_s))
        passed_s = round(min(progress.elapsed_s, progress.duration_s)) - self._done_s
        self._done_s += passed_s
        self.advance(passed_s)
