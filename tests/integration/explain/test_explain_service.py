"""``explain`` over the service's own statements, on data that was seeded for it."""

import asyncio
import json
import re
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from cabanas.db.migrate import migrate
from cabanas.db.seed import cabins_for, seed
from cabanas.db.statements import load_statement, statement_names
from cabanas_perf.plans.candidates import Candidate
from cabanas_perf.plans.parse import parse_explain
from cabanas_perf.plans.statement_stats import subtract_snapshots
from cabanas_perf.report.compare import compare_query_plans
from cabanas_perf.report.files import read_report
from cabanas_perf.runners import explain
from cabanas_perf.runners.databases import MARK
from cabanas_perf.runners.errors import RunError, UnsafeTarget
from cabanas_perf.runners.explain import ExplainOptions, run_explain
from cabanas_perf.runners.explain_advice import prove
from cabanas_perf.runners.explain_parameters import CASES, EXCLUDED, Draw, sample_data
from cabanas_perf.runners.explain_statement import Limits, explain_statement, time_executions
from cabanas_perf.runners.statement_stats import StatementStatsMissing, build_statement_times, take_snapshot
from cabanas_perf.runners.stop import Stop
from cabanas_perf.slo.exit_codes import ExitCode

ROWS = 3000
TODAY = date(2026, 3, 1)
CONTENTS = """
SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM (
    SELECT r::text FROM reservations r UNION ALL SELECT o::text FROM outbox o UNION ALL SELECT i::text FROM inbox i
    UNION ALL SELECT p::text FROM payments p UNION ALL SELECT c::text FROM conversations c
    UNION ALL SELECT k::text FROM idempotency_keys k
) AS t (t)
"""


class Silence:
    def say(self, message: str) -> None: ...

    def begin(self, title: str, total: int, unit: str = "requests") -> None: ...

    def advance(self, count: int) -> None: ...


@contextmanager
def asked_to_stop():
    stop = Stop()
    stop.asked_by = ExitCode.INTERRUPTED
    yield stop


