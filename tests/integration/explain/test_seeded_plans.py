"""Bad plans, each found by its rule at its node and by no other; good plans, with nothing found."""

from dataclasses import dataclass, field

import asyncpg
import pytest

from cabanas_perf.plans.finding import Finding, Severity
from cabanas_perf.runners.explain_statement import Limits, explain_statement

SERIAL = {"max_parallel_workers_per_gather": "0"}
PARALLEL = {
    "max_parallel_workers_per_gather": "2",
    "min_parallel_table_scan_size": "0",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
}
LITTLE_MEMORY = {**SERIAL, "work_mem": "64kB", "hash_mem_multiplier": "1"}


@dataclass(frozen=True)
class Bad:
    name: str
    sql: str
    rule: str
    node: str
    settings: dict[str, str] = field(default_factory=lambda: SERIAL)
    severity: Severity = Severity.ERROR


BAD = (
    Bad("selective scan", "SELECT * FROM visits WHERE guest_phone = '555-42'", "seq-scan-filter", "Seq Scan on visits"),
    Bad(
        "parallel scan",
        "SELECT * FROM visits WHERE guest_phone = '555-42'",
        "seq-scan-filter",
        "Parallel Seq Scan on visits",
        PARALLEL,
    ),
    Bad(
        "function on the column",
        "SELECT * FROM visits WHERE lower(email) = 'guest7@example.com'",
        "unused-index",
        "Seq Scan on visits",
    ),
    Bad("cast of the column", "SELECT * FROM visits WHERE id::text = '42'", "unused-index", "Seq Scan on visits"),
    Bad(
        "filter after the index",
        "SELECT * FROM visits WHERE cabin = 3 AND note = 'needle'",
        "rows-removed",
        "Bitmap Heap Scan on visits",
        {**SERIAL, "enable_seqscan": "off", "enable_indexscan": "off"},
        Severity.WARNING,
    ),
    Bad(
        "columns that depend on each other",
        "SELECT * FROM visits WHERE city = 'city1' AND country = 'country1'",
        "misestimate",
        "Bitmap Heap Scan on visits",
        {**SERIAL, "enable_seqscan": "off", "enable_indexscan": "off"},
        Severity.WARNING,
    ),
    Bad(
        "sort on disk",
        "SELECT id, note FROM visits ORDER BY note",
        "sort-spill",
        "Sort",
        LITTLE_MEMORY,
        Severity.WARNING,
    ),
    Bad(
        "join's hash on disk",
        "SELECT count(*) FROM visits a JOIN visits b ON b.note = a.note",
        "hash-spill",
        "Hash",
        {**LITTLE_MEMORY, "enable_mergejoin": "off", "enable_nestloop": "off"},
        Severity.WARNING,
    ),
    Bad(
        "aggregate on disk",
        "SELECT guest_phone, count(*) FROM visits GROUP BY guest_phone",
        "hash-spill",
        "Aggregate",
        {**LITTLE_MEMORY, "enable_sort": "off"},
        Severity.WARNING,
    ),
    Bad(
        "CTE on disk",
        "WITH kept AS MATERIALIZED (SELECT id, note FROM visits) SELECT count(*) FROM kept WHERE note <> ''",
        "store-spill",
        "CTE Scan on kept",
        LITTLE_MEMORY,
        Severity.WARNING,
    ),
    Bad(
        "nested loop",
        "SELECT l.id FROM left_side l JOIN right_side r ON r.k = l.k",
        "nested-loop",
        "Nested Loop",
        {**SERIAL, "enable_hashjoin": "off", "enable_mergejoin": "off"},
    ),
    Bad(
        "sub-query for each row",
        "SELECT id, (SELECT count(*) FROM right_side r WHERE r.k = l.k) FROM left_side l",
        "subplan-per-row",
        "Aggregate",
    ),
    Bad(
        "heap fetches",
        "SELECT count(*) FROM fresh WHERE id < 5000",
        "heap-fetches",
        "Index Only Scan using fresh_pkey on fresh",
        {**SERIAL, "enable_seqscan": "off", "enable_bitmapscan": "off"},
        Severity.WARNING,
    ),
    Bad(
        "lossy bitmap",
        "SELECT sum(id) FROM wide WHERE bucket < 500",
        "lossy-bitmap",
        "Bitmap Heap Scan on wide",
        {**LITTLE_MEMORY, "enable_seqscan": "off", "enable_indexscan": "off"},
        Severity.WARNING,
    ),
    Bad(
        "order without an index",
        "SELECT id FROM visits ORDER BY paid_at DESC LIMIT 10",
        "order-mismatch",
        "Sort",
        severity=Severity.WARNING,
    ),
    Bad("skipped pages", "SELECT id FROM visits ORDER BY id LIMIT 10 OFFSET 20000", "offset", "Limit",
        severity=Severity.WARNING),
)  # fmt: skip

