import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cabanas_perf.measurement.binomial import at_least, at_most
from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.intervals import (
    MEAN_MIN_SAMPLES,
    Interval,
    mean_interval,
    percentile_interval,
    percentile_ranks,
    ratio_interval,
)
from cabanas_perf.measurement.sample_size import samples_needed, samples_needed_for_mean


def exact_at_most(k, n, p):
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 300), st.floats(0.001, 0.999), st.data())
def test_binomial_tails_agree_with_the_sum_of_all_terms(n, p, data):
    k = data.draw(st.integers(0, n))
    assert at_most(k, n, p) == pytest.approx(exact_at_most(k, n, p), abs=1e-10)
    assert at_least(k, n, p) == pytest.approx(1 - exact_at_most(k - 1, n, p), abs=1e-10)


def test_binomial_tails_stay_exact_for_a_million_trials():
    # The median of Binomial(n, 1/2) with odd n splits the distribution in equal halves.
    n = 1_000_001
    assert at_most(n // 2, n, 0.5) == pytest.approx(0.5, abs=1e-6)
    assert at_least(n // 2 + 1, n, 0.5) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(
    ("k", "n", "p", "expected"), [(-1, 5, 0.5, 0), (5, 5, 0.5, 1), (9, 5, 0.5, 1), (2, 5, 0, 1), (2, 5, 1, 0)]
)
def test_binomial_tails_at_the_ends(k, n, p, expected):
    assert at_most(k, n, p) == expected


@pytest.mark.parametrize(
    ("n", "slow_at_most_to_prove", "slow_at_least_to_disprove"),
    [(20, None, 4), (58, None, 7), (59, 0, 7), (93, 1, 9), (100, 1, 10), (200, 4, 16)],
)
def test_how_many_slow_requests_decide_a_p95(n, slow_at_most_to_prove, slow_at_least_to_disprove):
    low, high = percentile_ranks(0.95, n)
    assert (None if high is None else n - high) == slow_at_most_to_prove
    assert n - low + 1 == slow_at_least_to_disprove


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 3_000), st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.999]))
def test_each_bound_is_the_tightest_that_is_wrong_at_most_once_in_twenty(n, q):
    low, high = percentile_ranks(q, n)
    if low is not None:
        assert at_most(low - 1, n, q) <= 0.05
    assert at_most(low or 0, n, q) > 0.05
    if high is None:
        assert at_least(n, n, q) > 0.05
    else:
        assert at_least(high, n, q) <= 0.05 < at_least(high - 1, n, q)


def test_without_samples_there_are_no_bounds():
    empty = RawDistribution([])
    nothing = Interval(None, None)
    assert percentile_interval(empty, 0.95) == ratio_interval(0, 0) == mean_interval(empty) == nothing


def test_a_percentile_interval_is_made_of_measured_values():
    assert percentile_interval(RawDistribution(range(1, 101)), 0.95) == Interval(91, 99)


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    # With no hits, or nothing but hits, the closed forms; 5 of 10 is symmetric about one half.
    [
        (0, 299, 0, 1 - 0.05 ** (1 / 299)),
        (10, 10, 0.05 ** (1 / 10), 1),
        (5, 10, 0.2224, 0.7776),
        (1, 20, 0.00256, 0.21611),
    ],
)
def test_ratio_intervals(count, n, low, high):
    interval = ratio_interval(count, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_299_requests_without_an_error_prove_less_than_one_percent_and_298_do_not():
    assert ratio_interval(0, 299).high < 0.01 < ratio_interval(0, 298).high


def test_a_mean_needs_a_hundred_samples():
    assert mean_interval(RawDistribution([5] * (MEAN_MIN_SAMPLES - 1))) == Interval(None, None)
    assert mean_interval(RawDistribution([5] * MEAN_MIN_SAMPLES)) == Interval(5, 5)


def test_a_mean_interval_leans_to_the_long_side_and_repeats():
    rng = random.Random(3)
    distribution = RawDistribution(int(1e6 * rng.lognormvariate(0, 1)) for _ in range(300))
    mean = sum(value * n for value, n in distribution.counts()) / 300
    interval = mean_interval(distribution)
    assert interval.low < mean < interval.high
    assert interval.high - mean > mean - interval.low
    assert mean_interval(distribution) == interval
    assert mean_interval(distribution, seed=1) != interval


def test_mirrored_values_have_a_mirrored_mean_interval():
    rng = random.Random(5)
    values = [int(1e6 * rng.lognormvariate(0, 1)) for _ in range(300)]
    mean, mirror = sum(values) / 300, max(values)
    interval = mean_interval(RawDistribution(values))
    mirrored = mean_interval(RawDistribution(mirror - value for value in values))
    assert mirror - mirrored.low - mean == pytest.approx(interval.high - mean, rel=0.1)
    assert mirrored.high - mirror + mean == pytest.approx(mean - interval.low, rel=0.1)


def test_a_mean_interval_from_a_histogram_is_that_of_its_values():
    rng = random.Random(4)
    values = [int(1e6 * rng.lognormvariate(0, 0.5)) for _ in range(1_500)]
    raw, histogram = mean_interval(RawDistribution(values)), mean_interval(LatencyHistogram.of(values))
    assert histogram.low == pytest.approx(raw.low, rel=0.01)
    assert histogram.high == pytest.approx(raw.high, rel=0.01)


def test_a_single_outlier_leaves_the_bound_open_rather_than_near():
    interval = mean_interval(RawDistribution([10] * 99 + [1_000_000]))
    assert interval.high is None or interval.high > 100_000


@pytest.mark.parametrize(("slow", "total"), [(0, 59), (1, 93), (2, 124), (3, 153), (4, 181)])
def test_samples_that_prove_a_p95(slow, total):
    seen = 40 * slow
    assert samples_needed(limit_ratio=0.05, bad=slow, n=seen) == total
    _, high = percentile_ranks(0.95, total)
    assert total - high >= slow
    _, high = percentile_ranks(0.95, total - 1)
    assert high is None or total - 1 - high < slow


@pytest.mark.parametrize(("bad", "n"), [(8, 100), (2, 10), (30, 500), (1, 3)])
def test_samples_that_disprove_when_the_share_persists(bad, n):
    total = samples_needed(limit_ratio=0.05, bad=bad, n=n)
    assert total > n
    assert ratio_interval(bad * total // n, total).low >= 0.05


def test_a_share_at_the_limit_is_never_settled_by_more_of_the_same():
    assert samples_needed(limit_ratio=0.05, bad=500_001, n=10_000_000) is None


@pytest.mark.parametrize(
    ("mean", "bound", "target", "n", "total"),
    [
        (9.0, 11.0, 10.0, 200, 801),  # the half width of 2 must shrink to 1: four times the samples
        (12.0, 8.0, 10.0, 200, 801),
        (1.0, None, 10.0, 30, 100),
        (1.0, None, 10.0, 200, 201),
        (10.0, 11.0, 10.0, 200, None),
        (9.999999, 11.0, 10.0, 200, None),
    ],
)
def test_samples_that_settle_a_mean(mean, bound, target, n, total):
    assert samples_needed_for_mean(mean=mean, bound=bound, target=target, n=n) == total


def test_more_failures_need_more_samples():
    totals = [samples_needed(limit_ratio=0.01, bad=bad, n=100 * bad) for bad in range(6)]
    assert totals[0] == 299
    assert all(earlier < later for earlier, later in pairwise(totals))
