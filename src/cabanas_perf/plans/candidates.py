"""Indexes worth trying for a plan: named from its conditions, to be proven before anybody builds one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cabanas_perf.plans.expressions import compared_columns, sort_columns
from cabanas_perf.plans.facts import Tables
from cabanas_perf.plans.finding import Finding
from cabanas_perf.plans.node import Node, Plan

_EQUAL = frozenset({"="})
_RANGE = frozenset({"<", "<=", ">", ">="})
_PROPOSED_FOR = frozenset({"seq-scan-filter", "rows-removed", "order-mismatch", "nested-loop", "subplan-per-row"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A B-tree index: columns of one table, each with DESC where it needs it."""

    table: str
    columns: tuple[str, ...]

    def create_sql(self, table: str) -> str:
        """CREATE INDEX on ``table``, which is spelled as SQL wants it."""
        return f"CREATE INDEX ON {table} ({', '.join(self.columns)})"


def propose_indexes(plan: Plan, findings: tuple[Finding, ...], tables: Tables) -> tuple[Candidate, ...]:
    """Candidates for what was found, in the findings' order, none that a table has already."""
    proposed = [
        candidate
        for finding in findings
        if finding.rule in _PROPOSED_FOR
        for candidate in _propose(plan.root.find(finding.path))
        if not _exists(candidate, tables)
    ]
    return tuple(dict.fromkeys(proposed))


def _propose(found: Node) -> Iterator[Candidate]:
    """Equality first, then the order where there is one, then one range."""
    sort = found if found.kind in {"Sort", "Incremental Sort"} else None
    for scan in found.walk():
        if scan.relation is None or scan.children:
            continue
        conditions = " AND ".join(filter(None, (scan.index_condition, scan.filter, scan.recheck_condition)))
        columns = list(compared_columns(conditions, _EQUAL))
        if sort is not None:
            columns += [c for c in sort_columns(sort.sort_keys) or () if c.split()[0] not in columns]
        else:
            columns += [c for c in compared_columns(conditions, _RANGE) if c not in columns][:1]
        if columns:
            yield Candidate(scan.relation, tuple(columns))


def _exists(candidate: Candidate, tables: Tables) -> bool:
    table = tables.get(candidate.table)
    return table is not None and any(
        index.predicate is None and index.columns[: len(candidate.columns)] == candidate.columns
        for index in table.indexes
    )
