import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.measurement.clock import ManualClock, SystemClock
from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.samples import Outcome, Sample, Samples
from cabanas_perf.measurement.stages import Estimate, Trace, summarise_stages
from cabanas_perf.measurement.summary import summarise, summarise_counts
from cabanas_perf.measurement.units import ns_to_ms, ns_to_s, s_to_ms

MS = 1_000_000


def a_run():
    accepted = [Sample(n / 10, n * MS, Outcome.OK) for n in range(1, 101)]
    refused = [Sample(5, 2 * MS, Outcome.REFUSED, "dates_taken")] * 4
    failed = [Sample(5, 900_000 * MS, Outcome.ERROR, "http_500")] * 3 + [Sample(5, 900_000 * MS, Outcome.TIMEOUT)]
    return Samples([*accepted, *refused, *failed])


def test_a_summary_of_known_samples():
    summary = summarise("prereservation", a_run(), elapsed_s=52.0, cpu_s=0.54)
    assert (summary.requests, summary.ok, summary.refused, summary.errors) == (108, 100, 4, 4)
    assert summary.throughput_rps == 2.0
    assert summary.cpu_ms_per_request == pytest.approx(5.0)
    latency = summary.latency
    assert (latency.count, latency.mean_ms, latency.min_ms, latency.max_ms) == (100, 50.5, 1, 100)
    assert (latency.p50_ms, latency.p90_ms, latency.p95_ms, latency.p99_ms) == (50, 90, 95, 99)
    assert latency.stdev_ms == pytest.approx(29.011492)
    assert LatencyHistogram.decode(latency.encode_histogram()).at_rank(1) == pytest.approx(MS, rel=0.001)


def test_failures_are_counted_by_kind_and_enter_no_latency():
    summary = summarise("prereservation", a_run())
    assert list(summary.outcomes.items()) == [
        ("ok", 100),
        ("refused/dates_taken", 4),
        ("error/http_500", 3),
        ("timeout", 1),
    ]
    assert summary.latency.max_ms == 100
    assert summary.refused_latency.max_ms == 2
    assert summary.elapsed_s > 900


def test_a_run_without_answers_has_no_latency_and_no_throughput_to_show():
    summary = summarise("nlu", Samples([Sample(0, 0, Outcome.ERROR, "ConnectError")]))
    assert summary.latency is None
    assert summary.refused_latency is None
    assert summary.throughput_rps is None
    assert summarise("nlu", Samples(), elapsed_s=1, cpu_s=1).cpu_ms_per_request is None


def test_counts_and_histograms_give_the_same_summary_as_samples():
    samples = a_run()
    from_samples = summarise("x", samples, elapsed_s=10, ack_latencies_ns=[MS, 3 * MS])
    from_counts = summarise_counts(
        "x",
        samples.counts(),
        latency=LatencyHistogram.of(samples.latencies_ns(Outcome.OK)),
        ack_latency=RawDistribution([3 * MS, MS]),
        elapsed_s=10,
    )
    assert from_counts.outcomes == from_samples.outcomes
    assert from_counts.throughput_rps == from_samples.throughput_rps
    assert from_counts.latency.p95_ms == pytest.approx(from_samples.latency.p95_ms, rel=0.001)
    assert from_counts.ack_latency.max_ms == from_samples.ack_latency.max_ms == 3
    assert from_counts.refused_latency is None


def test_stages_account_for_a_request():
    traces = [
        Trace(0, 100 * MS, [("lock", 10 * MS, 30 * MS), ("insert", 30 * MS, 70 * MS)]),
        Trace(0, 100 * MS, [("insert", 0, 20 * MS), ("insert", 50 * MS, 60 * MS)]),
    ]
    breakdown = summarise_stages(traces, {"insert": Estimate(200, 350)})
    lock, insert = breakdown.stages
    assert (lock.name, lock.count, lock.p50_ms, lock.share_ratio, lock.estimate) == ("lock", 1, 20, 0.1, None)
    assert (insert.count, insert.p50_ms, insert.p95_ms, insert.share_ratio) == (2, 30, 40, 0.35)
    assert insert.estimate == Estimate(200, 350)
    assert breakdown.unexplained_ratio == pytest.approx(0.55)


def test_time_side_by_side_is_explained_once_and_time_outside_the_request_is_not():
    trace = Trace(100, 200, [("a", 50, 150), ("b", 120, 160), ("c", 190, 400)])
    assert summarise_stages([trace]).unexplained_ratio == pytest.approx(0.3)


def test_what_came_before_any_request_is_shown_first_and_has_no_share():
    trace = Trace(0, 100, [("decode", 0, 50)])
    loads = [("model_load", -900, -400), ("model_load", -900, -200)]
    breakdown = summarise_stages([trace], {"model_load": Estimate(1, 2)}, start_up=loads)
    load, decode = breakdown.stages
    assert (load.name, load.count, load.share_ratio, load.estimate) == ("model_load", 2, 0, Estimate(1, 2))
    assert (decode.share_ratio, breakdown.unexplained_ratio) == (0.5, 0.5)


def test_no_requests_have_no_stages():
    assert summarise_stages([]) is None
    assert summarise_stages([Trace(5, 5, [])]) is None


@given(st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 1_000)), max_size=20))
def test_the_unexplained_share_is_a_share(pairs):
    spans = [("x", min(pair), max(pair)) for pair in pairs]
    covered = {moment for _, start, end in spans for moment in range(start, end)}
    assert summarise_stages([Trace(0, 1_000, spans)]).unexplained_ratio == pytest.approx(1 - len(covered) / 1_000)


def test_a_manual_clock_tells_work_from_waiting():
    clock = ManualClock()
    clock.work(3)
    clock.wait(4)
    assert (clock.now_ns(), clock.cpu_ns()) == (7, 3)


def test_the_system_clock_never_goes_back():
    clock = SystemClock()
    assert clock.now_ns() <= clock.now_ns()
    assert clock.cpu_ns() <= clock.cpu_ns()


def test_units_convert():
    assert (ns_to_ms(1_500_000), ns_to_s(2_500_000_000), s_to_ms(0.25)) == (1.5, 2.5, 250)
