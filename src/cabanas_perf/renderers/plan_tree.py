"""A plan as a tree for a terminal: rows as totals over loops, findings at their nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from cabanas_perf.plans.node import Node, Plan
from cabanas_perf.renderers.numbers import format_significant
from cabanas_perf.report.record import Finding

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_FAR_OFF = 10.0


def build_tree(plan: Plan, findings: Sequence[Finding] = ()) -> Tree:
    """The plan's steps, each with its figures on a line of their own so that deep plans fit narrow screens."""
    by_path: dict[tuple[int, ...], list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    root = plan.root
    tree = Tree(_describe(root, by_path.get(root.path, ())), guide_style="dim", highlight=False)
    _add_children(tree, root, by_path)
    return tree


def _add_children(tree: Tree, node: Node, findings: Mapping[tuple[int, ...], Sequence[Finding]]) -> None:
    for child in node.children:
        branch = tree.add(_describe(child, findings.get(child.path, ())))
        _add_children(branch, child, findings)


def _describe(node: Node, findings: Sequence[Finding]) -> Text:
    text = Text(node.label, style="dim" if node.never_executed else "", overflow="fold")
    if node.subplan_name:
        text.append(f" ({node.subplan_name})", style="dim")
    text.append(f"\n{_figures(node)}", style="dim")
    for name, condition in (
        ("index", node.index_condition),
        ("on", node.join_condition),
        ("filter", node.filter or node.join_filter),
        ("order", ", ".join(node.sort_keys)),
    ):
        if condition:
            text.append(f"\n{name}: {condition}", style="dim")
    for finding in findings:
        text.append(f"\n{finding.severity}: {finding.rule}: {finding.message}", style=_STYLES[finding.severity])
    return text


def _figures(node: Node) -> str:
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
