import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.plans.candidates import Candidate, propose_indexes
from cabanas_perf.plans.changes import compare_plan, compare_plans
from cabanas_perf.plans.facts import IndexFacts, TableFacts
from cabanas_perf.plans.growth import GrowthPoint, fit_exponent, fit_growth
from cabanas_perf.plans.lint import lint
from cabanas_perf.plans.shape import fingerprint_shape, shape_lines
from cabanas_perf.plans.statement_stats import StatementStats, subtract_snapshots


def test_figures_are_no_part_of_the_shape(node, plan):
    small = plan(node("Seq Scan", Relation_Name="t", Filter="(a = 1)"))
    large = plan(node("Seq Scan", Relation_Name="t", Filter="(a = 2)", Actual_Rows=99, Plan_Rows=70, Total_Cost=999.0))
    assert fingerprint_shape(small.root) == fingerprint_shape(large.root)
    assert compare_plan("s", small, large) is None


def test_another_index_is_another_shape(node, plan):
    first = plan(node("Index Scan", Relation_Name="t", Index_Name="one", Total_Cost=10.0))
    second = plan(node("Index Scan", Relation_Name="t", Index_Name="two", Total_Cost=25.0))
    change = compare_plan("s", first, second)
    assert change.gone == ("Index Scan using one on t",)
    assert change.new == ("Index Scan using two on t",)
    assert change.cost_ratio == 2.5


def test_only_statements_that_both_have_are_compared(node, plan):
    one, other = plan(node("Seq Scan", Relation_Name="t")), plan(node("Result"))
    assert [change.statement for change in compare_plans({"a": one, "b": one}, {"a": other, "c": one})] == ["a"]


def test_a_shape_is_drawn_by_depth(node, plan):
    nested = plan(node("Limit", node("Sort", node("Seq Scan", Relation_Name="t"))))
    assert shape_lines(nested.root) == ("Limit", "  Sort", "    Seq Scan on t")


@given(st.floats(0, 3), st.floats(0.1, 1e4))
def test_a_power_of_the_size_is_found_again(exponent, factor):
    points = [(rows, factor * rows**exponent) for rows in (1e3, 1e5, 1e6)]
    assert fit_exponent(points) == pytest.approx(exponent, abs=1e-6)


def points(*rows_blocks_results):
    return [GrowthPoint(rows, blocks, results, 1.0) for rows, blocks, results in rows_blocks_results]


@pytest.mark.parametrize(
    ("sizes", "outgrows"),
    [
        (points((1e3, 20, 50), (1e5, 2_000, 50), (1e6, 20_000, 50)), True),
        (points((1e3, 20, 10), (1e5, 2_000, 1_000), (1e6, 20_000, 10_000)), False),
        (points((1e3, 3, 1), (1e5, 4, 1), (1e6, 5, 1)), False),
        (points((1e3, 1, 1), (1e5, 9, 1), (1e6, 90, 1)), False),
        (points((1e3, 20, 50), (1e5, 2_000, 0)), True),
    ],
    ids=["scan", "with its result", "index", "few blocks yet", "shrinking result"],
)
def test_growth_beyond_the_result_is_told(sizes, outgrows):
    assert fit_growth(sizes).outgrows_result is outgrows


@pytest.mark.parametrize("sizes", [(), points((1e3, 1, 1)), points((1e3, 1, 1), (3e3, 9, 1))])
def test_too_few_or_too_close_sizes_say_nothing(sizes):
    assert fit_growth(sizes) is None


def test_candidates_take_equality_first_then_the_order(node, plan):
    filter_ = "((status = 'x'::text) AND (total > '5'::numeric))"
    scan = node("Seq Scan", Relation_Name="t", Actual_Rows=20_000, Plan_Rows=20_000, Filter=filter_)
    sort = node("Sort", scan, Sort_Key=["t.day DESC"], Actual_Rows=10)
    explained = plan(node("Limit", sort, Actual_Rows=10))
    assert propose_indexes(explained, lint(explained), {}) == (Candidate("t", ("status", "day DESC")),)


def test_an_index_that_is_there_is_not_proposed(node, plan):
    explained = plan(
        node(
            "Seq Scan", Relation_Name="t", Filter="((a = 1) AND (b > 2))", Actual_Rows=1, Rows_Removed_by_Filter=90_000
        )
    )
    tables = {"t": TableFacts("t", 90_000, (IndexFacts("i", ("a", "b", "c")),))}
    assert propose_indexes(explained, lint(explained), {}) == (Candidate("t", ("a", "b")),)
    assert propose_indexes(explained, lint(explained, tables), tables) == ()


def stats(calls, execution_ms, statement="s"):
    return StatementStats(statement, calls, execution_ms, 0, 0, 0)


def test_time_between_two_snapshots_is_shared_out():
    before = {(1, 1, 1): stats(10, 100.0), (1, 1, 2): stats(5, 50.0, "still")}
    after = {(1, 1, 1): stats(20, 130.0), (1, 1, 2): stats(5, 50.0, "still"), (1, 1, 3): stats(2, 10.0, "new")}
    times = subtract_snapshots(before, after)
    assert [(one.calls, one.execution_ms, one.share_ratio, one.mean_ms) for one in times] == [
        (10, 30.0, 0.75, 3.0),
        (2, 10.0, 0.25, 5.0),
    ]


def test_one_text_is_one_statement_whoever_ran_it():
    before = {(1, 1, 1): stats(10, 100.0)}
    after = {(1, 1, 1): stats(20, 130.0), (1, 2, 1): stats(5, 10.0), (1, 1, 9): stats(5, 20.0)}
    (time,) = subtract_snapshots(before, after)
    assert (time.calls, time.execution_ms, time.share_ratio) == (20, 60.0, 1.0)


def test_counters_that_were_reset_count_from_zero():
    (time,) = subtract_snapshots({(1, 1, 1): stats(100, 900.0)}, {(1, 1, 1): stats(3, 6.0)})
    assert (time.calls, time.execution_ms) == (3, 6.0)
