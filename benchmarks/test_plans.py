"""Reading and linting query plans, from a few nodes to more than anybody writes.

pytest benchmarks/test_plans.py
"""

import pytest
from benchmarks.made_up import make_explain

from cabanas_perf.plans.lint import lint
from cabanas_perf.plans.parse import parse_explain


@pytest.mark.parametrize("nodes", [9, 99])
def test_parse(benchmark, nodes):
    document = make_explain(nodes)
    assert sum(1 for _ in benchmark(parse_explain, document).root.walk()) == nodes


@pytest.mark.parametrize("nodes", [9, 99])
def test_lint(benchmark, nodes):
    plan = parse_explain(make_explain(nodes))
    benchmark(lint, plan)
