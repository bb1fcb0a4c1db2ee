import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from cabanas_perf.measurement.distribution import RawDistribution, mean_ns, percentile_ns, stdev_ns
from cabanas_perf.measurement.histogram import HIGHEST_NS, LatencyHistogram

from_10_us_to_60_s = st.integers(10_000, 60_000_000_000)
latencies_ns = st.lists(from_10_us_to_60_s, min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(latencies_ns, st.sampled_from([0, 0.5, 0.9, 0.95, 0.99, 0.999, 1]))
def test_percentiles_are_right_within_a_thousandth(values, q):
    exact = percentile_ns(RawDistribution(values), q)
    assert percentile_ns(LatencyHistogram.of(values), q) == pytest.approx(exact, rel=0.001)


@pytest.mark.parametrize("power", range(14, 36))
@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_the_edges_of_buckets_are_right_within_a_thousandth(power, offset):
    value = 2**power + offset
    assert LatencyHistogram.of([value]).at_rank(1) == pytest.approx(value, rel=0.0005)


@settings(max_examples=40, deadline=None)
@given(latencies_ns)
def test_mean_and_deviation_are_right_within_a_thousandth(values):
    raw, histogram = RawDistribution(values), LatencyHistogram.of(values)
    assert mean_ns(histogram) == pytest.approx(mean_ns(raw), rel=0.001)
    if len(values) > 1:
        assert stdev_ns(histogram) == pytest.approx(stdev_ns(raw), abs=0.001 * max(values))


@settings(max_examples=40, deadline=None)
@given(latencies_ns, st.lists(from_10_us_to_60_s, max_size=60))
def test_a_merge_is_the_histogram_of_both(left, right):
    merged = LatencyHistogram.of(left)
    merged.merge(LatencyHistogram.of(right))
    assert list(merged.counts()) == list(LatencyHistogram.of(left + right).counts())
    assert merged.count == len(left) + len(right)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, HIGHEST_NS), max_size=60))
def test_decoding_gives_back_what_was_encoded(values):
    histogram = LatencyHistogram.of(values)
    decoded = LatencyHistogram.decode(histogram.encode())
    assert list(decoded.counts()) == list(histogram.counts())
    assert decoded.count == histogram.count
    decoded.merge(histogram)
    assert decoded.count == 2 * len(values)


@pytest.mark.parametrize("value", [-1, HIGHEST_NS + 1])
def test_what_does_not_fit_is_refused_rather_than_counted_elsewhere(value):
    with pytest.raises(ValueError, match="a latency lies between"):
        LatencyHistogram().record(value)


@pytest.mark.parametrize(
    "encoded",
    ["", "?", "AAAA", "é", LatencyHistogram.of([5]).encode()[:-8], "HISTFAAAAAl4nA=="],
)
def test_damaged_histograms_are_named_as_such(encoded):
    with pytest.raises(ValueError, match="not an HdrHistogram"):
        LatencyHistogram.decode(encoded)


def test_a_histogram_of_other_digits_is_refused():
    with pytest.raises(ValueError, match="with 2 digits"):
        LatencyHistogram.decode(HdrHistogram(1, HIGHEST_NS, 2).encode().decode())


def test_ranks_outside_are_refused():
    histogram = LatencyHistogram.of([1, 2])
    for rank in (0, 3):
        with pytest.raises(ValueError):
            histogram.at_rank(rank)


def test_a_raw_distribution_counts_repeats():
    distribution = RawDistribution([3, 1, 3])
    assert list(distribution.counts()) == [(1, 1), (3, 2)]
    assert stdev_ns(distribution) == pytest.approx(1.1547005)
    assert stdev_ns(RawDistribution([3])) is None
    for rank in (0, 4):
        with pytest.raises(ValueError):
            distribution.at_rank(rank)
    with pytest.raises(ValueError):
        mean_ns(RawDistribution([]))
