"""Health, metrics, request ids, logs, error boundary, rate limit."""

import io
import logging
import re
from datetime import date, timedelta

import asyncpg
import orjson
import pytest

from cabanas.db.statements import load_statement
from cabanas.logs import JsonFormatter
from cabanas_perf.workloads.http import parse_server_timing


def wish():
    check_in = date.today() + timedelta(days=30)
    return {
        "accommodation_id": 1,
        "check_in": check_in.isoformat(),
        "check_out": (check_in + timedelta(days=2)).isoformat(),
        "guests": 1,
        "channel": "web",
        "contact_name": "Ana",
        "contact_phone": "+5491145678901",
        "contact_email": "ana@example.com",
    }


async def test_health_tells_of_both_servers(client):
    answer = await client.get("/api/v1/healthz")
    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "ok")
    assert {name: check["status"] for name, check in body["checks"].items()} == {"database": "ok", "redis": "ok"}
    assert body["checks"]["database"]["latency_ms"] >= 0


@pytest.mark.parametrize(
    ("lost", "ready", "state"),
    [
        ({"redis_url": "unix:///tmp/no-such-server.sock"}, 200, "degraded"),
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, 503, "down"),
    ],
)
async def test_readiness_depends_on_what_bookings_depend_on(client_of, settings, lost, ready, state):
    async with client_of(settings.model_copy(update=lost)) as client:
        answer = await client.get("/api/v1/readyz")
        assert (answer.status_code, answer.json()["status"]) == (ready, state)
        assert (await client.get("/api/v1/livez")).status_code == 200
        if ready == 503:
            refused = await client.post("/api/v1/reservations/prereserve", json=wish())
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert "127.0.0.1" not in refused.text


async def test_not_ready_without_the_overlap_constraint(client, database_url):
    connection = await asyncpg.connect(database_url)
    await connection.execute("ALTER TABLE reservations DROP CONSTRAINT no_overlap_reservations")
    await connection.close()
    answer = await client.get("/api/v1/readyz")
    assert answer.status_code == 503
    assert "no_overlap_reservations" in answer.json()["checks"]["database"]["detail"]


async def test_metrics_count_requests_and_stages(client):
    await client.post("/api/v1/reservations/prereserve", json=wish())
    text = (await client.get("/metrics")).text
    assert 'cabanas_http_requests_total{method="POST",route="/api/v1/reservations/prereserve",status="201"}' in text
    assert 'cabanas_stage_duration_seconds_count{stage="overlap_insert"}' in text
    assert 'cabanas_holds_total{outcome="StayHeld"}' in text
    assert 'cabanas_lock_attempts_total{outcome="acquired"}' in text
    assert "cabanas_database_connections_max" in text
    assert "5491145678901" not in text


async def test_a_request_keeps_the_id_that_it_came_with(client):
    assert (await client.get("/api/v1/livez", headers={"X-Request-ID": "abc-1"})).headers["x-request-id"] == "abc-1"
    made = (await client.get("/api/v1/livez", headers={"X-Request-ID": "bad id\x7f"})).headers["x-request-id"]
    assert made
    assert made != "bad id\x7f"


async def test_an_unexpected_error_is_one_problem_and_the_handler_ran_once(app, client):
    calls = []

    @app.get("/boom")
    async def boom():
        calls.append(1)
        raise RuntimeError("secret detail")

    answer = await client.get("/boom")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert calls == [1]


async def test_server_timing_is_told_when_asked_for(client_of, settings):
    async with client_of(settings.model_copy(update={"server_timing": True})) as client:
        answer = await client.post("/api/v1/reservations/prereserve", json=wish())
    header = answer.headers["server-timing"]
    stages = [entry.split(";")[0] for entry in header.split(", ")]
    assert stages[:2] == ["validate", "load_accommodation"]
    assert stages[-1] == "total"
    # What a run reads back: every stage and every call where it was, its statement's text and its line of code.
    trace = parse_server_timing(header, 0, 10**12)
    assert [name for name, *_ in trace.spans][:2] == ["validate", "load_accommodation"]
    statements = [call for call in trace.calls if call[0] == "database"]
    assert [what for _, what, *_ in statements] == [load_statement("load_accommodation"), load_statement("hold_stay")]
    assert all(re.fullmatch(r"cabanas/services/hold_stay\.py:\d+", call[4]) for call in statements)
    first_ns = statements[0][2]
    assert [name for name, begun_ns, ended_ns in trace.spans if begun_ns <= first_ns < ended_ns] == [
        "load_accommodation"
    ]
    assert "Ana" not in header


async def test_calls_above_the_limit_of_a_header_are_counted(client_of, settings, monkeypatch):
    monkeypatch.setattr("cabanas.api.middleware._CALLS_TOLD", 1)
    async with client_of(settings.model_copy(update={"server_timing": True})) as client:
        answer = await client.post("/api/v1/reservations/prereserve", json=wish())
    trace = parse_server_timing(answer.headers["server-timing"], 0, 10**12)
    assert sorted(call[0] for call in trace.calls) == ["database"] * 2 + ["pool_wait"] * 4 + ["redis"] * 2


async def test_logs_carry_no_phone_and_no_address(client):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("cabanas.requests")
    logger.addHandler(handler)
    logger.setLevel("INFO")
    try:
        await client.post("/api/v1/reservations/prereserve", json=wish())
        logger.info("call +54 9 11 4567-8901 or ana@example.com", extra={"who": "+5491145678901"})
    finally:
        logger.removeHandler(handler)
    lines = [orjson.loads(line) for line in stream.getvalue().splitlines()]
    assert lines[0]["route"] == "/api/v1/reservations/prereserve"
    assert "8901" not in stream.getvalue().replace(lines[0]["request_id"], "")
    assert "ana@" not in stream.getvalue()


async def test_the_rate_limit_tells_what_is_left_and_refuses_the_rest(client_of, settings):
    async with client_of(settings.model_copy(update={"rate_limit_requests": 3})) as client:
        answers = [await client.get("/api/v1/accommodations") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
        assert answers[0].headers["ratelimit"].startswith('"default";r=2;t=')
        assert int(answers[3].headers["retry-after"]) >= 1
        # A header that anybody can send buys no new window, and health is never refused.
        forged = await client.get("/api/v1/accommodations", headers={"X-Forwarded-For": "203.0.113.9"})
        assert forged.status_code == 429
        assert (await client.get("/api/v1/healthz")).status_code == 200
