"""Which statements took the database's time between two looks at pg_stat_statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatementStats:
    """Counters of one statement since they were last reset."""

    statement: str
    """As pg_stat_statements keeps it, with ``$n`` for every value."""
    calls: int
    execution_ms: float
    rows: int
    blocks_hit: int
    blocks_read: int


Snapshot = Mapping[tuple[int, int, int], StatementStats]
"""By database, user and query id."""


@dataclass(frozen=True, slots=True)
class StatementTime:
    """What one statement did between two snapshots."""

    statement: str
    calls: int
    execution_ms: float
    share_ratio: float
    """Of all statements' execution time between the two."""
    rows: int
    blocks_hit: int
    blocks_read: int

    @property
    def mean_ms(self) -> float:
        return self.execution_ms / self.calls


def subtract_snapshots(before: Snapshot, after: Snapshot) -> tuple[StatementTime, ...]:
    """What ran in between, most execution time first.

    A statement whose counters went back was forgotten or reset meanwhile; it counts from zero.
    """
    ran = []
    for key, now in after.items():
        then = before.get(key)
        if then is None or then.calls > now.calls:
            then = StatementStats(now.statement, 0, 0.0, 0, 0, 0)
        if now.calls > then.calls:
            ran.append((now, then))
    total_ms = sum(now.execution_ms - then.execution_ms for now, then in ran)
    times = [
        StatementTime(
            statement=now.statement,
            calls=now.calls - then.calls,
            execution_ms=now.execution_ms - then.execution_ms,
            share_ratio=(now.execution_ms - then.execution_ms) / total_ms if total_ms else 0.0,
            rows=now.rows - then.rows,
            blocks_hit=now.blocks_hit - then.blocks_hit,
            blocks_read=now.blocks_read - then.blocks_read,
        )
        for now, then in ran
    ]
    return tuple(sorted(times, key=lambda time: -time.execution_ms))
