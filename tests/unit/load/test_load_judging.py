from __future__ import annotations

import pytest

from cabanas.api.signatures import verify_mercadopago, verify_whatsapp
from cabanas_perf.load.delta import Collected, Delta, Facts
from cabanas_perf.load.guards import check_guards, judge_guards
from cabanas_perf.load.hopeless import find_hopeless
from cabanas_perf.load.knee import find_knee
from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.load.progress import measure_progress
from cabanas_perf.load.search import RESOLUTION, search_rate
from cabanas_perf.load.signing import sign_as_mercadopago, sign_as_meta
from cabanas_perf.load.tally import Phase, Tally
from cabanas_perf.load.usl import Scalability, fit_scalability
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.slo.objective import Indicator, Objective, parse_assertion
from cabanas_perf.slo.verdict import Verdict

MS = 1_000_000
HEALTH = parse_assertion("p95 < 500ms", Indicator.LATENCY)


def make_plan(model=Model.OPEN, workers=1, users=10):
    return LoadPlan(
        "m", "s", model, (Stream("A", 1),), (), users, 10, warmup_s=1, steady_s=9, timeout_s=1, workers=workers
    )


def make_collected(*, requests=100, latency_ms=5, outcome=Outcome.OK, processes=1, lateness=None, **facts):
    collected = Collected()
    for process in range(processes):
        tally = Tally()
        for number in range(requests):
            due_ns = 10**9 + number * 10**7
            tally.record(
                "health", Phase.STEADY, due_ns, service_ns=latency_ms * MS, late_ns=0, outcome=outcome, kind=""
            )
        fields = {
            "at_s": 10.0, "users": 10, "issued": requests, "finished": requests, "planned": requests,
            "begun": requests, "cpu_s": 1.0, "fingerprint": "f", "done": True, "final": True, **facts,
        }  # fmt: skip
        collected.add(Delta(str(process), Facts(**fields), tally, (), lateness or {}))
    return collected


def failed(plan, collected, **options):
    results = check_guards(plan, collected, **{"latencies": [HEALTH], "ended_early": False, **options})
    return {guard.name for guard in results if not guard.passed}


@pytest.mark.parametrize("model", list(Model))
def test_a_sound_run_passes_every_guard(model):
    assert failed(make_plan(model), make_collected()) == set()


@pytest.mark.parametrize(
    ("plan", "collected", "guard"),
    [
        (make_plan(workers=2), make_collected(), "workers"),
        (make_plan(), make_collected(final=False), "workers"),
        (make_plan(), make_collected(issued=101), "recorded"),
        (make_plan(), make_collected(user_errors=1), "user code"),
        (make_plan(), make_collected(blocked_s=1.0), "blocked"),
        (make_plan(), make_collected(cpu_s=9.5), "cpu"),
        (make_plan(), make_collected(clock_step_s=3600.0), "clock"),
        (make_plan(), make_collected(requests=0, planned=1, begun=1), "samples"),
        (make_plan(), make_collected(planned=200), "arrivals"),
        (make_plan(), make_collected(planned=0, begun=0), "arrivals"),
        (make_plan(), make_collected(lateness={60 * MS: 100}), "lateness"),
        (make_plan(Model.CLOSED), make_collected(users=9), "users"),
    ],
)
def test_each_guard_fails_alone(plan, collected, guard):
    assert failed(plan, collected) == {guard}


@pytest.mark.parametrize(
    ("judged", "late", "fails"),
    [
        ("p95 < 500ms", 4, False),
        ("p95 < 500ms", 6, True),
        ("p99 < 500ms", 4, True),
        ("p95 < 700ms", 6, False),
        ("max < 500ms", 4, True),
    ],
)
def test_lateness_counts_at_the_percentile_that_is_judged(judged, late, fails):
    collected = make_collected(lateness={MS: 100 - late, 60 * MS: late})
    latencies = [parse_assertion(judged, Indicator.LATENCY)]
    assert failed(make_plan(), collected, latencies=latencies) == ({"lateness"} if fails else set())


def test_processes_that_differ_are_found():
    collected = make_collected()
    for delta in [Delta("other", Facts(final=True, fingerprint="g"))]:
        collected.add(delta)
    assert failed(make_plan(workers=2), collected) == {"alike"}


def test_a_run_that_was_stopped_may_lack_last_reports():
    assert failed(make_plan(), make_collected(final=False), ended_early=True) == set()


def test_a_run_that_was_stopped_may_leave_requests_on_their_way_but_none_unexplained():
    on_their_way = make_collected(issued=103, planned=200)
    assert failed(make_plan(), on_their_way, ended_early=True) == set()
    lost = make_collected(issued=103, finished=103)
    assert failed(make_plan(), lost, ended_early=True) == {"recorded"}


def test_a_failed_guard_is_an_inconclusive_judgement():
    (judgement,) = judge_guards(check_guards(make_plan(), make_collected(cpu_s=9.9), latencies=(), ended_early=False))
    assert (judgement.verdict, judgement.objective.id) == (Verdict.INCONCLUSIVE, "guard-cpu")


