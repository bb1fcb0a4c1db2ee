import pytest

from cabanas_perf.plans.facts import IndexFacts, TableFacts
from cabanas_perf.plans.finding import Severity
from cabanas_perf.plans.lint import lint


def rules(plan, tables=None):
    return [(one.rule, one.severity) for one in lint(plan, tables or {})]


def scan(node, *, kept, removed, filter_="(a = 1)", loops=1, **more):
    return node(
        "Seq Scan",
        **{"Relation Name": "t", "Filter": filter_, "Actual Rows": kept, "Rows Removed by Filter": removed,
           "Actual Loops": loops, "Plan Rows": kept, **more},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kept", "removed", "found"),
    [
        (0, 10_000, Severity.ERROR),
        (1_000, 9_000, Severity.ERROR),
        (1_001, 9_000, Severity.WARNING),
        (5_000, 5_000, Severity.WARNING),
        (5_001, 5_000, None),
        (0, 9_999, None),
    ],
)
def test_a_scan_is_judged_by_the_share_that_it_keeps(node, plan, kept, removed, found):
    expected = [] if found is None else [("seq-scan-filter", found)]
    assert rules(plan(scan(node, kept=kept, removed=removed))) == expected


def test_a_parallel_scan_is_judged_by_all_of_its_processes(node, plan):
    shared = scan(node, kept=0, removed=5_000, loops=3, **{"Parallel Aware": True})
    (finding,) = lint(plan(shared))
    assert finding.evidence == {"visited_rows": 15_000, "kept_rows": 0}


def test_what_never_ran_is_excused(node, plan):
    assert rules(plan(scan(node, kept=0, removed=50_000, loops=0))) == []


def test_a_scan_without_a_filter_is_no_finding(node, plan):
    assert rules(plan(node("Seq Scan", Actual_Rows=500_000, Plan_Rows=500_000, Relation_Name="t"))) == []


def test_without_analyze_estimates_and_table_sizes_decide(plan):
    raw = {"Node Type": "Seq Scan", "Relation Name": "t", "Filter": "(a = 1)", "Plan Rows": 5, "Total Cost": 1.0}
    estimate = plan(raw)
    assert rules(estimate) == []
    assert rules(estimate, {"t": TableFacts("t", 9_000)}) == []
    assert rules(estimate, {"t": TableFacts("t", 90_000)}) == [("seq-scan-filter", Severity.ERROR)]


@pytest.mark.parametrize(
    ("condition", "columns", "rule"),
    [
        ("(lower(email) = 'x'::text)", ("email",), "unused-index"),
        ("((id)::integer = 4)", ("id",), "unused-index"),
        ("(email ~~ '%x'::text)", ("email",), "unused-index"),
        ("(email = 'x'::text)", ("email",), "unused-index"),
        ("((email)::text = 'x'::text)", ("phone",), "seq-scan-filter"),
        ("(phone = 'x'::text)", ("email",), "seq-scan-filter"),
        ("((status = 'done'::text) AND (phone = 'x'::text))", ("status",), "seq-scan-filter"),
        ("(phone = 'x'::text)", ("email", "phone"), "seq-scan-filter"),
    ],
)
def test_an_index_counts_as_unused_only_where_it_could_have_served(node, plan, condition, columns, rule):
    tables = {"t": TableFacts("t", 20_000, (IndexFacts("i", columns),))}
    assert rules(plan(scan(node, kept=1, removed=20_000, filter_=condition)), tables) == [(rule, Severity.ERROR)]


def test_a_partial_index_is_not_blamed(node, plan):
    tables = {"t": TableFacts("t", 20_000, (IndexFacts("i", ("a",), predicate="b IS NULL"),))}
    assert rules(plan(scan(node, kept=1, removed=20_000)), tables) == [("seq-scan-filter", Severity.ERROR)]


