"""What requests sent to the database, counted."""

from __future__ import annotations

from cabanas_perf.report.record.base import Count, NonNegative, Record


class StatementUse(Record):
    """One statement, values aside, over all requests of a pass."""

    fingerprint: str
    statement: str
    """Normalised: `?` for every value."""
    name: str | None = None
    """Among the service's own statements."""
    calls_per_request: NonNegative
    """The mean over all requests, those that never sent it included."""
    calls_max: Count
    """By one request."""
    ms_per_call: NonNegative | None = None
    code_lines: tuple[str, ...] = ()
    """Where it is sent from, most frequent first."""
