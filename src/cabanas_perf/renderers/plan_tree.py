"""A plan as a tree for a terminal: rows as totals over loops, findings at their nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from cabanas_perf.plans.node import Node, Plan
from cabanas_perf.renderers.plan_words import describe_conditions, describe_figures
from cabanas_perf.report.record import Finding

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


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
    text.append(f"\n{describe_figures(node)}", style="dim")
    for name, condition in describe_conditions(node):
        text.append(f"\n{name}: {condition}", style="dim")
    for finding in findings:
        text.append(f"\n{finding.severity}: {finding.rule}: {finding.message}", style=_STYLES[finding.severity])
    return text
