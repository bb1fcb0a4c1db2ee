import json

import pytest

from cabanas_perf.plans.parse import PlanFormatError, parse_explain
from cabanas_perf.plans.reach import has_row_goal, rows_visited_below


def test_rows_and_times_are_totals_over_loops(node, plan):
    fields = {
        "Relation Name": "t", "Actual Rows": 2, "Actual Loops": 3, "Rows Removed by Filter": 10,
        "Actual Total Time": 1.5, "Parallel Aware": True,
    }  # fmt: skip
    root = plan(node("Seq Scan", **fields)).root
    assert (root.rows, root.rows_removed_by_filter, root.rows_visited, root.time_ms) == (6, 30, 36, 4.5)
    assert root.label == "Parallel Seq Scan on t"


@pytest.mark.parametrize("rows", [4, 4.0], ids=["up to 17", "from 18 on"])
def test_whole_and_decimal_rows_are_read_alike(node, plan, rows):
    assert plan(node("Result", Actual_Rows=rows)).root.rows == 4


def test_text_and_decoded_json_are_read_alike(node):
    document = [{"Plan": node("Result")}]
    assert parse_explain(json.dumps(document)) == parse_explain(document)


def test_without_analyze_there_are_no_actual_figures():
    raw = {"Node Type": "Seq Scan", "Relation Name": "t", "Plan Rows": 5, "Total Cost": 1.0}
    plan = parse_explain([{"Plan": raw}])
    assert (plan.root.rows, plan.root.loops, plan.root.time_ms, plan.execution_ms) == (None, None, None, None)
    assert not plan.root.never_executed


@pytest.mark.parametrize("document", ["", "{}", "[]", "[{}]", "null", '[{"Plan": 3}]', "Seq Scan on t", 7, [None]])
def test_what_is_no_plan_is_refused(document):
    with pytest.raises(PlanFormatError):
        parse_explain(document)


def test_a_write_is_named_for_what_it_does(node, plan):
    assert plan(node("ModifyTable", Operation="Update", Relation_Name="t")).root.label == "Update on t"


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        (
            {"Node Type": "Index Scan", "Index Name": "i", "Relation Name": "t", "Alias": "a"},
            "Index Scan using i on t a",
        ),
        ({"Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t"}, "Seq Scan on t"),
        ({"Node Type": "Hash Join", "Join Type": "Left"}, "Hash Left Join"),
        ({"Node Type": "Nested Loop", "Join Type": "Anti"}, "Nested Loop Anti Join"),
        ({"Node Type": "Nested Loop", "Join Type": "Inner"}, "Nested Loop"),
        ({"Node Type": "CTE Scan", "CTE Name": "kept", "Alias": "k"}, "CTE Scan on kept k"),
    ],
)
def test_steps_are_called_as_explain_calls_them(node, plan, fields, label):
    assert plan(node("", **fields)).root.label == label


def test_disk_use_is_added_up_over_workers(node, plan):
    sort = {"Sort Method": "external merge", "Sort Space Used": 100, "Sort Space Type": "Disk"}
    root = plan(node("Sort", **sort, Workers=[sort, {**sort, "Sort Space Type": "Memory"}])).root
    assert root.sort_disk_bytes == 200 * 1024


def test_an_incremental_sort_on_disk_is_seen(node, plan):
    groups = {"Sort Space Disk": {"Peak Sort Space Used": 5}}
    assert plan(node("Incremental Sort", **{"Pre-sorted Groups": groups})).root.sort_disk_bytes == 5 * 1024


def test_nodes_are_found_by_their_paths(node, plan):
    tree = plan(
        node("Hash Join", node("Seq Scan", Relation_Name="a"), node("Hash", node("Seq Scan", Relation_Name="b")))
    )
    assert [step.path for step in tree.root.walk()] == [(), (0,), (1,), (1, 0)]
    assert tree.root.find((1, 0)).relation == "b"
    assert [step.kind for step in tree.ancestors(tree.root.find((1, 0)))] == ["Hash", "Hash Join"]


def has_deepest_a_row_goal(plan) -> bool:
    return has_row_goal(plan, list(plan.root.walk())[-1])


def test_what_may_have_been_stopped_early_has_a_row_goal(node, plan):
    scan = node("Seq Scan")
    assert has_deepest_a_row_goal(plan(node("Limit", scan)))
    assert has_deepest_a_row_goal(plan(node("Nested Loop", node("Result"), scan, Join_Type="Semi")))
    assert has_deepest_a_row_goal(plan(node("Merge Join", node("Result"), scan)))
    assert has_deepest_a_row_goal(plan(node("Result", {**scan, "Parent Relationship": "InitPlan"})))


def test_what_is_read_to_the_end_has_none(node, plan):
    scan = node("Seq Scan")
    assert not has_deepest_a_row_goal(plan(node("Limit", node("Sort", scan))))
    assert not has_deepest_a_row_goal(plan(node("Hash Join", node("Result"), node("Hash", scan))))
    assert not has_deepest_a_row_goal(plan(node("Nested Loop", node("Result"), scan, Join_Type="Inner")))
    assert not has_deepest_a_row_goal(plan(scan))


def test_rows_that_are_read_again_out_of_memory_count(node, plan):
    stored = node("Materialize", node("Seq Scan", Actual_Rows=10), Actual_Rows=10, Actual_Loops=100)
    assert rows_visited_below(plan(stored).root) == 1000