GOOD = (
    ("small table", "SELECT * FROM left_side WHERE k = 5", SERIAL),
    ("whole table on purpose", "SELECT sum(amount) FROM visits", SERIAL),
    ("whole table by several processes", "SELECT sum(amount) FROM visits", PARALLEL),
    ("filter that keeps nearly all", "SELECT count(*) FROM visits WHERE amount >= 10", SERIAL),
    ("primary key", "SELECT * FROM visits WHERE id = 42", SERIAL),
    ("index", "SELECT count(*) FROM visits WHERE cabin = 3", SERIAL),
    ("first rows", "SELECT * FROM visits LIMIT 10", SERIAL),
    ("first match of a scan", "SELECT EXISTS (SELECT FROM visits WHERE amount = 5)", SERIAL),
    ("semi-join", "SELECT id FROM left_side l WHERE EXISTS (SELECT FROM visits v WHERE v.id = l.id)", SERIAL),
    ("sort in memory", "SELECT * FROM left_side ORDER BY k", SERIAL),
    ("hash in memory", "SELECT count(*) FROM visits v JOIN left_side l ON l.id = v.cabin", SERIAL),
    (
        "branch that never ran",
        "SELECT * FROM left_side l JOIN visits v ON v.amount = l.k WHERE l.id = -1",
        {**SERIAL, "enable_hashjoin": "off", "enable_mergejoin": "off"},
    ),
    ("few look-ups", "SELECT v.id FROM left_side l JOIN visits v ON v.id = l.id WHERE l.id < 50", SERIAL),
    ("index alone", "SELECT count(*) FROM visits WHERE id < 5000", SERIAL),
    ("keyset page", "SELECT id FROM visits WHERE id > 20000 ORDER BY id LIMIT 10", SERIAL),
    ("update by key", "UPDATE visits SET amount = 0 WHERE id = 42", SERIAL),
    ("delete by key", "DELETE FROM visits WHERE id = 42", SERIAL),
)


async def find(connection: asyncpg.Connection, sql: str, settings: dict[str, str]) -> tuple[Finding, ...]:
    for name, value in settings.items():
        await connection.execute("SELECT set_config($1, $2, false)", name, value)
    return (await explain_statement(connection, sql, (), limits=Limits())).findings


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_a_bad_plan_is_found_at_its_node_by_its_rule(laboratory, bad):
    found = await find(laboratory, bad.sql, bad.settings)
    assert [(one.rule, one.node, one.severity) for one in found] == [(bad.rule, bad.node, bad.severity)]


@pytest.mark.parametrize(("name", "sql", "settings"), GOOD, ids=[name for name, *_ in GOOD])
async def test_a_good_plan_has_no_findings(laboratory, name, sql, settings):
    assert await find(laboratory, sql, settings) == ()


async def test_the_rows_of_all_parallel_processes_are_counted(laboratory):
    (finding,) = await find(laboratory, "SELECT * FROM visits WHERE guest_phone = '555-42'", PARALLEL)
    # 59,998 of them removed: up to PostgreSQL 17 EXPLAIN rounds each process's share to whole rows.
    assert finding.evidence["visited_rows"] == pytest.approx(60_000, abs=6)
