"""What every source of foreign results boils down to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


class ForeignError(Exception):
    """Results of another tool that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class ForeignWorkload:
    """One benchmark or endpoint."""

    name: str
    requests: int
    errors: int = 0
    latencies_ns: Sequence[int] = ()
    """Of what succeeded; empty when the source keeps no samples."""
    calls_per_sample: int = 1
    """Above 1 each latency is the mean of so many calls."""
    elapsed_s: float = 0.0
    throughput_rps: float | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """All that a file says."""

    tool: str
    kind: Literal["profile", "load"]
    workloads: Sequence[ForeignWorkload]
    started_at: datetime | None = None
    duration_s: float = 0.0
    machine: Mapping[str, str] = field(default_factory=dict)
    """platform, cpu, python, as far as they are known."""
    cores: int = 0
    git_commit: str | None = None
    git_dirty: bool | None = None
