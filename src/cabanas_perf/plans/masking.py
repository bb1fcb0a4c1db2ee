"""Plans without the values that were bound: PostgreSQL writes them into the conditions that it prints."""

from __future__ import annotations

from typing import Any

from cabanas_perf.plans.sql_text import UnfinishedSql, mask_values

_CONDITIONS = frozenset({
    "Filter", "Index Cond", "Recheck Cond", "Join Filter", "Hash Cond", "Merge Cond", "TID Cond", "One-Time Filter",
    "Order By", "Sort Key", "Presorted Key", "Group Key", "Cache Key", "Run Condition", "Window", "Conflict Filter",
    "Function Call", "Table Function Call", "Sampling Parameters", "Repeatable Seed", "Output", "Grouping Sets",
    "Group Keys", "Hash Keys", "Hash Key",
})  # fmt: skip


def mask_plan(plan: Any, keep: frozenset[str] = frozenset()) -> Any:
    """EXPLAIN's decoded JSON with every value in its conditions masked, save for the literals in ``keep``."""
    if isinstance(plan, dict):
        return {
            key: _mask_condition(value, keep) if key in _CONDITIONS else mask_plan(value, keep)
            for key, value in plan.items()
        }
    if isinstance(plan, list):
        return [mask_plan(each, keep) for each in plan]
    return plan


def _mask_condition(value: Any, keep: frozenset[str]) -> Any:
    if isinstance(value, str):
        try:
            return mask_values(value, keep)
        except UnfinishedSql:
            return "?"
    if isinstance(value, list):
        return [_mask_condition(each, keep) for each in value]
    return mask_plan(value, keep)
