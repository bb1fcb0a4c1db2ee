"""Plans as EXPLAIN writes them, with only what a test is about."""

from collections.abc import Callable
from typing import Any

import pytest

from cabanas_perf.plans.node import Plan
from cabanas_perf.plans.parse import parse_explain

DEFAULTS = {"Plan Rows": 1, "Total Cost": 10.0, "Actual Rows": 1, "Actual Loops": 1, "Actual Total Time": 0.1}


def raw_node(kind: str, *children: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """One node; keyword arguments are EXPLAIN's keys with underscores for spaces."""
    named = {key.replace("_", " "): value for key, value in fields.items()}
    sides = ("Outer", "Inner")
    plans = [{"Parent Relationship": sides[min(i, 1)], **child} for i, child in enumerate(children)]
    return {"Node Type": kind, **DEFAULTS, **named, **({"Plans": plans} if plans else {})}


@pytest.fixture(scope="session")
def node() -> Callable[..., dict[str, Any]]:
    return raw_node


@pytest.fixture(scope="session")
def plan() -> Callable[..., Plan]:
    def build(root: dict[str, Any], **statement: Any) -> Plan:
        named = {key.replace("_", " "): value for key, value in statement.items()}
        return parse_explain([{"Plan": root, "Planning Time": 0.1, "Execution Time": 1.0, **named}])

    return build
