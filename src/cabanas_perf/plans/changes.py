"""What became different between two plans of one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from cabanas_perf.plans.node import Plan
from cabanas_perf.plans.shape import shape_lines


@dataclass(frozen=True, slots=True)
class PlanChange:
    """The steps that only one of the two plans has, in the order of the plans."""

    statement: str
    gone: tuple[str, ...]
    new: tuple[str, ...]
    cost_ratio: float | None
    """The planner's cost after by before; None when it was nothing."""


def compare_plan(statement: str, before: Plan, after: Plan) -> PlanChange | None:
    """None when the shape is the same; rows, costs and times alone are no change."""
    lines_before, lines_after = shape_lines(before.root), shape_lines(after.root)
    if lines_before == lines_after:
        return None
    gone: list[str] = []
    new: list[str] = []
    matcher = SequenceMatcher(None, lines_before, lines_after, autojunk=False)
    for tag, start_before, end_before, start_after, end_after in matcher.get_opcodes():
        if tag != "equal":
            gone += [line.strip() for line in lines_before[start_before:end_before]]
            new += [line.strip() for line in lines_after[start_after:end_after]]
    cost = before.root.total_cost
    return PlanChange(statement, tuple(gone), tuple(new), after.root.total_cost / cost if cost else None)


def compare_plans(before: Mapping[str, Plan], after: Mapping[str, Plan]) -> Iterable[PlanChange]:
    """Changes of the statements that both have, by name."""
    for statement in sorted(before.keys() & after.keys()):
        if (change := compare_plan(statement, before[statement], after[statement])) is not None:
            yield change
