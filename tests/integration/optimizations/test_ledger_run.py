"""Short ledgers over real servers."""

import asyncio
import signal
from urllib.parse import urlsplit

import asyncpg
import pytest

from cabanas.embedded import provide_servers
from cabanas_perf.runners.databases import DataSize, prepare_own
from cabanas_perf.runners.errors import RunError, TargetNotReached, UnsafeTarget
from cabanas_perf.runners.optimizations.ledger import LedgerOptions, run_ledger
from cabanas_perf.runners.stop import Stop
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.stubs import Behaviour

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
FAST = Behaviour(latency_min_ms=5, latency_max_ms=10)


class Silence:
    def __init__(self, on_begin=lambda: None):
        self._on_begin = on_begin

    def say(self, message): ...

    def begin(self, title, total, unit="requests"):
        self._on_begin()

    def advance(self, count): ...


@pytest.fixture
def ledger(tmp_path, database_url, redis_url):
    """Run a ledger on the test's own database."""

    own = urlsplit(database_url).path.removeprefix("/")

    def run(*ids, cumulative=False, stop=None, progress=None, allow_writes=own):
        options = LedgerOptions(
            ids, "cabanas-perf optimizations", tmp_path, cumulative, pairs=6, providers=FAST,
            database_url=database_url, redis_url=redis_url, allow_writes=allow_writes,
        )  # fmt: skip
        return run_ledger(options, stop=Stop() if stop is None else stop, progress=progress or Silence()).report

    return run


async def count_rows(url):
    connection = await asyncpg.connect(url)
    try:
        tables = ("reservations", "inbox", "outbox", "conversations")
        return [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    finally:
        await connection.close()


def test_reading_is_measured_without_any_server(tmp_path):
    options = LedgerOptions(("O1", "O2", "O3"), "", tmp_path, cumulative=False, pairs=6)
    report = run_ledger(options, stop=Stop(), progress=Silence()).report
    compiled, cached, early = report.optimizations
    by_condition = {point.condition: point for point in compiled.points}
    # Dateparser's guess at the language outweighs all patterns together, so nothing is saved of the whole.
    assert compiled.verdict in {"below claim", "not measurable here"}
    assert by_condition["its intent alone"].saving_ratio > 0
    assert by_condition["its intent alone, the first of a process"].saving_ratio > 0.5
    assert all(point.outputs_equal for point in compiled.points)
    assert [point.at for point in cached.points[:5]] == [0, 0.5, 0.7, 0.9, 1]
    assert cached.points[4].saving_ratio > cached.points[1].saving_ratio > 0
    assert all(point.outputs_equal for point in cached.points[:6])
    assert cached.conditions == "100 % of the messages repeated"
    assert early.verdict == "changes the answer"
    assert not any(point.outputs_equal for point in early.points)
    assert "another intent" in early.notes[0]
    assert (report.exit_code, report.run.complete, report.environment.postgresql) == (ExitCode.MET, True, None)


def test_pools_and_lists_are_measured_and_leave_nothing(ledger, database_url):
    report = ledger("O6", "O7", "O8", "O9")
    lists, models, redis_pool, database_pool = report.optimizations
    assert [point.at for point in lists.points] == [10, 100, 1000]
    assert lists.saving_ratio > 0
    assert (models.verdict, models.points) == ("not measurable here", ())
    assert "--models" in models.reason
    assert [point.at for point in redis_pool.points] == [5, 25, 100]
    assert all(point.outputs_equal for row in report.optimizations for point in row.points)
    ping = next(point for point in database_pool.points if point.condition.startswith("ping alone"))
    assert ping.saving_ratio < 0  # a round trip more cannot be faster
    assert asyncio.run(count_rows(database_url)) == [0, 0, 0, 0]


def test_messages_outside_the_request_and_the_cumulative_tables(ledger, database_url):
    report = ledger("O4", "O5", cumulative=True)
    price, sending = report.optimizations
    assert price.points[-1].at == 60
    assert price.points[-1].saving_ratio > 0.5
    assert (sending.outputs_equal, sending.saving_ratio > 0) == (True, True)
    measured = {(step.endpoint, step.step): step for step in report.ledger.cumulative}
    assert {endpoint for endpoint, _ in measured} == {"prereservation", "webhook-text", "nlu", "webhook-audio"}
    assert [step for endpoint, step in measured if endpoint == "prereservation"] == [
        "before", "O1-O3", "O1-O6", "O1-O9", "as shipped",
    ]  # fmt: skip
    assert measured["nlu", "O1-O3"].saving_ratio > 0.5
    assert measured["webhook-text", "O1-O3"].saving_ratio > 0
    assert measured["webhook-audio", "before"].reason
    stages = {(one.endpoint, one.stage): one for one in report.ledger.bottlenecks}
    assert stages["nlu", "find_dates"].share_ratio > 0.5
    assert stages["prereservation", "send"].share_ratio > stages["prereservation", "price"].share_ratio
    assert asyncio.run(count_rows(database_url)) == [0, 0, 0, 0]


def test_a_database_of_somebodys_own_is_not_written_to(ledger, database_url):
    with pytest.raises(UnsafeTarget):
        ledger("O5", allow_writes=None)
    assert asyncio.run(count_rows(database_url)) == [0, 0, 0, 0]


def test_a_stop_keeps_what_was_complete(ledger):
    stop, begun = Stop(), []

    def stop_at_the_second_row():
        begun.append(None)
        if len(begun) == 4:  # O6 has three conditions
            stop.ask(signal.SIGINT, None)

    report = ledger("O6", "O8", stop=stop, progress=Silence(stop_at_the_second_row))
    assert [row.id for row in report.optimizations] == ["O6"]
    assert (report.run.complete, report.exit_code) == (False, ExitCode.INTERRUPTED)


def test_a_database_without_tables_is_no_defect_of_ours(tmp_path):
    with provide_servers(durable=False) as running:
        options = LedgerOptions(
            ("O5",), "", tmp_path, cumulative=False, database_url=running.database_url, redis_url=running.redis_url,
            allow_writes="cabanas",
        )  # fmt: skip
        with pytest.raises(RunError, match="no tables") as caught:
            run_ledger(options, stop=Stop(), progress=Silence())
        assert "migrate" in caught.value.fix


def test_servers_that_go_away_are_said_to_have_gone(tmp_path):
    with provide_servers(durable=False) as running:
        asyncio.run(prepare_own(running.database_url, DataSize(reservations=0)))
        options = LedgerOptions(
            ("O5",), "", tmp_path, cumulative=False, pairs=6, providers=FAST, database_url=running.database_url,
            redis_url=running.redis_url, allow_writes="cabanas",
        )  # fmt: skip
        with pytest.raises(TargetNotReached):
            run_ledger(options, stop=Stop(), progress=Silence(running.postgres.stop))