def objective(indicator, text, workload="health", outcome=Outcome.OK):
    return Objective("o", workload, indicator, parse_assertion(text, indicator), outcome)


ERRORS = objective(Indicator.ERROR_RATE, "rate < 1%", "all")
P95 = objective(Indicator.LATENCY, "p95 < 3ms")
ACCEPTED = objective(Indicator.ACCEPTED_RATIO, "rate >= 80%")


@pytest.mark.parametrize(
    ("what", "collected", "hopeless"),
    [
        (ERRORS, make_collected(outcome=Outcome.ERROR), True),
        (ERRORS, make_collected(), False),
        (P95, make_collected(), True),
        (P95, make_collected(latency_ms=1), False),
        (ACCEPTED, make_collected(outcome=Outcome.REFUSED), True),
        (ACCEPTED, make_collected(), False),
        # Early on, everything may still change.
        (ERRORS, make_collected(outcome=Outcome.ERROR, requests=20), False),
        (P95, make_collected(at_s=1.2), False),
        (P95, make_collected(at_s=0.5), False),
        (objective(Indicator.LATENCY, "max < 1ms"), make_collected(), False),
    ],
)
def test_a_run_is_hopeless_when_even_good_requests_would_not_save_it(what, collected, hopeless):
    assert (find_hopeless([what], make_plan(), collected) is what) == hopeless


def test_latencies_that_are_judged_by_replies_are_not_hopeless():
    assert find_hopeless([P95], make_plan(), make_collected(), replies=frozenset({"health"})) is None


def test_progress_shows_recent_seconds_and_the_budget():
    collected = make_collected(requests=500, at_s=6.5)
    progress = measure_progress(make_plan(), collected, [ERRORS])
    assert (progress.requests, progress.errors, progress.budget_left_ratio) == (500, 0, 1.0)
    assert progress.rate_rps == 100
    assert progress.p95_ms == pytest.approx(5, rel=0.001)
    failing = measure_progress(make_plan(), make_collected(outcome=Outcome.ERROR), [ERRORS])
    assert failing.budget_left_ratio == pytest.approx(-99)


def test_progress_of_nothing():
    progress = measure_progress(make_plan(), Collected(), [ERRORS])
    assert (progress.requests, progress.p95_ms, progress.budget_left_ratio) == (0, None, None)


@pytest.mark.parametrize(("contention", "coherency"), [(0.0, 0.0), (0.1, 0.0), (0.03, 0.002), (0.0, 0.01)])
def test_the_scalability_law_is_found_again(contention, coherency):
    law = Scalability(1000, contention, coherency)
    found = fit_scalability({n: law.rate_rps(n) for n in (1, 2, 3, 4, 8)})
    assert (found.single_rps, found.contention, found.coherency) == pytest.approx(
        (1000, contention, coherency), abs=1e-6
    )


def test_faster_than_linear_counts_as_linear():
    found = fit_scalability({1: 100, 2: 230, 3: 390})
    assert min(found.contention, found.coherency) >= 0
    assert found.best_workers is None or found.best_workers > 3


def test_workers_that_get_less_done_than_one_cost_each_other_time():
    found = fit_scalability({1: 88, 2: 41, 3: 41})
    assert 0 <= found.contention <= 1
    assert found.coherency > 0


def test_two_worker_counts_make_no_law():
    assert fit_scalability({1: 100, 2: 150}) is None


def test_more_workers_than_the_best_get_less_done():
    law = Scalability(1000, 0.05, 0.01)
    best = law.best_workers
    assert law.rate_rps(best) >= max(law.rate_rps(best - 1), law.rate_rps(best + 1))


def test_the_knee_is_where_latency_begins_to_climb():
    points = [(10, 5), (20, 5), (40, 5.5), (80, 6), (160, 40), (200, 200)]
    assert points[find_knee(points)] == (80, 6) or points[find_knee(points)] == (160, 40)


@pytest.mark.parametrize("points", [[], [(1, 5), (2, 6)], [(1, 5), (2, 5), (3, 5)], [(1, 9), (2, 8), (3, 7)]])
def test_no_knee(points):
    assert find_knee(points) is None


@pytest.mark.parametrize("capacity", [3.2, 25, 99, 730, 5000])
def test_the_search_ends_close_below_the_capacity(capacity):
    tried = []

    def holds(rate):
        tried.append(rate)
        return rate <= capacity

    found = search_rate(holds, start_rps=50, max_rps=20_000)
    assert found <= capacity <= found * RESOLUTION
    assert len(tried) <= 14


def test_the_search_knows_when_to_give_up():
    assert search_rate(lambda _: False, start_rps=50, max_rps=100) is None
    assert search_rate(lambda _: True, start_rps=50, max_rps=100) == 100


def test_the_service_accepts_our_signatures():
    body = b'{"text":"ma\\u00f1ana"}'
    verify_whatsapp("secret", body, sign_as_meta("secret", body))
    signature = sign_as_mercadopago("secret", data_id="123", request_id="r-1", timestamp_ms=1704908010000)
    verify_mercadopago("secret", data_id="123", request_id="r-1", signature=signature)
