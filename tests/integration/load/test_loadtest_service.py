"""The verb against the real service on embedded servers."""

from __future__ import annotations

import asyncio
import json

import asyncpg
import pytest
import typer
from typer.testing import CliRunner

from cabanas.audio import has_audio
from cabanas.db.url import to_asyncpg_url
from cabanas_perf.cli.loadtest import loadtest
from cabanas_perf.runners import loadtest as runner

# Timed against a clock, on all the cores that there are.
pytestmark = pytest.mark.serial


@pytest.fixture
def run(tmp_path, monkeypatch):
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)

    def run(*arguments):
        app = typer.Typer()
        app.command()(loadtest)
        result = CliRunner().invoke(app, [*arguments, "--output", str(tmp_path), "--json"])
        return result.exit_code, json.loads(result.stdout)

    return run


@pytest.fixture
def check_names():
    return [
        "acknowledged reservations are rows",
        "no row without an acknowledgement",
        "no overlapping stays",
        "requests sent are accounted for",
        "the service's own counters agree",
    ]


@pytest.mark.timeout(360)  # a hundred voice notes are heard one after the other
def test_a_short_quick_run_is_met_and_its_audit_is_clean(run, check_names):
    code, report = run("quick", "-t", "12s", "-u", "20", "-r", "20")
    assert code == 0, report["verdicts"]
    assert [(check["name"], check["passed"]) for check in report["audit"]["checks"]] == [
        (name, True) for name in check_names
    ]
    workloads = {workload["name"]: workload for workload in report["workloads"]}
    assert sum(workload["errors"] for workload in workloads.values()) == 0
    # The reply takes what WhatsApp takes, the acknowledgement does not wait for it.
    text = workloads["webhook-text"]
    assert text["latency_ms"]["p50"] > 400 > text["ack_latency_ms"]["p50"]
    load = report["load"]
    if has_audio():
        assert workloads["webhook-audio"]["ok"] >= 100
        assert load["left_out"] == {}
    else:
        assert list(load["left_out"]) == ["webhook-audio"]
    assert load["top_up"]["model"] == "open"
    assert set(load["top_up"]["mix"]) >= {"prereservation", "health", "webhook-text"}
    assert all(guard["passed"] for part in (load, load["top_up"]) for guard in part["guards"])
    # What the service ran, by its own names, and nothing of what looked on.
    assert load["statements_missing"] == ""
    assert {"hold_stay", "list_accommodations", "read_availability", "store_inbox"} <= {
        statement["name"] for statement in load["statements"]
    }
    assert not [one for one in load["statements"] if "pg_stat" in one["statement"]]
    steady = [point for point in load["timeline"] if point["phase"] == "steady"]
    for name in ("connections", "server_cpu_ratio", "server_memory_bytes", "pool_open", "postgres_connections",
                 "postgres_commits", "redis_clients", "redis_memory_bytes"):  # fmt: skip
        assert any(point[name] is not None for point in steady), name


def test_contention_refuses_and_is_judged_for_what_it_is(run):
    code, report = run("contention", "-t", "10s")
    assert code == 0, report["verdicts"]
    (prereservation,) = [each for each in report["workloads"] if each["name"] == "prereservation"]
    # The cabin is full before the warm-up ends.
    assert prereservation["refused"] > 100 > prereservation["ok"]
    assert report["audit"]["checks"][0]["expected"] > 0
    not_in_scope = {each["objective"] for each in report["verdicts"] if each["verdict"] == "not_in_scope"}
    assert {"prereservation-accepted", "prereservation-p95"} <= not_in_scope


def test_a_reservation_that_is_gone_fails_the_audit(run, monkeypatch):
    """Whatever loses acknowledged reservations, here a hand that deletes one just before the audit."""
    audit = runner.audit_parts

    def lose_one(session, outcomes, counts):
        async def delete() -> None:
            connection = await asyncpg.connect(to_asyncpg_url(session.database_url))
            await connection.execute(
                "DELETE FROM reservations WHERE id = (SELECT max(id) FROM reservations WHERE contact_name = $1)",
                session.marker,
            )
            await connection.close()

        asyncio.run(delete())
        return audit(session, outcomes, counts)

    monkeypatch.setattr(runner, "audit_parts", lose_one)
    code, report = run(
        "quick", "-t", "6s", "-u", "30", "-r", "30", "--user-classes", "ReservationUser.prereservation:1"
    )
    assert code == 1
    assert report["audit"]["passed"] is False
