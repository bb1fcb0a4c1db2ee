"""A step of a plan in words, for every rendering of plans."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.plans.node import Node
from cabanas_perf.renderers.numbers import format_significant

_FAR_OFF = 10.0


def describe_conditions(node: Node) -> Iterator[tuple[str, str]]:
    """What the step looks for, joins on, filters and sorts by: pairs of a name and the condition."""
    for name, condition in (
        ("index", node.index_condition),
        ("on", node.join_condition),
        ("filter", node.filter or node.join_filter),
        ("order", ", ".join(node.sort_keys)),
    ):
        if condition:
            yield name, condition


def describe_figures(node: Node) -> str:
    """Rows, time and blocks of a step, as totals over its loops."""
    if node.loops is None:
        return f"{_count(node.planned_rows)} rows expected, cost {_count(node.total_cost)}"
    if node.never_executed:
        return "never executed"
    rows, planned = node.rows or 0.0, node.planned_rows * node.loops
    parts = [f"{_count(rows)} rows"]
    if max(rows, planned) >= _FAR_OFF * max(1.0, min(rows, planned)):
        parts[0] += f" ({_count(planned)} expected)"
    removed = node.rows_removed_by_filter + node.rows_removed_by_recheck + node.rows_removed_by_join_filter
    if removed:
        parts.append(f"{_count(removed)} removed")
    if node.loops > 1:
        parts.append(f"{node.loops:,} loops")
    if node.time_ms is not None:
        parts.append(f"{format_significant(node.time_ms)} ms")
    if node.blocks:
        parts.append(f"{node.blocks:,} blocks")
    if written := node.sort_disk_bytes or node.disk_bytes:
        parts.append(f"{written / 1024**2:.1f} MiB on disk")
    return ", ".join(parts)


def _count(value: float) -> str:
    return f"{value:,.0f}"
