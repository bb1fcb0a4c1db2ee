"""What a node's place in the plan means for its figures."""

from __future__ import annotations

from cabanas_perf.plans.node import Node, Plan

WRITES = frozenset({"Insert", "Update", "Delete", "Merge"})

# These take in everything before they hand out anything, so that a LIMIT above does not stop what is below.
_TAKES_ALL = frozenset({"Sort", "Hash", "Aggregate", "Materialize", "Bitmap Index Scan", "SetOp", "WindowAgg"})
_STOPS_AT_FIRST_MATCH = frozenset({"Semi", "Anti", "Right Semi", "Right Anti"})


def has_row_goal(plan: Plan, node: Node) -> bool:
    """Whether something above may have stopped the node before it was through.

    LIMIT does, so do EXISTS and semi- and anti-joins on their inner side, sub-plans that need one row only, and a
    merge join whose other side ran out.
    """
    child = node
    for parent in plan.ancestors(node):
        if child.parent_relationship in {"InitPlan", "SubPlan"} or parent.kind in {"Limit", "Merge Join"}:
            return True
        if parent.join_type in _STOPS_AT_FIRST_MATCH and child.parent_relationship == "Inner":
            return True
        if parent.kind in _TAKES_ALL and parent.strategy != "Sorted":
            return False
        child = parent
    return False


def times_restarted(node: Node) -> float:
    """How often the node was started over: the processes of a parallel scan share one start."""
    if not node.loops:
        return 0.0
    return 1.0 if node.parallel_aware else float(node.loops)


def rows_visited_below(node: Node) -> float:
    """Rows that all scans in the subtree looked at, or that were read again out of memory, whichever is more."""
    scanned = sum(each.rows_visited + each.rows_removed_by_join_filter for each in node.walk() if not each.children)
    return max(node.rows or 0.0, scanned)


def result_rows(plan: Plan) -> float:
    """Rows that the statement returned; those that it wrote when it is a write that returns none."""
    root = plan.root
    if root.rows or root.kind not in WRITES:
        return root.rows or 0.0
    return sum(child.rows or 0.0 for child in root.children if child.parent_relationship == "Outer")
