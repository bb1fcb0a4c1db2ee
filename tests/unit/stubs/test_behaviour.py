import random

import pytest

from cabanas_perf.stubs.behaviour import Behaviour, Verdict


def test_the_default_is_what_the_design_document_expects_of_the_provider():
    rng = random.Random(1)
    latencies = [Behaviour().draw_latency_s(rng) for _ in range(2000)]
    assert 0.4 <= min(latencies) < 0.41
    assert 0.79 < max(latencies) <= 0.8
    assert 0.58 < sum(latencies) / len(latencies) < 0.62


@pytest.mark.parametrize(
    ("behaviour", "shares"),
    [
        (Behaviour(), {Verdict.ANSWER: 1}),
        (Behaviour(fail_ratio=1), {Verdict.FAIL: 1}),
        (Behaviour(refuse_ratio=1), {Verdict.REFUSE: 1}),
        (Behaviour(fail_ratio=0.25, refuse_ratio=0.5), {Verdict.FAIL: 0.25, Verdict.REFUSE: 0.5, Verdict.ANSWER: 0.25}),
    ],
)
def test_failures_and_refusals_come_in_their_shares(behaviour, shares):
    rng = random.Random(1)
    drawn = [behaviour.draw_verdict(rng) for _ in range(4000)]
    for verdict in Verdict:
        assert drawn.count(verdict) / len(drawn) == pytest.approx(shares.get(verdict, 0), abs=0.03)


@pytest.mark.parametrize(
    "given",
    [
        {"latency_min_ms": -1},
        {"latency_min_ms": 900},
        {"latency_min_ms": "5"},
        {"fail_ratio": 1.1},
        {"fail_ratio": 0.6, "refuse_ratio": 0.6},
        {"fail_status": 200},
        {"fail_ratio": True},
        {"speed": 1},
    ],
)
def test_what_makes_no_sense_is_refused(given):
    with pytest.raises(ValueError):
        Behaviour.from_json(given)


def test_it_survives_its_json():
    behaviour = Behaviour(1, 2, fail_ratio=0.5, fail_status=503)
    assert Behaviour.from_json(behaviour.to_json()) == behaviour
