"""The statements of one request, counted: N+1 shows as one fingerprint many times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cabanas_perf.plans.sql_text import fingerprint, normalise

N_PLUS_ONE_REPEATS = 5
"""So often in one request, a statement is a loop's body."""


@dataclass(frozen=True, slots=True)
class StatementCount:
    """One statement, values aside, and how often it was sent."""

    fingerprint: str
    normalised: str
    count: int


@dataclass(frozen=True, slots=True)
class NPlusOne:
    """A statement sent once for each row of another one."""

    statement: StatementCount
    parent: str | None
    """The statement sent just before the first of them, normalised: where the rows may come from."""


def count_statements(statements: Iterable[str]) -> tuple[StatementCount, ...]:
    """Most frequent first; equals in the order of their first appearance."""
    texts: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for sql in statements:
        key = fingerprint(sql)
        texts.setdefault(key, normalise(sql))
        counts[key] += 1
    return tuple(StatementCount(key, texts[key], count) for key, count in counts.most_common())


def find_n_plus_one(statements: Sequence[str], *, repeats: int = N_PLUS_ONE_REPEATS) -> tuple[NPlusOne, ...]:
    """Statements that one request sent at least ``repeats`` times, in the order they were sent."""
    sent = [normalise(sql) for sql in statements]
    found = []
    for counted in count_statements(statements):
        if counted.count >= repeats:
            first = sent.index(counted.normalised)
            found.append(NPlusOne(counted, sent[first - 1] if first else None))
    return tuple(found)
