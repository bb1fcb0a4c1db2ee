"""Pages of a list: sorted whole to show a few rows, or read from the start to skip most of it."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.plans.expressions import sort_columns
from cabanas_perf.plans.facts import Tables
from cabanas_perf.plans.finding import Finding, Severity
from cabanas_perf.plans.node import Node, Plan

SORTED_ROWS = 10_000
VERY_MANY_SORTED_ROWS = 100_000
SORTED_PER_RESULT_ROW = 10
SKIPPED_ROWS = 1_000
SKIPPED_PER_RESULT_ROW = 10

# What may stand between a LIMIT and its sort and hands rows on in their order.
_PASSES_ON = frozenset({"Gather Merge", "LockRows", "Result", "Subquery Scan", "Nested Loop", "Memoize"})
_SORTS = frozenset({"Sort", "Incremental Sort"})


def find_sorts_that_an_index_could_spare(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``order-mismatch``: many rows are sorted to return the first few, as no index has them in that order."""
    for node in plan.root.walk():
        if node.kind not in _SORTS or not node.loops:
            continue
        limit = _limit_above(plan, node)
        if limit is None or limit.rows is None:
            continue
        sorted_rows = node.children[0].rows or 0.0
        if sorted_rows < SORTED_ROWS or sorted_rows < SORTED_PER_RESULT_ROW * limit.rows:
            continue
        columns = sort_columns(node.sort_keys)
        yield Finding(
            "order-mismatch",
            Severity.ERROR if sorted_rows >= VERY_MANY_SORTED_ROWS else Severity.WARNING,
            node.path,
            node.label,
            f"sorts {sorted_rows:,.0f} rows to return {limit.rows:,.0f}",
            {"sorted_rows": sorted_rows, "returned_rows": limit.rows},
            f"an index in this order ({', '.join(columns)}), after the columns that are compared with ="
            if columns
            else "an index on the sort expression, after the columns that are compared with =",
        )


def find_skipped_pages(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``offset``: most of what was read is skipped; each later page costs more."""
    for node in plan.root.walk():
        if node.kind != "Limit" or not node.loops or node.rows is None:
            continue
        skipped = (node.children[0].rows or 0.0) - node.rows
        if skipped < SKIPPED_ROWS or skipped < SKIPPED_PER_RESULT_ROW * node.rows:
            continue
        yield Finding(
            "offset",
            Severity.WARNING,
            node.path,
            node.label,
            f"reads and skips {skipped:,.0f} rows to return {node.rows:,.0f}",
            {"skipped_rows": skipped, "returned_rows": node.rows},
            "keyset pagination: WHERE (columns of the order) < (the last row shown), no OFFSET",
        )


def _limit_above(plan: Plan, node: Node) -> Node | None:
    for parent in plan.ancestors(node):
        if parent.kind == "Limit":
            return parent
        if parent.kind not in _PASSES_ON:
            return None
    return None