@pytest.mark.parametrize(
    ("kept", "removed", "loops", "found"),
    [
        (1, 1_000, 1, Severity.WARNING),
        (0, 100_000, 1, Severity.ERROR),
        (0, 999, 1, None),
        (112, 1_000, 1, None),
        (0, 9, 500, None),
        (0, 10, 500, Severity.WARNING),
    ],
)
def test_rows_that_an_index_found_in_vain(node, plan, kept, removed, loops, found):
    raw = node(
        "Index Scan",
        **{"Index Name": "i", "Relation Name": "t", "Filter": "(b = 1)", "Rows Removed by Filter": removed,
           "Actual Rows": kept, "Plan Rows": kept, "Actual Loops": loops},
    )  # fmt: skip
    assert rules(plan(raw)) == ([] if found is None else [("rows-removed", found)])


@pytest.mark.parametrize(
    ("planned", "actual", "found"),
    [(1, 1_001, True), (1, 1_000, False), (200, 1_999, False), (20_000, 1_000, True), (9_000, 1_000, False)],
)
def test_an_estimate_is_wrong_by_a_factor_and_by_a_number(node, plan, planned, actual, found):
    raw = node("Index Scan", Plan_Rows=planned, Actual_Rows=actual, Relation_Name="t")
    assert rules(plan(raw)) == ([("misestimate", Severity.WARNING)] if found else [])


def test_too_few_rows_under_a_limit_are_no_wrong_estimate(node, plan):
    stopped = node("Seq Scan", Plan_Rows=60_000, Actual_Rows=10, Relation_Name="t")
    assert rules(plan(node("Limit", stopped, Actual_Rows=10))) == []
    flooded = node("Index Scan", Plan_Rows=10, Actual_Rows=60_000, Relation_Name="t")
    found = lint(plan(node("Limit", flooded, Actual_Rows=60_000)))
    assert [one.rule for one in found] == ["misestimate"]


def test_a_wrong_estimate_is_told_where_it_begins(node, plan):
    below = node("Seq Scan", Plan_Rows=1, Actual_Rows=5_000, Relation_Name="t")
    joined = node("Hash Join", below, node("Hash", node("Seq Scan")), Plan_Rows=1, Actual_Rows=9_000)
    (finding,) = lint(plan(joined))
    assert finding.path == (0,)


def loop(node, *, inner_loops, inner_rows, returned, removed=0):
    inner = node("Seq Scan", Relation_Name="u", Actual_Loops=inner_loops, Actual_Rows=inner_rows, Plan_Rows=inner_rows)
    outer = node("Seq Scan", Relation_Name="t", Actual_Rows=inner_loops, Plan_Rows=inner_loops)
    fields = {"Actual Rows": returned, "Plan Rows": returned, "Rows Removed by Join Filter": removed}
    return node("Nested Loop", outer, inner, **fields)


@pytest.mark.parametrize(
    ("inner_loops", "inner_rows", "returned", "found"),
    [
        (1_000, 1_000, 10, Severity.ERROR),
        (1_000, 100, 10, Severity.WARNING),
        (1_000, 99, 10, None),
        (1_000, 100, 10_001, None),
        (99, 100_000, 10, None),
        (60_000, 1, 60_000, None),
    ],
)
def test_a_loop_is_judged_by_what_its_inner_side_visits_in_vain(node, plan, inner_loops, inner_rows, returned, found):
    raw = loop(node, inner_loops=inner_loops, inner_rows=inner_rows, returned=returned)
    assert rules(plan(raw)) == ([] if found is None else [("nested-loop", found)])


def test_a_subquery_for_each_row_is_told_at_the_subquery(node, plan):
    inner = node("Seq Scan", Relation_Name="u", Actual_Loops=1_000, Actual_Rows=1, Plan_Rows=1,
                 Rows_Removed_by_Filter=999, Filter="(k = t.k)")  # fmt: skip
    sub = {**node("Aggregate", inner, Actual_Loops=1_000), "Parent Relationship": "SubPlan", "Strategy": "Plain"}
    outer = {**node("Seq Scan", Relation_Name="t", Actual_Rows=1_000, Plan_Rows=1_000), "Plans": [sub]}
    (finding,) = lint(plan(outer))
    assert (finding.rule, finding.path, finding.severity) == ("subplan-per-row", (0,), Severity.ERROR)


