import math
import random

import pytest

from cabanas_perf.measurement.samples import Outcome, Sample, Samples
from cabanas_perf.measurement.summary import summarise
from cabanas_perf.slo.objective import Indicator, Objective, parse_assertion
from cabanas_perf.slo.verdict import Observation, RatioEstimate, Verdict, judge

MS = 1_000_000


def objective(assertion, indicator=Indicator.LATENCY, workload="nlu", outcome=Outcome.OK):
    return Objective("it", workload, indicator, parse_assertion(assertion, indicator), outcome)


def observe(*, ok=(), refused=(), errors=0, workload="nlu", ack=()):
    samples = [Sample(0, ms * MS, Outcome.OK) for ms in ok]
    samples += [Sample(0, ms * MS, Outcome.REFUSED, "dates_taken") for ms in refused]
    samples += [Sample(0, MS, Outcome.ERROR, "http_500")] * errors
    return Observation(summarise(workload, Samples(samples), ack_latencies_ns=[ms * MS for ms in ack]))


def judge_one(wanted, observation, **kwargs):
    observations = {} if observation is None else {"nlu": observation}
    (judgement,) = judge([wanted], observations, {"it"}, any_failure_misses=False, **kwargs)
    return judgement


@pytest.mark.parametrize(
    ("fast", "slow", "verdict", "missing"),
    [
        (3, 0, "inconclusive", 56),
        (58, 0, "inconclusive", 1),
        (59, 0, "met", None),
        (58, 1, "inconclusive", 34),
        (92, 1, "met", None),
        (196, 4, "met", None),
        (195, 5, "inconclusive", 208 - 200),
        (185, 15, "inconclusive", None),
        (184, 16, "missed", None),
        (0, 1, "inconclusive", 1),
        (0, 2, "missed", None),
        (16, 4, "missed", None),
    ],
)
def test_a_p95_is_settled_by_the_exact_binomial_rule(fast, slow, verdict, missing):
    judgement = judge_one(objective("p95 < 3s"), observe(ok=[10] * fast + [3_000] * slow))
    assert judgement.verdict.value == verdict
    assert judgement.samples == fast + slow
    if missing is not None:
        assert judgement.missing_samples == missing
    assert (judgement.missing_samples is None) == (verdict != "inconclusive")


def test_the_missing_samples_settle_it_when_they_come():
    for slow in range(12):
        have = observe(ok=[10] * (140 - slow) + [3_000] * slow)
        judgement = judge_one(objective("p95 < 3s"), have)
        if judgement.verdict is Verdict.INCONCLUSIVE and slow <= 7:
            n = judgement.missing_samples
            settled = judge_one(objective("p95 < 3s"), observe(ok=[10] * (140 - slow + n) + [3_000] * slow))
            almost = judge_one(objective("p95 < 3s"), observe(ok=[10] * (139 - slow + n) + [3_000] * slow))
            assert (settled.verdict, almost.verdict) == (Verdict.MET, Verdict.INCONCLUSIVE)


def test_ten_slow_of_a_hundred_are_within_a_p90():
    judgement = judge_one(objective("p90 < 3s"), observe(ok=[10] * 90 + [3_000] * 10))
    assert (judgement.observed, judgement.verdict) == (10, Verdict.INCONCLUSIVE)
    settled = observe(ok=[10] * (90 + judgement.missing_samples) + [3_000] * 10)
    assert judge_one(objective("p90 < 3s"), settled).verdict is Verdict.MET


def test_twenty_refused_of_a_hundred_are_within_eighty_percent():
    wanted = objective("rate >= 80%", Indicator.ACCEPTED_RATIO)
    judgement = judge_one(wanted, observe(ok=[5] * 80, refused=[5] * 20))
    assert judgement.verdict is Verdict.INCONCLUSIVE
    settled = observe(ok=[5] * (80 + judgement.missing_samples), refused=[5] * 20)
    assert judge_one(wanted, settled).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("assertion", "ok", "verdict"),
    [
        ("mean < 10ms", [5, 6] * 50, "met"),
        ("mean < 10ms", [15, 16] * 50, "missed"),
        ("mean < 10ms", [5, 15] * 50, "inconclusive"),
        ("mean < 10ms", [5, 6] * 49, "inconclusive"),
        ("mean < 10ms", [10] * 100, "missed"),
        ("mean <= 10ms", [10] * 100, "met"),
        ("max < 10ms", [5] * 299, "met"),
        ("max < 10ms", [5] * 298, "inconclusive"),
        ("max < 10ms", [10], "missed"),
    ],
)
def test_means_and_maxima(assertion, ok, verdict):
    assert judge_one(objective(assertion), observe(ok=ok)).verdict.value == verdict


