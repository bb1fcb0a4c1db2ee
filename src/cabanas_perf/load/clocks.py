"""Whether somebody sets the wall clock while a run goes on."""

from __future__ import annotations

import time
from collections.abc import Callable


class ClockWatch:
    """Compares the wall clock with the monotonic one at each look.

    Whoever is kept from running between two readings sees a difference that is not there, so each comparison knows how
    wrong it may be, and only what goes beyond that is a step.
    """

    def __init__(
        self, *, wall_s: Callable[[], float] | None = None, monotonic_s: Callable[[], float] | None = None
    ) -> None:
        self._wall_s = wall_s or time.time
        self._monotonic_s = monotonic_s or time.perf_counter
        self._ahead_s, self._unsure_s = self._compare()
        self.step_s = 0.0
        """The largest so far, either way."""

    def look(self) -> None:
        ahead_s, unsure_s = self._compare()
        self.step_s = max(self.step_s, abs(ahead_s - self._ahead_s) - self._unsure_s - unsure_s)
        self._ahead_s, self._unsure_s = ahead_s, unsure_s

    def _compare(self) -> tuple[float, float]:
        before_s = self._monotonic_s()
        wall_s = self._wall_s()
        after_s = self._monotonic_s()
        return wall_s - (before_s + after_s) / 2, (after_s - before_s) / 2
