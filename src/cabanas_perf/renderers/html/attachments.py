"""What a report refers to and does not hold itself, read by whoever does the reading."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StackProfile:
    """A profile of one workload in speedscope's format, as text."""

    workload: str
    profiler: str
    text: str
