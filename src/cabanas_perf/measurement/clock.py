"""Where time comes from."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter_ns, process_time_ns
from typing import Protocol


class Clock(Protocol):
    def now_ns(self) -> int:
        """Wall time on a monotonic clock with an arbitrary zero."""

    def cpu_ns(self) -> int:
        """CPU time of this process, user and system together, all threads."""


class SystemClock:
    """The clocks of this process."""

    def now_ns(self) -> int:
        return perf_counter_ns()

    def cpu_ns(self) -> int:
        return process_time_ns()


@dataclass(slots=True)
class ManualClock:
    """A clock that moves only when told, so that tests know every reading in advance."""

    wall_ns: int = 0
    busy_ns: int = 0

    def now_ns(self) -> int:
        return self.wall_ns

    def cpu_ns(self) -> int:
        return self.busy_ns

    def work(self, duration_ns: int) -> None:
        """Let time pass while the CPU is busy."""
        self.wall_ns += duration_ns
        self.busy_ns += duration_ns

    def wait(self, duration_ns: int) -> None:
        """Let time pass while the CPU is idle."""
        self.wall_ns += duration_ns
