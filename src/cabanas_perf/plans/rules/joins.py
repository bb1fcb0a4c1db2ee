"""Work that is repeated for each row of something else."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.plans.facts import Tables
from cabanas_perf.plans.finding import Finding, Severity
from cabanas_perf.plans.node import Node, Plan
from cabanas_perf.plans.reach import rows_visited_below

REPEATED = 100
VISITED_ROWS = 100_000
VERY_MANY_VISITED_ROWS = 1_000_000
VISITED_PER_RESULT_ROW = 10
"""A join that returns a tenth of what it visits did no needless work."""


def find_blown_up_loops(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``nested-loop``: the inner side ran again and again and visited far more rows than the join returned."""
    for node in plan.root.walk():
        if node.kind != "Nested Loop" or not node.loops:
            continue
        outer, inner = _sides(node)
        visited = rows_visited_below(inner)
        if (inner.loops or 0) < REPEATED or not _is_too_much(visited, node.rows or 0.0):
            continue
        yield Finding(
            "nested-loop",
            _severity(visited),
            node.path,
            node.label,
            f"ran {inner.label} {inner.loops:,} times and visited {visited:,.0f} rows for {node.rows:,.0f}",
            {
                "inner_loops": float(inner.loops or 0),
                "visited_rows": visited,
                "rows": node.rows or 0.0,
                "outer_rows": outer.rows or 0.0,
                "outer_planned_rows": outer.planned_rows * (outer.loops or 0),
            },
            "an index on the inner side's join column; where the outer side was underestimated, ANALYZE it",
        )


def find_subplans_per_row(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``subplan-per-row``: a correlated sub-query that is answered anew for each row: N+1 inside one statement."""
    for node in plan.root.walk():
        if node.parent_relationship != "SubPlan" or (node.loops or 0) < REPEATED:
            continue
        visited = rows_visited_below(node)
        if not _is_too_much(visited, node.rows or 0.0):
            continue
        yield Finding(
            "subplan-per-row",
            _severity(visited),
            node.path,
            node.label,
            f"the sub-query ran {node.loops:,} times and visited {visited:,.0f} rows",
            {"loops": float(node.loops or 0), "visited_rows": visited},
            "a join, or an aggregate joined once; else an index on the column that the sub-query is tied to",
        )


def _sides(node: Node) -> tuple[Node, Node]:
    by_side = {child.parent_relationship: child for child in node.children}
    return by_side["Outer"], by_side["Inner"]


def _is_too_much(visited: float, returned: float) -> bool:
    return visited >= VISITED_ROWS and visited >= VISITED_PER_RESULT_ROW * returned


def _severity(visited: float) -> Severity:
    return Severity.ERROR if visited >= VERY_MANY_VISITED_ROWS else Severity.WARNING