def test_a_maximum_says_how_many_are_missing():
    assert judge_one(objective("max < 10ms"), observe(ok=[5] * 3)).missing_samples == 296


@pytest.mark.parametrize(
    ("indicator", "assertion", "ok", "refused", "errors", "verdict", "missing"),
    [
        (Indicator.ERROR_RATE, "rate < 1%", 299, 0, 0, "met", None),
        (Indicator.ERROR_RATE, "rate < 1%", 298, 0, 0, "inconclusive", 1),
        (Indicator.ERROR_RATE, "rate < 1%", 0, 299, 0, "met", None),
        (Indicator.ERROR_RATE, "rate < 1%", 0, 0, 3, "missed", None),
        (Indicator.ERROR_RATE, "rate < 1%", 290, 0, 10, "missed", None),
        (Indicator.ACCEPTED_RATIO, "rate >= 80%", 14, 0, 0, "met", None),
        (Indicator.ACCEPTED_RATIO, "rate >= 80%", 13, 0, 0, "inconclusive", 1),
        (Indicator.ACCEPTED_RATIO, "rate >= 80%", 0, 100, 0, "missed", None),
        (Indicator.ACCEPTED_RATIO, "rate >= 80%", 14, 0, 500, "met", None),
        (Indicator.ACCEPTED_RATIO, "rate >= 80%", 0, 0, 500, "inconclusive", 14),
    ],
)
def test_rates(indicator, assertion, ok, refused, errors, verdict, missing):
    have = observe(ok=[5] * ok, refused=[5] * refused, errors=errors)
    judgement = judge_one(objective(assertion, indicator), have)
    assert (judgement.verdict.value, judgement.missing_samples) == (verdict, missing)


def test_the_error_rate_of_all_workloads_adds_them_up():
    wanted = objective("rate < 1%", Indicator.ERROR_RATE, workload="all")
    observations = {"nlu": observe(ok=[5] * 200), "health": observe(ok=[5] * 98, errors=1), "database": Observation()}
    (judgement,) = judge([wanted], observations, {"it"}, any_failure_misses=False)
    assert (judgement.samples, judgement.observed) == (299, 1 / 299)
    assert judge([wanted], {}, {"it"}, any_failure_misses=False)[0].verdict is Verdict.INCONCLUSIVE


def test_each_latency_is_judged_by_its_own_samples():
    have = observe(ok=[10] * 59, refused=[200] * 59, ack=[1] * 59)
    for wanted, observed in (
        (objective("p95 < 3s"), 10),
        (objective("p95 < 3s", outcome=Outcome.REFUSED), 200),
        (objective("p95 < 3s", Indicator.ACK_LATENCY), 1),
    ):
        judgement = judge_one(wanted, have)
        assert (judgement.verdict, judgement.observed) == (Verdict.MET, observed)


@pytest.mark.parametrize(
    ("count", "verdict"), [(5, Verdict.MET), (6, Verdict.MISSED), (None, Verdict.INCONCLUSIVE), (0, Verdict.MET)]
)
@pytest.mark.parametrize("indicator", [Indicator.QUERIES, Indicator.PLAN_ERRORS])
def test_counts_are_exact_once_taken(indicator, count, verdict):
    observation = Observation(queries=count) if indicator is Indicator.QUERIES else Observation(plan_errors=count)
    assert judge_one(objective("count <= 5", indicator), observation).verdict is verdict


