"""The statements of one request, counted: N+1 shows as one fingerprint many times."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cabanas_perf.plans.sql_text import UnfinishedSql, fingerprint, normalise

N_PLUS_ONE_REPEATS = 5
"""So often in one request, a statement is a loop's body."""
_SAVEPOINT = re.compile(r"__\w+_savepoint_\w+__")
"""As asyncpg numbers them: each has a name of its own."""
_UNREADABLE = "unreadable"
"""The fingerprint of what no server would take."""


@dataclass(frozen=True, slots=True)
class SentStatement:
    """A statement that a request sent: its text, how long the answer took, and the line of code that sent it."""

    sql: str
    duration_ms: float
    code_line: str


@dataclass(frozen=True, slots=True)
class StatementUse:
    """One statement, values aside, over many requests."""

    fingerprint: str
    normalised: str
    calls_per_request: float
    calls_max: int
    """By one request."""
    ms_per_call: float
    code_lines: tuple[str, ...]
    """Most frequent first."""
    parent: str | None
    """Of the request that sent it most often: the statement just before the first of them, normalised. For a loop's
    body it is where the rows may come from.
    """

    @property
    def is_repeated(self) -> bool:
        """Whether a request sent it so often that it is the N of an N+1."""
        return self.calls_max >= N_PLUS_ONE_REPEATS


def summarise_statements(requests: Sequence[Sequence[SentStatement]]) -> tuple[StatementUse, ...]:
    """Every statement that the requests sent, most calls first; equals in the order of their first appearance."""
    texts: dict[str, str] = {}
    counts: Counter[str] = Counter()
    most: dict[str, int] = {}
    total_ms: defaultdict[str, float] = defaultdict(float)
    code_lines: defaultdict[str, Counter[str]] = defaultdict(Counter)
    parents: dict[str, str | None] = {}
    for sent in requests:
        keys = [_key(statement.sql) for statement in sent]
        for statement, (key, text) in zip(sent, keys, strict=True):
            texts.setdefault(key, text)
            total_ms[key] += statement.duration_ms
            code_lines[key][statement.code_line] += 1
        for key, count in Counter(key for key, _ in keys).items():
            counts[key] += count
            if count > most.get(key, 0):
                most[key] = count
                first = keys.index((key, texts[key]))
                parents[key] = keys[first - 1][1] if first else None
    return tuple(
        StatementUse(
            fingerprint=key,
            normalised=texts[key],
            calls_per_request=count / len(requests),
            calls_max=most[key],
            ms_per_call=total_ms[key] / count,
            code_lines=tuple(line for line, _ in code_lines[key].most_common() if line),
            parent=parents[key],
        )
        for key, count in counts.most_common()
    )


@lru_cache(maxsize=4096)
def _key(sql: str) -> tuple[str, str]:
    """Fingerprint and normalised text; services send the same few texts again and again."""
    sql = _SAVEPOINT.sub("savepoint", sql)
    try:
        return fingerprint(sql), normalise(sql)
    except UnfinishedSql:
        return _UNREADABLE, "?"