async def run_sql(url: str, *statements: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


@pytest.fixture
def seeded_url(empty_url: str) -> str:
    asyncio.run(migrate(empty_url))
    asyncio.run(seed(empty_url, cabins=cabins_for(ROWS), reservations=ROWS, today=TODAY))
    return empty_url


@pytest.fixture
def own_url(seeded_url: str) -> str:
    """Seeded, and marked as made by the toolkit."""
    name = asyncio.run(run_sql(seeded_url, "SELECT current_database()"))
    asyncio.run(run_sql(seeded_url, f"COMMENT ON DATABASE {name} IS '{MARK}'", "SELECT 1"))
    return seeded_url


def options(url: str | None, folder: Path, **changes: object) -> ExplainOptions:
    return ExplainOptions(command="explain", output=folder, executions=2, database_url=url, **changes)


def run(url: str | None, folder: Path, **changes: object) -> explain.ExplainResult:
    return run_explain(options(url, folder, **changes), stop=Stop(), progress=Silence())


def test_every_statement_has_parameters_or_a_reason():
    names = set(statement_names())
    assert names == CASES.keys() | EXCLUDED.keys()
    assert not CASES.keys() & EXCLUDED.keys()
    assert all(EXCLUDED.values())


def test_every_statement_is_explained_and_nothing_of_it_stays(own_url, tmp_path):
    before = asyncio.run(run_sql(own_url, CONTENTS))
    result = run(own_url, tmp_path)
    report = result.report
    assert report.exit_code == ExitCode.MET
    assert {query.name for query in report.queries} == set(CASES)
    for query in report.queries:
        assert query.explained, query.notes
        assert query.plan is not None
        assert query.latency_ms is not None
        assert query.planning_ms is not None
        assert query.execution_ms is not None
        assert query.table_rows == ROWS
    assert asyncio.run(run_sql(own_url, CONTENTS)) == before
    assert read_report(result.path) == report


def test_the_statements_are_those_of_the_service(own_url, tmp_path):
    report = run(own_url, tmp_path, queries=("check_overlap",)).report
    (query,) = report.queries
    assert query.statement == load_statement("check_overlap")
    assert query.index_use.indexes == ("no_overlap_reservations",)
    assert query.index_use.could_serve
    assert query.index_use.chosen


def test_bound_values_stay_out_of_the_report(own_url, tmp_path):
    text = run(own_url, tmp_path, queries=("read_reservation", "check_overlap")).path.read_text()
    assert re.search(r"RES\d{6}", text) is None
    assert re.search(r"'\[?20\d\d-", text) is None
    # What the statement itself says is no secret.
    assert "'confirmed'" in text


def test_two_runs_over_fresh_data_have_the_same_plans(tmp_path):
    first = run(None, tmp_path, rows=(ROWS,)).report
    second = run(None, tmp_path, rows=(ROWS,), baseline=first)
    assert second.changes == ()
    assert second.report.exit_code == ExitCode.MET


def test_a_dropped_index_is_a_changed_plan(own_url, tmp_path):
    names = ("read_reservation", "list_accommodations")
    base = run(own_url, tmp_path, queries=names).report
    asyncio.run(run_sql(own_url, "ALTER TABLE reservations DROP CONSTRAINT reservations_code_key", "SELECT 1"))
    result = run(own_url, tmp_path, queries=names, baseline=base)
    (change,) = result.changes
    assert change.statement == "read_reservation"
    assert any("reservations_code_key" in step for step in change.gone)
    assert any(step.startswith("Seq Scan on reservations") for step in change.new)
    assert result.report.exit_code == ExitCode.MISSED


def test_a_baseline_of_another_size_proves_nothing(own_url, tmp_path):
    base = run(own_url, tmp_path, queries=("check_overlap",)).report
    other = [query.model_copy(update={"table_rows": 1}) for query in base.queries]
    assert compare_query_plans(base.queries, other) == ((), 0)
    result = run(own_url, tmp_path, queries=("check_overlap",), baseline=base.model_copy(update={"queries": other}))
    assert result.report.exit_code == ExitCode.INCONCLUSIVE


def test_an_unmarked_database_is_only_read(seeded_url, tmp_path):
    before = asyncio.run(run_sql(seeded_url, CONTENTS))
    report = run(seeded_url, tmp_path, queries=("hold_stay", "check_overlap")).report
    by_name = {query.name: query for query in report.queries}
    assert by_name["check_overlap"].execution_ms is not None
    assert by_name["hold_stay"].execution_ms is None
    assert by_name["hold_stay"].latency_ms is None
    assert "read only" in by_name["hold_stay"].notes[0]
    assert asyncio.run(run_sql(seeded_url, CONTENTS)) == before


def test_writes_are_allowed_by_name_and_rolled_back(seeded_url, tmp_path):
    before = asyncio.run(run_sql(seeded_url, CONTENTS))
    name = asyncio.run(run_sql(seeded_url, "SELECT current_database()"))
    report = run(seeded_url, tmp_path, queries=("expire_holds",), allow_writes=name).report
    assert report.queries[0].execution_ms is not None
    assert asyncio.run(run_sql(seeded_url, CONTENTS)) == before
    with pytest.raises(UnsafeTarget):
        run(seeded_url, tmp_path, queries=("expire_holds",), allow_writes="another")


def test_an_unknown_statement_is_refused_with_the_known_ones(own_url, tmp_path):
    with pytest.raises(RunError) as raised:
        run(own_url, tmp_path, queries=("no_such",))
    assert "check_overlap" in raised.value.fix


@pytest.mark.parametrize("statements", [(), ("CREATE TABLE reservations (id bigint)",)], ids=["no tables", "others"])
def test_a_database_without_the_service_is_refused(empty_url, tmp_path, statements):
    asyncio.run(run_sql(empty_url, *statements, "SELECT 1"))
    with pytest.raises(RunError):
        run(empty_url, tmp_path)


def test_a_database_without_reservations_is_refused(empty_url, tmp_path):
    asyncio.run(migrate(empty_url))
    with pytest.raises(RunError, match="no reservations"):
        run(empty_url, tmp_path)


def test_a_stopped_run_leaves_a_partial_report(own_url, tmp_path):
    with asked_to_stop() as stop:
        report = run_explain(options(own_url, tmp_path), stop=stop, progress=Silence()).report
    assert not report.run.complete
    assert report.exit_code == ExitCode.INTERRUPTED


def test_a_statement_beyond_its_time_is_inconclusive(own_url, tmp_path, monkeypatch):
    slow = "SELECT pg_sleep(30) FROM reservations WHERE code = $1"
    monkeypatch.setattr(explain, "load_statement", lambda _: slow)
    report = run(own_url, tmp_path, queries=("read_reservation",), timeout_s=0.2).report
    (query,) = report.queries
    assert not query.explained
    assert "longer than 0.2 s" in query.notes[0]
    assert report.exit_code == ExitCode.INCONCLUSIVE


async def test_parameters_depend_on_the_seed_alone(seeded_url):
    connection = await asyncpg.connect(seeded_url)
    try:
        samples = [await sample_data(connection, seed=7) for _ in range(2)]
    finally:
        await connection.close()
    first, second = ([CASES[name].draw(Draw(sample, 3)) for name in CASES] for sample in samples)
    assert first == second
    assert first != [CASES[name].draw(Draw(samples[0], 4)) for name in CASES]


async def test_plain_executions_are_rolled_back_one_by_one(seeded_url):
    connection = await asyncpg.connect(seeded_url)
    insert = "INSERT INTO conversations (contact, memory) VALUES ($1, '{}')"
    count = "SELECT count(*) FROM conversations"
    try:
        before = await connection.fetchval(count)
        # The second one would break the primary key.
        assert len(await time_executions(connection, insert, [("+1",), ("+1",)], limits=Limits())) == 2
        assert await connection.fetchval(count) == before
    finally:
        await connection.close()


async def test_a_generic_plan_of_another_shape_is_told(laboratory):
    # For any two bounds the planner expects a small part of the table; for these it knows better.
    sql = "SELECT sum(amount) FROM visits WHERE id > $1 AND id < $2"
    rare = await explain_statement(laboratory, sql, (0, 10**9), limits=Limits())
    same = await explain_statement(laboratory, "SELECT count(*) FROM visits WHERE id = $1", (1,), limits=Limits())
    assert rare.generic_shape is not None
    assert same.generic_shape is None
    assert await laboratory.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'cabanas_perf%'") == 0


async def test_an_index_that_helps_is_proven_and_leaves_nothing_behind(laboratory):
    await laboratory.execute("SET max_parallel_workers_per_gather = 0")
    phones = iter(f"555-{n}" for n in range(1000))
    advice = await prove(
        laboratory,
        "SELECT * FROM visits WHERE guest_phone = $1",
        Candidate("visits", ("guest_phone",)),
        lambda: (next(phones),),
        limits=Limits(),
    )
    assert advice.verdict == "helps"
    assert advice.latency_ratio < 0.5
    assert advice.write_ratio > 0
    assert advice.size_bytes > 0
    assert await laboratory.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'cabanas_perf%'") == 0
    assert await laboratory.fetchval("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%(guest_phone)'") == 0


async def test_an_index_that_the_planner_leaves_alone_is_not_timed(laboratory):
    advice = await prove(
        laboratory,
        "SELECT count(*) FROM visits WHERE amount >= $1",
        Candidate("visits", ("amount",)),
        lambda: (0,),
        limits=Limits(),
    )
    assert advice.verdict == "not used"
    assert advice.pairs == 0


def test_the_documents_composite_index_helps_the_list(own_url, tmp_path):
    report = run(own_url, tmp_path, queries=("list_reservations",), advise=True).report
    advice = report.queries[0].advice[0]
    assert advice.index == "CREATE INDEX ON reservations (reservation_status, check_in DESC)"
    assert advice.verdict in {"helps", "no difference", "not used"}


async def test_hypopg_is_asked_first_where_it_is_there(laboratory):
    there = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'hypopg')"
    if not await laboratory.fetchval(there):
        pytest.skip("HypoPG is not installed for this PostgreSQL")
    advice = await prove(
        laboratory,
        "SELECT * FROM visits WHERE guest_phone = $1",
        Candidate("visits", ("guest_phone",)),
        lambda: ("555-42",),
        limits=Limits(),
    )
    assert advice.cost_ratio < 0.1
    assert await laboratory.fetchval("SELECT count(*) FROM pg_extension WHERE extname = 'hypopg'") == 0


