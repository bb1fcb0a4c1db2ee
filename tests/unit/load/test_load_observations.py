from __future__ import annotations

from collections import Counter

import pytest

from cabanas.db.statements import load_statement
from cabanas_perf.load.delta import Collected, Delta, Facts
from cabanas_perf.load.errors import ScenarioError
from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.load.scenario import TopUp, check_top_up, find_scenario, load_scenario
from cabanas_perf.load.tally import Phase, Tally
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.plans.statement_stats import StatementTime
from cabanas_perf.report.record import Audit
from cabanas_perf.runners.load_observations import Part, observe
from cabanas_perf.runners.load_record import build_load
from cabanas_perf.runners.load_session import PartOutcome
from cabanas_perf.runners.loadtest import LoadMeasured, check_counts, check_server_counts, make_top_up
from cabanas_perf.runners.server_watch import ServerRecord, ServerSample
from cabanas_perf.runners.statement_stats import WatchedStatements
from cabanas_perf.runners.webhook_replies import WebhookReply
from cabanas_perf.slo.file import find_slo_file, load_objectives
from cabanas_perf.slo.verdict import Verdict
from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS

MS, S = 10**6, 10**9
QUICK = load_scenario(find_scenario("quick"))
STARTED_AT_S = 1_000_000.0
OBJECTIVES = load_objectives(find_slo_file(), workloads=OBJECTIVE_WORKLOADS).objectives


def make_part(*requests, issued=None):
    """Requests as (endpoint, second, outcome, kind); warm-up is the first second, and the run ten seconds long."""
    plan = LoadPlan("m", "s", Model.OPEN, (Stream("A", 1),), (), 10, 10, warmup_s=1, steady_s=9, timeout_s=1)
    tally = Tally()
    for endpoint, second, outcome, kind in requests:
        tally.record(
            endpoint, plan.phase_of(second), second * S, service_ns=5 * MS, late_ns=MS, outcome=outcome, kind=kind
        )
    collected = Collected()
    facts = Facts(
        at_s=10,
        started_at_s=STARTED_AT_S,
        users=10,
        issued=len(requests) if issued is None else issued,
        finished=len(requests),
        final=True,
    )
    collected.add(Delta("p", facts, tally, (), {}))
    return Part(plan, collected)


OK, ERROR, TIMEOUT = (Outcome.OK, ""), (Outcome.ERROR, "http_500"), (Outcome.TIMEOUT, "TimeoutError")


def reply(second, reply_s, endpoint="webhook-text"):
    return WebhookReply(endpoint, STARTED_AT_S + second, reply_s)


def test_only_the_steady_phase_is_judged():
    part = make_part(("health", 0, *OK), ("health", 1, *OK), ("health", 9, *OK), ("health", 10, *ERROR))
    summary = observe([part], ["health"], ())["health"].summary
    assert (summary.requests, summary.errors) == (2, 0)
    assert summary.latency.p50_ms == pytest.approx(6, rel=0.001)


def test_a_top_up_adds_to_the_scenarios_requests():
    part = make_part(("health", 2, *OK))
    summary = observe([part, part], ["health"], ())["health"].summary
    assert (summary.requests, summary.elapsed_s) == (2, 18)


def test_an_endpoint_without_requests_has_no_data_and_says_why():
    observation = observe([make_part()], ["health"], ())["health"]
    assert (observation.summary, observation.missing) == (None, "no request was sent")


def test_requests_that_nobody_expected_count_too():
    observations = observe([make_part(("surprise", 2, *ERROR))], ["health"], ())
    assert observations["surprise"].summary.errors == 1


def test_a_webhook_is_judged_by_its_reply_and_not_by_the_acknowledgement():
    part = make_part(("webhook-text", 2, *OK), ("webhook-text", 3, *OK))
    summary = observe([part], ["webhook-text"], [reply(2, 0.6), reply(3, 0.6), reply(0, 99)])["webhook-text"].summary
    assert (summary.ok, summary.latency.count) == (2, 2)
    assert summary.latency.p50_ms == pytest.approx(600, rel=0.001)
    assert summary.ack_latency.p50_ms == pytest.approx(6, rel=0.001)


def test_a_message_that_nobody_answered_is_a_failure():
    part = make_part(("webhook-text", 2, *OK), ("webhook-text", 3, *OK))
    summary = observe([part], ["webhook-text"], [reply(2, 0.6), reply(3, None)])["webhook-text"].summary
    assert dict(summary.outcomes) == {"ok": 1, "error/no_reply": 1}


def test_replies_out_of_sight_leave_the_reply_without_data():
    observation = observe([make_part(("webhook-text", 2, *OK))], ["webhook-text"], None)["webhook-text"]
    assert observation.summary.latency is None
    assert "--audit-dsn" in observation.missing
    assert observation.summary.ack_latency.count == 1


