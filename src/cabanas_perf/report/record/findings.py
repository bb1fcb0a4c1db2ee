"""What was found wrong, where, and what to try."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Count, Record


class Finding(Record):
    rule: str
    severity: Literal["error", "warning", "info"]
    message: str
    fix: str | None = None
    node: str | None = None
    """The step of the plan, in words."""
    path: tuple[Count, ...] = ()
    """The way to the step from the plan's root, by the index of the child."""
    evidence: dict[str, float] = {}
