"""What measuring itself costs: a sample kept, a value counted, a request of a load run recorded, a summary.

pytest benchmarks/test_recording.py; the load recorder's bar is in load_recorder.py
"""

from itertools import cycle

import pytest
from benchmarks.made_up import make_histogram, make_latencies_ns, make_samples

from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.load.recorder import Recorder
from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.intervals import percentile_interval
from cabanas_perf.measurement.samples import Outcome, Sample, Samples
from cabanas_perf.measurement.summary import summarise

LATENCIES_NS = make_latencies_ns(10_000)


def test_keep_a_sample(benchmark):
    samples, sample = Samples(), Sample(0.0, 4_000_000, Outcome.OK)
    benchmark(samples.append, sample)


def test_count_a_value(benchmark):
    histogram, values = LatencyHistogram(), cycle(LATENCIES_NS)
    benchmark(lambda: histogram.record(next(values)))


def test_merge_histograms(benchmark):
    histogram, other = make_histogram(10_000), make_histogram(10_000)
    benchmark(histogram.merge, other)


def test_encode_a_histogram(benchmark):
    benchmark(make_histogram(10_000).encode)


def test_record_a_request_of_a_load_run(benchmark):
    plan = LoadPlan("bench", "bench", Model.CLOSED, (Stream("User", 1),), (), 10, 10, 0, 600, 10)
    recorder, latencies_ms = Recorder(plan), cycle([value / 1e6 for value in LATENCIES_NS])

    class Response:
        status_code = 200

    benchmark(
        lambda: recorder.on_request(
            name="health", response_time=next(latencies_ms), context=recorder.issue(None), response=Response
        )
    )


@pytest.mark.parametrize("count", [1_000, 100_000])
def test_summarise(benchmark, count):
    samples = make_samples(count)
    assert benchmark(summarise, "nlu", samples).ok == count


def test_interval_of_a_percentile(benchmark):
    latency = summarise("nlu", make_samples(10_000)).latency
    benchmark(percentile_interval, latency.distribution, 0.95)
