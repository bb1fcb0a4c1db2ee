"""What requests did to memory, in a pass of its own."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Count, Record


class MemoryGrowth(Record):
    """The slope over the run, in bytes a request; the interval is 90 % between its bounds."""

    source: Literal["traced", "resident"]
    """Traced: what Python objects hold after a collection. Resident: the whole process, allocator included."""
    bytes_per_request: float
    low: float | None = None
    high: float | None = None
    grows: bool
    """The whole interval is above zero, by more than a steady state's noise."""


class Allocation(Record):
    """A line whose memory grew over the run."""

    file: str
    line: Count
    bytes_per_request: float


class Memory(Record):
    """Of this process, so of direct calls only. Tracing slows everything: no latency comes from there."""

    requests: Count
    peak_bytes_p50: Count
    """Above what was held before, at the worst moment of a request; the median over requests."""
    peak_bytes_max: Count
    growth: tuple[MemoryGrowth, ...] = ()
    top: tuple[Allocation, ...] = ()