def test_every_request_is_accounted_for():
    sound = make_part(("health", 2, *OK), ("health", 3, *TIMEOUT), issued=3).collected
    assert check_counts([sound]).passed  # one is still in flight
    lost = make_part(("health", 2, *OK)).collected
    lost.tally.cells.clear()
    assert not check_counts([lost]).passed


@pytest.mark.parametrize(
    ("counted", "agrees"),
    [(2, True), (3, True), (1, False), (4, False), (None, None)],
)
def test_the_services_counters_must_agree_but_for_requests_without_an_answer(counted, agrees):
    part = make_part(("health", 2, *OK), ("health", 2, *ERROR), ("health", 3, *TIMEOUT)).collected
    counts = None if counted is None else Counter({("/api/v1/healthz", 200): counted})
    assert check_server_counts([part], counts).passed is agrees


def test_a_top_up_is_an_open_load_on_what_is_short_alone():
    topped_up = make_top_up(QUICK, QUICK.top_up, {"health": 130, "webhook-text": 200})
    assert topped_up.model is Model.OPEN
    assert [stream.name for stream in topped_up.mix] == ["ReservationUser.health", "WhatsAppWebhookUser.webhook-text"]
    steady_s = topped_up.duration_s - topped_up.warmup_s
    assert steady_s * QUICK.top_up.rate_rps >= 200


def test_a_top_up_lasts_as_long_as_its_slowest_endpoint_takes():
    full = load_scenario(find_scenario("full"))
    top_up = TopUp(rate_rps=5, requests=100, exceptions={"webhook-audio": TopUp(0.5, 40)})
    topped_up = make_top_up(full, top_up, {"health": 100, "webhook-audio": 40})
    (stage,) = topped_up.stages
    steady_s = topped_up.duration_s - topped_up.warmup_s
    rates = {stream.endpoint: stream.weight / 140 * stage.start_rps for stream in topped_up.mix}
    assert rates["webhook-audio"] == pytest.approx(0.5)
    assert rates["health"] * steady_s >= 100
    assert rates["health"] < 5


def test_a_rate_for_an_endpoint_that_nobody_knows_is_refused():
    with pytest.raises(ScenarioError, match="webhok-audio"):
        check_top_up(TopUp(5, 100, {"webhok-audio": TopUp(1, 9)}), ["webhook-audio", "health"])


def test_what_was_left_out_is_not_in_scope_for_that_reason():
    (objective,) = (one for one in OBJECTIVES if one.id == "webhook-audio-p95")
    measured = LoadMeasured({}, (), Audit(source="none", passed=None), QUICK, {"webhook-audio": "nobody hears"})
    (judgement,) = measured.judge([objective], ())
    assert (judgement.verdict, judgement.reason) == (Verdict.NOT_IN_SCOPE, "nobody hears")


def make_outcome(part, server=(), statements=None):
    return PartOutcome(part, (), ServerRecord(list(server)), statements or WatchedStatements(), None)


def test_an_endpoint_of_the_warm_up_alone_is_not_among_those_that_are_judged():
    part = make_part(("accommodations", 0, *OK), ("health", 2, *OK))
    load = build_load(make_outcome(part), top_up=None)
    assert [endpoint.name for endpoint in load.endpoints] == ["health"]
    assert load.mix == {"health": 1.0}
    assert load.requests_outside["warmup"] == 1


def test_statements_of_the_service_have_their_names():
    own = load_statement("hold_stay").replace("'pre_reserved'", "$20").replace(" ON true", " ON $21")
    times = [StatementTime(text, 4, 8.0, 0.5, 4, 0, 0) for text in (own, "SELECT $1")]
    part = make_part(("health", 2, *OK))
    load = build_load(make_outcome(part, statements=WatchedStatements(tuple(times))), top_up=None)
    assert [(one.name, one.statement, one.share_ratio) for one in load.statements] == [
        ("hold_stay", own, 0.5),
        (None, "SELECT $1", 0.5),
    ]


def test_the_timeline_lines_up_generator_and_server():
    part = make_part(("health", 2, *OK), ("health", 2, *ERROR), ("health", 4, *OK))
    server = [
        ServerSample(STARTED_AT_S + 1.5, cpu_s=1.0, connections=3, postgres_commits=10),
        ServerSample(STARTED_AT_S + 2.5, cpu_s=1.5, connections=4, postgres_commits=40),
    ]
    load = build_load(make_outcome(part, server), top_up=None)
    at_2 = load.timeline[2]
    assert (at_2.phase, at_2.requests, at_2.errors, at_2.connections) == ("steady", 2, 1, 4)
    assert (at_2.server_cpu_ratio, at_2.postgres_commits) == (0.5, 30.0)
    assert [point.requests for point in load.timeline] == [0, 0, 2, 0, 1]
    assert load.connections_max == 4
    assert load.timeline[0].phase == Phase.WARMUP.value