async def test_statements_that_took_the_time_are_told(postgres, own_url):
    try:
        before = await take_snapshot(own_url, may_create=True)
    except StatementStatsMissing as missing:
        pytest.skip(str(missing))
    await run_sql(own_url, *["SELECT count(*) FROM reservations WHERE guests > 2"] * 5)
    times = subtract_snapshots(before, await take_snapshot(own_url, may_create=False))
    counted = [time for time in times if "guests" in time.statement]
    assert [time.calls for time in counted] == [5]
    assert sum(time.share_ratio for time in times) == pytest.approx(1)
    assert len(build_statement_times(times, top=1)) == 1


async def test_statistics_that_are_not_there_are_no_error_of_ours(laboratory_url):
    with pytest.raises(StatementStatsMissing):
        await take_snapshot(laboratory_url, may_create=False)


def test_a_fresh_database_of_each_size_shows_growth(tmp_path):
    report = run(None, tmp_path, queries=("read_reservation",), rows=(200, 2000)).report
    small, large = report.queries
    assert (small.table_rows, large.table_rows) == (200, 2000)
    assert small.growth is None
    assert [point.table_rows for point in large.growth.points] == [200, 2000]
    assert large.growth.blocks_exponent < 0.5
    assert json.loads(report.model_dump_json())["queries"][1]["plan"] is not None
    assert parse_explain(large.plan).root.rows == 1
