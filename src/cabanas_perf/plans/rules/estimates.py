"""Where the planner was wrong about the rows, or about what is worth compiling."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.plans.facts import Tables
from cabanas_perf.plans.finding import Finding, Severity
from cabanas_perf.plans.node import Node, Plan
from cabanas_perf.plans.reach import has_row_goal

MISESTIMATE_FACTOR = 10.0
MISESTIMATE_OFFSET_ROWS = 1_000
JIT_RATIO = 0.5
JIT_MS = 10.0

_JUDGED = frozenset({
    "Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Nested Loop", "Hash Join", "Merge Join",
})  # fmt: skip


def find_misestimates(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``misestimate``: off by a factor and by a number of rows. Only where it begins, not in every node above.

    A node that was stopped early returned less than was planned for good reason.
    """
    for node in plan.root.walk():
        if not _is_misestimated(plan, node) or any(
            _is_misestimated(plan, below) for below in node.walk() if below is not node
        ):
            continue
        assert node.rows is not None
        planned = _planned_total(node)
        few = node.rows > planned
        factor = max(node.rows, planned) / max(1.0, min(node.rows, planned))
        yield Finding(
            "misestimate",
            Severity.WARNING,
            node.path,
            node.label,
            f"{node.rows:,.0f} rows came where {planned:,.0f} were expected: {factor:,.0f} times too "
            f"{'few' if few else 'many'} expected",
            {"rows": node.rows, "planned_rows": planned, "factor": factor},
            "ANALYZE the table; CREATE STATISTICS over columns that depend on each other; a higher statistics target",
        )


def find_compilation(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``jit-overhead``: compiling took most of the time."""
    if plan.jit_ms is None or plan.execution_ms is None:
        return
    if plan.jit_ms < JIT_MS or plan.jit_ms < JIT_RATIO * plan.execution_ms:
        return
    yield Finding(
        "jit-overhead",
        Severity.WARNING,
        plan.root.path,
        plan.root.label,
        f"compiling took {plan.jit_ms:,.0f} of {plan.execution_ms:,.0f} ms",
        {"jit_ms": plan.jit_ms, "execution_ms": plan.execution_ms},
        "a higher jit_above_cost, or jit = off",
    )


def _planned_total(node: Node) -> float:
    return node.planned_rows * (node.loops or 0)


def _is_misestimated(plan: Plan, node: Node) -> bool:
    if node.kind not in _JUDGED or not node.loops or node.rows is None:
        return False
    planned = _planned_total(node)
    if abs(node.rows - planned) < MISESTIMATE_OFFSET_ROWS:
        return False
    if max(node.rows, planned) < MISESTIMATE_FACTOR * max(1.0, min(node.rows, planned)):
        return False
    return node.rows > planned or not has_row_goal(plan, node)