@pytest.mark.parametrize(
    ("wer", "verdict"),
    [
        (RatioEstimate(0.1, 0.05, 0.15, 40), Verdict.MET),
        (RatioEstimate(0.3, 0.25, 0.35, 40), Verdict.MISSED),
        (RatioEstimate(0.2, 0.15, 0.25, 40), Verdict.INCONCLUSIVE),
        (RatioEstimate(0.0, None, None, 3), Verdict.INCONCLUSIVE),
        (RatioEstimate(0.0, 0.0, 0.0, 0), Verdict.INCONCLUSIVE),
        (None, Verdict.INCONCLUSIVE),
    ],
)
def test_a_word_error_rate_brings_its_interval(wer, verdict):
    assert judge_one(objective("rate < 20%", Indicator.WER), Observation(wer=wer)).verdict is verdict


@pytest.mark.parametrize(
    "observation", [None, Observation(), observe(), observe(errors=100), observe(refused=[1] * 100)]
)
@pytest.mark.parametrize(
    ("assertion", "needed"), [("p95 < 3s", 59), ("p99 < 3s", 299), ("mean < 3s", 100), ("max < 3s", 299)]
)
def test_no_data_is_never_met(observation, assertion, needed):
    judgement = judge_one(objective(assertion), observation)
    assert (judgement.verdict, judgement.samples, judgement.observed) == (Verdict.INCONCLUSIVE, 0, None)
    assert judgement.missing_samples == needed


def test_missing_data_says_why():
    judgement = judge_one(objective("p95 < 3s"), Observation(missing="the inbox cannot be read"))
    assert judgement.reason == "no data: the inbox cannot be read"


def test_what_the_run_did_not_declare_counts_for_nothing():
    (judgement,) = judge([objective("p95 < 3s")], {"nlu": observe(ok=[9_000] * 99)}, (), any_failure_misses=True)
    assert judgement.verdict is Verdict.NOT_IN_SCOPE


def test_in_a_profile_any_failure_misses():
    observations = {"nlu": observe(ok=[1] * 99, errors=1), "health": observe(ok=[1] * 99, workload="health")}
    first, failures = judge([objective("p95 < 3s")], observations, {"it"}, any_failure_misses=True)
    assert first.verdict is Verdict.MET
    assert (failures.objective.id, failures.verdict) == ("nlu-failures", Verdict.MISSED)
    assert failures.reason == "1 of 100 requests failed: error/http_500 1"


def lognormal(rng):
    return 20 * rng.lognormvariate(0, 1)


def bimodal(rng):
    return rng.uniform(5, 8) if rng.random() < 0.94 else rng.uniform(200, 300)


def pareto(rng):
    return 5 * rng.paretovariate(1.5)


# The true 95th percentiles, from the inverse distribution functions.
TRUE_P95_MS = {
    lognormal: 20 * math.exp(1.6448536),
    bimodal: 200 + 100 / 6,
    pareto: 5 * 20 ** (1 / 1.5),
}


@pytest.mark.parametrize("draw", TRUE_P95_MS, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("n", [20, 58, 59, 200])
def test_a_wrong_p95_verdict_is_at_most_one_in_twenty(draw, n):
    rng = random.Random(f"{draw.__name__} {n}")
    just_false, just_true = (objective(f"p95 < {TRUE_P95_MS[draw] * factor:.6f}ms") for factor in (0.999999, 1.000001))
    repeats = 400
    wrongly_met = wrongly_missed = met = 0
    for _ in range(repeats):
        samples = Samples(Sample(0, int(draw(rng) * MS), Outcome.OK) for _ in range(n))
        have = Observation(summarise("nlu", samples))
        wrongly_met += judge_one(just_false, have).verdict is Verdict.MET
        wrongly_missed += judge_one(just_true, have).verdict is Verdict.MISSED
        met += judge_one(objective("p95 < 1000s"), have).verdict is Verdict.MET
    # 5 % and three standard errors of this simulation.
    allowed = repeats * 0.05 + 3 * math.sqrt(repeats * 0.05 * 0.95)
    assert wrongly_met <= allowed
    assert wrongly_missed <= allowed
    assert met == (repeats if n >= 59 else 0)
