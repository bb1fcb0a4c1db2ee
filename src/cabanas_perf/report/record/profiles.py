"""What profilers saw, in passes of their own: no latency comes from there."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Count, NonNegative, Record


class ProfiledFunction(Record):
    name: str
    file: str
    line: Count
    calls: Count | None = None
    """None: a sampling profiler does not count them."""
    self_ratio: NonNegative
    """Of the profiled time, without callees."""
    total_ratio: NonNegative


class Profile(Record):
    """A profiled pass, which is not the one that the latencies come from."""

    profiler: str
    file: str
    """In the profiler's own format, where it has one: `.prof` for cProfile."""
    speedscope_file: str | None = None
    """The same profile as https://www.speedscope.app reads it."""
    slowdown_ratio: NonNegative | None
    """A request of this pass against one of the unprofiled pass, by `slowdown_clock`."""
    slowdown_clock: Literal["cpu", "wall"] = "wall"
    """CPU time per request where the profiled process does all the work; else the wall clock, by the median."""
    requests: Count | None = None
    samples: Count | None = None
    """Looks at the stack; None: not a sampling profiler."""
    top: tuple[ProfiledFunction, ...] = ()


class Disagreement(Record):
    """A function whose share profilers see differently, by more than 10 points: at most one of them is right."""

    name: str
    file: str
    self_ratios: dict[str, float]
    """By profiler, of the time in the program's own code and libraries: waiting in the event loop left out."""
    gap_ratio: NonNegative
    """Between the largest and the smallest."""
