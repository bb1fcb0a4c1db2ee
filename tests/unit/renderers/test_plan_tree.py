import io

from rich.console import Console

from cabanas_perf.plans.parse import parse_explain
from cabanas_perf.renderers.plan_tree import build_tree
from cabanas_perf.renderers.queries import render_queries
from cabanas_perf.report.record import Finding, IndexAdvice, Query

SCAN = {
    "Node Type": "Seq Scan", "Parent Relationship": "Outer", "Relation Name": "reservations", "Alias": "r",
    "Plan Rows": 20, "Total Cost": 50.0, "Actual Rows": 20, "Actual Loops": 1, "Actual Total Time": 11.0,
    "Filter": "(contact_phone = '?'::text)", "Rows Removed by Filter": 60000, "Shared Hit Blocks": 1240,
}  # fmt: skip
LOOK_UP = {
    "Node Type": "Index Scan", "Parent Relationship": "Inner", "Relation Name": "accommodations", "Alias": "a",
    "Index Name": "accommodations_pkey", "Plan Rows": 1, "Total Cost": 0.3, "Actual Rows": 0, "Actual Loops": 0,
    "Index Cond": "(id = r.accommodation_id)",
}  # fmt: skip
JOIN = {
    "Node Type": "Nested Loop", "Join Type": "Inner", "Plan Rows": 1, "Total Cost": 99.5, "Actual Rows": 20,
    "Actual Loops": 1, "Actual Total Time": 12.5, "Shared Hit Blocks": 1300, "Plans": [SCAN, LOOK_UP],
}  # fmt: skip
PLAN = [{"Plan": JOIN, "Planning Time": 0.2, "Execution Time": 13.0}]
FINDING = Finding(
    rule="seq-scan-filter", severity="error", message="reads 60,020 rows one by one to keep 20",
    fix="CREATE INDEX ON reservations (contact_phone)", node="Seq Scan on reservations r", path=(0,),
)  # fmt: skip


def draw(*parts) -> str:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    for part in parts:
        console.print(part, markup=False, highlight=False)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_a_plan_is_drawn_with_its_findings_at_their_nodes():
    assert (
        draw(build_tree(parse_explain(PLAN), [FINDING]))
        == """\
Nested Loop
20 rows (1 expected), 12.5 ms, 1,300 blocks
├── Seq Scan on reservations r
│   20 rows, 60,000 removed, 11.0 ms, 1,240 blocks
│   filter: (contact_phone = '?'::text)
│   error: seq-scan-filter: reads 60,020 rows one by one to keep 20
└── Index Scan using accommodations_pkey on accommodations a
    never executed
    index: (id = r.accommodation_id)"""
    )


def test_deep_plans_and_long_names_fit_80_columns():
    node = {"Node Type": "Seq Scan", "Relation Name": "t" * 90, "Plan Rows": 1, "Total Cost": 1.0, "Filter": "x " * 80}
    for _ in range(9):
        node = {"Node Type": "Result", "Plan Rows": 1, "Total Cost": 1.0, "Plans": [node]}
    query = Query(name="a_statement_with_quite_a_long_name", statement="SELECT 1", plan=[{"Plan": node}])
    assert max(map(len, draw(*render_queries([query], trees=True)).splitlines())) <= 80


def test_the_table_says_what_was_found_and_what_was_not_explained():
    queries = [
        Query(name="bad", statement="SELECT 1", table_rows=1_000_000, rows=20, plan=PLAN, findings=(FINDING,)),
        Query(name="slow", statement="SELECT 2", explained=False, notes=("ran for longer than 30 s",)),
        Query(name="good", statement="SELECT 3", table_rows=12_000),
    ]
    text = draw(*render_queries(queries))
    assert "1 error" in text
    assert "no plan" in text
    assert "slow: ran for longer than 30 s" in text
    assert "1M" in text
    assert "12k" in text
    assert "seq-scan-filter, try: CREATE INDEX ON reservations (contact_phone)" in text


def test_advice_names_its_price():
    advice = IndexAdvice(
        index="CREATE INDEX ON t (a)", pairs=40, latency_ratio=0.05, latency_low_ratio=0.04, latency_high_ratio=0.06,
        write_ratio=1.2, write_low_ratio=1.1, write_high_ratio=1.3, size_bytes=1048576, verdict="helps",
    )  # fmt: skip
    text = " ".join(draw(*render_queries([Query(name="q", statement="SELECT 1", advice=(advice,))])).split())
    assert "CREATE INDEX ON t (a): helps, time x0.0500 (0.0400 to 0.0600, 40 pairs), inserts x1.20" in text


def test_nothing_explained_is_nothing_drawn():
    assert list(render_queries([])) == []