@pytest.mark.parametrize(
    ("rows_in", "returned", "found"),
    [(10_000, 50, Severity.WARNING), (100_000, 50, Severity.ERROR), (9_999, 50, None), (10_000, 1_001, None)],
)
def test_a_sort_for_the_first_rows(node, plan, rows_in, returned, found):
    scan_ = node("Seq Scan", Relation_Name="t", Actual_Rows=rows_in, Plan_Rows=rows_in)
    sort = node("Sort", scan_, Sort_Key=["t.day DESC", "id"], Actual_Rows=returned)
    findings = lint(plan(node("Limit", sort, Actual_Rows=returned)))
    assert [(one.rule, one.severity) for one in findings] == ([] if found is None else [("order-mismatch", found)])
    assert all("(day DESC, id)" in one.advice for one in findings)


def test_a_sort_that_is_wanted_whole_is_no_finding(node, plan):
    scan_ = node("Seq Scan", Relation_Name="t", Actual_Rows=50_000, Plan_Rows=50_000)
    assert rules(plan(node("Sort", scan_, Sort_Key=["day"], Actual_Rows=50_000))) == []


@pytest.mark.parametrize(("skipped", "found"), [(1_000, True), (999, False)])
def test_pages_that_are_read_to_be_skipped(node, plan, skipped, found):
    scan_ = node("Index Scan", Relation_Name="t", Actual_Rows=skipped + 10, Plan_Rows=skipped + 10)
    assert rules(plan(node("Limit", scan_, Actual_Rows=10))) == ([("offset", Severity.WARNING)] if found else [])


def test_spills_are_judged_by_their_size(node, plan):
    sort = {"Sort Method": "external merge", "Sort Space Type": "Disk"}
    assert rules(plan(node("Sort", Sort_Space_Used=500, **sort))) == [("sort-spill", Severity.WARNING)]
    assert rules(plan(node("Sort", Sort_Space_Used=64 * 1024, **sort))) == [("sort-spill", Severity.ERROR)]
    assert rules(plan(node("Hash", Hash_Batches=8, Temp_Written_Blocks=10))) == [("hash-spill", Severity.WARNING)]
    assert rules(plan(node("Hash", Hash_Batches=1))) == []
    aggregate = {"HashAgg Batches": 5, "Disk Usage": 900}
    assert rules(plan(node("Aggregate", **aggregate))) == [("hash-spill", Severity.WARNING)]


def test_only_the_step_that_wrote_is_told(node, plan):
    below = node("Hash", Hash_Batches=4, Temp_Written_Blocks=10)
    assert rules(plan(node("Materialize", below, Temp_Written_Blocks=10))) == [("hash-spill", Severity.WARNING)]


@pytest.mark.parametrize(("fetches", "found"), [(1_000, True), (999, False)])
def test_heap_fetches_of_an_index_only_scan(node, plan, fetches, found):
    raw = node("Index Only Scan", Actual_Rows=1_500, Plan_Rows=1_500, Heap_Fetches=fetches, Relation_Name="t")
    assert rules(plan(raw)) == ([("heap-fetches", Severity.WARNING)] if found else [])


@pytest.mark.parametrize(("lossy", "found"), [(150, True), (99, False)])
def test_a_lossy_bitmap_is_not_also_a_wrong_index(node, plan, lossy, found):
    raw = node("Bitmap Heap Scan", **{"Lossy Heap Blocks": lossy, "Exact Heap Blocks": 10, "Relation Name": "t",
               "Rows Removed by Index Recheck": 5_000})  # fmt: skip
    assert rules(plan(raw)) == ([("lossy-bitmap", Severity.WARNING)] if found else [])


@pytest.mark.parametrize(("jit_ms", "found"), [(60, True), (40, False), (9, False)])
def test_compiling_that_took_most_of_the_time(node, plan, jit_ms, found):
    explained = plan(node("Result"), JIT={"Timing": {"Total": jit_ms}}, Execution_Time=100.0 if jit_ms > 9 else 10.0)
    assert rules(explained) == ([("jit-overhead", Severity.WARNING)] if found else [])


def test_the_worst_comes_first(node, plan):
    bad = scan(node, kept=0, removed=50_000)
    sort = node("Sort", bad, Sort_Method="external merge", Sort_Space_Type="Disk", Sort_Space_Used=1)
    assert rules(plan(sort)) == [("seq-scan-filter", Severity.ERROR), ("sort-spill", Severity.WARNING)]
