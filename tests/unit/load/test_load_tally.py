from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.load.delta import Collected, Delta, Facts
from cabanas_perf.load.tally import Phase, Tally, bucket_of, build_histogram
from cabanas_perf.measurement.distribution import RawDistribution, percentile_ns
from cabanas_perf.measurement.histogram import HIGHEST_NS, LatencyHistogram
from cabanas_perf.measurement.samples import Outcome

REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["health", "prereservation"]),
        st.sampled_from(Phase),
        st.integers(0, 20 * 10**9),
        st.integers(0, 10**11),
        st.integers(0, 10**10),
        st.sampled_from(Outcome),
        st.sampled_from(["", "http_409", "http_500"]),
    ),
    max_size=60,
)


def tally_of(requests):
    tally = Tally()
    for endpoint, phase, due_ns, service_ns, late_ns, outcome, kind in requests:
        tally.record(endpoint, phase, due_ns, service_ns=service_ns, late_ns=late_ns, outcome=outcome, kind=kind)
    return tally


@given(st.integers(0, HIGHEST_NS))
def test_buckets_are_those_of_the_histogram(value_ns):
    assert LatencyHistogram.of([value_ns]).encode() == LatencyHistogram.of([bucket_of(value_ns)]).encode()


def test_values_outside_of_the_range_go_to_its_ends():
    assert (bucket_of(-5), bucket_of(HIGHEST_NS * 10)) == (0, bucket_of(HIGHEST_NS))


@pytest.mark.parametrize("middle_ns", [20_000, 500_000, 5_000_000, 120_000_000, 2_000_000_000, 20_000_000_000])
def test_percentiles_are_within_a_thousandth_from_10_us_to_60_s(middle_ns):
    values = [
        min(60 * 10**9, max(10_000, round(middle_ns * math.exp(math.sin(n * 12.9898) * 1.5)))) for n in range(5000)
    ]
    tally = tally_of(("e", Phase.STEADY, 0, value, 0, Outcome.OK, "") for value in values)
    histogram, exact = build_histogram(tally.select("e").response), RawDistribution(values)
    for q in (0.5, 0.9, 0.95, 0.99, 0.999, 1.0):
        assert percentile_ns(histogram, q) == pytest.approx(percentile_ns(exact, q), rel=0.001)


@given(REQUESTS, st.integers(1, 5))
def test_tallies_of_many_processes_add_up_to_one_bit_for_bit(requests, workers):
    whole, collected = tally_of(requests), Collected()
    for index in range(workers):
        part = tally_of(requests[index::workers])
        # In two reports, through the same text as between processes.
        collected.add(Delta.from_line(Delta(str(index), Facts(), part.take()).to_line()))
        collected.add(Delta.from_line(Delta(str(index), Facts(), part.take()).to_line()))
    assert collected.tally.cells == whole.cells
    for endpoint in whole.endpoints():
        mine, theirs = collected.tally.select(endpoint), whole.select(endpoint)
        for name in ("response", "service", "refused"):
            merged = build_histogram(getattr(mine, name)).encode()
            assert merged == build_histogram(getattr(theirs, name)).encode()


def test_response_time_counts_from_when_a_request_was_due():
    cell = tally_of([("e", Phase.STEADY, 0, 1000, 500, Outcome.OK, "")]).select()
    assert (cell.service, cell.response) == ({1000: 1}, {1500: 1})


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.TIMEOUT])
def test_failures_have_no_latency(outcome):
    cell = tally_of([("e", Phase.STEADY, 0, 1000, 0, outcome, "http_500")]).select()
    assert (cell.service, cell.response, cell.refused) == ({}, {}, {})
    assert cell.outcomes == {(outcome, "http_500"): 1}


def test_refusals_have_a_latency_of_their_own():
    cell = tally_of([("e", Phase.STEADY, 0, 1000, 1, Outcome.REFUSED, "http_409")]).select()
    assert (cell.response, cell.refused) == ({}, {1001: 1})


@pytest.mark.parametrize("line", ["", "{}", "[]", "null", json.dumps({"process": "x", "facts": {"nonsense": 1}})])
def test_what_is_no_report_is_refused(line):
    with pytest.raises(ValueError):
        Delta.from_line(line)
