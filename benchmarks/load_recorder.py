"""What it costs to record one request: ``python benchmarks/load_recorder.py``. The bar is 5 us."""

from __future__ import annotations

import random
import sys
from time import process_time_ns

from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.load.recorder import Recorder

REQUESTS, ROUNDS, BAR_US = 200_000, 5, 5.0
ENDPOINTS = ("accommodations", "availability", "prereservation", "health")


class Response:
    status_code = 200


def measure_us(rng: random.Random) -> float:
    """CPU time of one request's two calls, in microseconds, over latencies that fill hundreds of buckets."""
    plan = LoadPlan("bench", "bench", Model.CLOSED, (Stream("User", 1),), (), 10, 10, 0, 600, 10)
    recorder, response = Recorder(plan), Response()
    latencies_ms = [rng.lognormvariate(1.5, 0.8) for _ in range(REQUESTS)]
    names = [rng.choice(ENDPOINTS) for _ in range(REQUESTS)]
    started_ns = process_time_ns()
    for name, latency_ms in zip(names, latencies_ms, strict=True):
        recorder.on_request(
            request_type="GET",
            name=name,
            response_time=latency_ms,
            response_length=100,
            exception=None,
            context=recorder.issue(None),
            response=response,
            start_time=0.0,
            url="",
        )
    return (process_time_ns() - started_ns) / REQUESTS / 1000


if __name__ == "__main__":
    costs = sorted(measure_us(random.Random(0)) for _ in range(ROUNDS))
    sys.stdout.write(
        f"{costs[ROUNDS // 2]:.2f} us a request (median of {ROUNDS} rounds of {REQUESTS}; bar {BAR_US} us)\n"
    )
