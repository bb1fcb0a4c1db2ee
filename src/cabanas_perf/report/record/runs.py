"""Which run a report is of."""

from __future__ import annotations

from pydantic import AwareDatetime

from cabanas_perf.report.record.base import NonNegative, Record


class Run(Record):
    id: str
    command: str
    """As typed, without secrets."""
    tool_version: str
    started_at: AwareDatetime
    duration_s: NonNegative
    git_commit: str | None = None
    git_dirty: bool | None = None
    seed: int | None = None
    slo_file: str | None = None
    slo_set: str | None = None
    parts: tuple[str, ...] = ()
    """Of a run of several parts, such as a check: those that it set out to run. Every objective that is not skipped
    is then in its scope.
    """
    skipped: tuple[str, ...] = ()
    """What was left out by hand; printed in the verdict line."""
    complete: bool
    """False when the run was interrupted; such a report never passes."""
