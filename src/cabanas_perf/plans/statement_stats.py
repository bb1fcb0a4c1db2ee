"""Which statements took the database's time between two looks at pg_stat_statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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

    A statement whose counters went back was forgotten or reset meanwhile; it counts from zero. One text is one
    statement here, which the server counts apart for each role and for tables that were made anew.
    """
    ran: defaultdict[str, list[StatementStats]] = defaultdict(list)
    for key, now in after.items():
        then = before.get(key)
        new = now if then is None or then.calls > now.calls else _subtract(now, then)
        if new.calls:
            ran[new.statement].append(new)
    total_ms = sum(new.execution_ms for news in ran.values() for new in news)
    times = [_add(statement, news, total_ms) for statement, news in ran.items()]
    return tuple(sorted(times, key=lambda time: -time.execution_ms))


def _subtract(now: StatementStats, then: StatementStats) -> StatementStats:
    return StatementStats(
        statement=now.statement,
        calls=now.calls - then.calls,
        execution_ms=now.execution_ms - then.execution_ms,
        rows=now.rows - then.rows,
        blocks_hit=now.blocks_hit - then.blocks_hit,
        blocks_read=now.blocks_read - then.blocks_read,
    )


def _add(statement: str, news: Sequence[StatementStats], total_ms: float) -> StatementTime:
    execution_ms = sum(new.execution_ms for new in news)
    return StatementTime(
        statement=statement,
        calls=sum(new.calls for new in news),
        execution_ms=execution_ms,
        share_ratio=execution_ms / total_ms if total_ms else 0.0,
        rows=sum(new.rows for new in news),
        blocks_hit=sum(new.blocks_hit for new in news),
        blocks_read=sum(new.blocks_read for new in news),
    )
