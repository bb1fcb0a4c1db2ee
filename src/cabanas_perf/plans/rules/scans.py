"""Scans that read much to return little."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.plans.expressions import compared_columns, is_wrapped, mentioned_columns
from cabanas_perf.plans.facts import IndexFacts, Tables
from cabanas_perf.plans.finding import Finding, Severity
from cabanas_perf.plans.node import Node, Plan
from cabanas_perf.plans.reach import times_restarted

BIG_TABLE_ROWS = 10_000
"""Below this a sequential scan is over before an index would be opened."""
SELECTIVE_RATIO = 0.1
"""A filter that keeps this share or less is what indexes are for; one that keeps half or more is not."""
REMOVED_ROWS = 1_000
MANY_REMOVED_ROWS = 100_000
REMOVED_PER_START_ROWS = 10
HEAP_FETCHES = 1_000
HEAP_FETCH_RATIO = 0.5
LOSSY_BLOCKS = 100
LOSSY_RATIO = 0.1

_INDEX_SCANS = frozenset({"Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
_INDEXABLE = frozenset({"=", "<", "<=", ">", ">=", "&&", "@>", "<@", "~~"})


def find_selective_seq_scans(plan: Plan, tables: Tables) -> Iterator[Finding]:
    """``seq-scan-filter``, or ``unused-index`` where an index on the filter's column is there.

    A plan without ANALYZE is judged by the planner's estimates. Scans that are started again and again are the
    business of the join or the sub-plan that starts them.
    """
    for node in plan.root.walk():
        if node.kind != "Seq Scan" or node.filter is None or times_restarted(node) > 1 or node.never_executed:
            continue
        visited, kept = _visited_and_kept(node, tables)
        if visited < BIG_TABLE_ROWS or kept > visited / 2:
            continue
        severity = Severity.ERROR if kept <= visited * SELECTIVE_RATIO else Severity.WARNING
        evidence = {"visited_rows": visited, "kept_rows": kept}
        index = _find_unused_index(node, tables)
        if index is not None:
            yield Finding(
                "unused-index",
                severity,
                node.path,
                node.label,
                f"reads {visited:,.0f} rows to keep {kept:,.0f}, although {index.name} is on {index.columns[0]}",
                evidence,
                _advise_on_unused(node, index),
            )
            continue
        columns = compared_columns(node.filter, _INDEXABLE)
        advice = (
            f"CREATE INDEX ON {node.relation} ({', '.join(columns)}), columns compared with = first"
            if columns
            else "an index on the filter's expression, or a filter that compares a bare column"
        )
        yield Finding(
            "seq-scan-filter",
            severity,
            node.path,
            node.label,
            f"reads {visited:,.0f} rows one by one to keep {kept:,.0f}",
            evidence,
            advice,
        )


def find_removed_rows(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``rows-removed``: an index leads to many rows that the filter or the recheck then throws away."""
    for node in plan.root.walk():
        if node.kind not in _INDEX_SCANS or not node.loops or node.lossy_heap_blocks:
            continue
        removed = node.rows_removed_by_filter + node.rows_removed_by_recheck
        kept = node.rows or 0.0
        if removed < max(REMOVED_ROWS, REMOVED_PER_START_ROWS * node.loops) or kept > node.rows_visited / 10:
            continue
        columns = compared_columns(node.filter or "", _INDEXABLE)
        more = f" on {', '.join(columns)} as well" if columns else " that answers the whole condition"
        yield Finding(
            "rows-removed",
            Severity.ERROR if removed >= MANY_REMOVED_ROWS else Severity.WARNING,
            node.path,
            node.label,
            f"the index leads to {node.rows_visited:,.0f} rows, of which {removed:,.0f} are thrown away",
            {"removed_rows": removed, "kept_rows": kept, "loops": float(node.loops)},
            f"an index{more}, or a partial index with that condition",
        )


def find_heap_fetches(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``heap-fetches``: an index-only scan that has to look into the table after all."""
    for node in plan.root.walk():
        if node.kind != "Index Only Scan" or not node.loops:
            continue
        if node.heap_fetches < HEAP_FETCHES or node.heap_fetches < HEAP_FETCH_RATIO * node.rows_visited:
            continue
        yield Finding(
            "heap-fetches",
            Severity.WARNING,
            node.path,
            node.label,
            f"{node.heap_fetches:,.0f} of {node.rows_visited:,.0f} rows had to be looked up in the table",
            {"heap_fetches": node.heap_fetches, "visited_rows": node.rows_visited},
            f"VACUUM {node.relation}; on a busy table a lower autovacuum_vacuum_scale_factor",
        )


def find_lossy_bitmaps(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``lossy-bitmap``: the bitmap outgrew work_mem and remembers whole pages, each row of which is checked again."""
    for node in plan.root.walk():
        blocks = node.exact_heap_blocks + node.lossy_heap_blocks
        if node.lossy_heap_blocks < max(LOSSY_BLOCKS, LOSSY_RATIO * blocks):
            continue
        yield Finding(
            "lossy-bitmap",
            Severity.WARNING,
            node.path,
            node.label,
            f"{node.lossy_heap_blocks:,.0f} of {blocks:,.0f} pages are remembered as a whole; "
            f"{node.rows_removed_by_recheck:,.0f} rows were checked in vain",
            {
                "lossy_blocks": node.lossy_heap_blocks,
                "blocks": blocks,
                "rechecked_in_vain_rows": node.rows_removed_by_recheck,
            },
            "a larger work_mem for this statement, or a narrower condition",
        )


def _visited_and_kept(node: Node, tables: Tables) -> tuple[float, float]:
    if node.loops is not None:
        return node.rows_visited, node.rows or 0.0
    table = tables.get(node.relation or "")
    return (table.rows, node.planned_rows) if table else (0.0, 0.0)


def _find_unused_index(node: Node, tables: Tables) -> IndexFacts | None:
    """An index whose first column the filter hides in an expression, or compares as its only column."""
    table = tables.get(node.relation or "")
    if table is None or node.filter is None:
        return None
    mentioned = mentioned_columns(node.filter)
    for index in table.indexes:
        column = index.columns[0]
        if index.predicate is None and column in mentioned:
            alone = mentioned == {column} and bool(compared_columns(node.filter, _INDEXABLE))
            if alone or is_wrapped(node.filter, column):
                return index
    return None


def _advise_on_unused(node: Node, index: IndexFacts) -> str:
    column = index.columns[0]
    assert node.filter is not None
    if is_wrapped(node.filter, column):
        return f"compare {column} itself, with a value of its own type, or put the index on the expression"
    if "~~" in node.filter:
        return "a pattern that does not begin with %, or a trigram index (pg_trgm)"
    return "ANALYZE the table; look at enable_* and random_page_cost among the settings"
