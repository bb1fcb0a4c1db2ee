"""The document's tables of expected improvements, measured: the same requests to the service at each of its steps."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from cabanas_perf.measurement.paired import PAIRS_MIN, estimate_ratio
from cabanas_perf.measurement.percentiles import percentile_of_sorted
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.report.record import CumulativeStep
from cabanas_perf.runners.optimizations.bench import Bench, Stopped
from cabanas_perf.runners.optimizations.endpoints import BEFORE, STEPS, Endpoint
from cabanas_perf.runners.run import derive_seed
from cabanas_perf.workloads.before.claims import DocumentClaims

REQUESTS_AT_ONCE = 10
"""The users of the document's quick load test, all of whom ask at once."""
_ROUNDS = 8


async def measure_endpoint(bench: Bench, endpoint: Endpoint, claims: DocumentClaims) -> list[CumulativeStep]:
    """Every step of the endpoint: a block of the same requests to each in every round, in random order.

    The saving is that of the block's median against the same round's before.

    Raises:
        Stopped: before the last round.
    """
    rounds = max(PAIRS_MIN, bench.pairs or _ROUNDS)
    rng = random.Random(derive_seed(bench.seed, f"steps of {endpoint.name}"))  # noqa: S311 - reproducible order
    blocks: dict[str, list[Sequence[int]]] = {step: [] for step in endpoint.steps}
    bench.progress.begin(f"cumulative, {endpoint.name}", rounds, "rounds")
    # The first round is a warm-up: connections open, caches fill.
    for number in range(rounds + 1):
        batch = endpoint.draw(REQUESTS_AT_ONCE)
        for step in rng.sample(list(endpoint.steps), k=len(endpoint.steps)):
            if bench.stop:
                raise Stopped
            latencies_ns = await endpoint.steps[step](batch)
            if number:
                blocks[step].append(latencies_ns)
        if number:
            bench.progress.advance(1)
    return [_summarise(endpoint.name, step, blocks, claims) for step in endpoint.steps]


def _summarise(
    endpoint: str, step: str, blocks: Mapping[str, Sequence[Sequence[int]]], claims: DocumentClaims
) -> CumulativeStep:
    latencies_ns = sorted(latency_ns for block in blocks[step] for latency_ns in block)
    p50_ms, p95_ms, p99_ms = (ns_to_ms(percentile_of_sorted(latencies_ns, q)) for q in (0.50, 0.95, 0.99))
    measured = {"samples": len(latencies_ns), "p50_ms": p50_ms, "p95_ms": p95_ms, "p99_ms": p99_ms}
    if step == BEFORE:
        return _build_step(endpoint, step, claims, **measured)
    ratio = estimate_ratio(
        [median(after) / median(before) for before, after in zip(blocks[BEFORE], blocks[step], strict=True)]
    )
    assert ratio.low is not None
    assert ratio.high is not None
    saving = {"saving_ratio": 1 - ratio.ratio, "saving_low_ratio": 1 - ratio.high, "saving_high_ratio": 1 - ratio.low}
    return _build_step(endpoint, step, claims, **measured, **saving)


def claimed_only(endpoint: str, claims: DocumentClaims, reason: str) -> list[CumulativeStep]:
    """The document's figures of an endpoint that was not measured, and why it was not."""
    steps = (step for step in STEPS if claims.step(endpoint, step) is not None)
    return [_build_step(endpoint, step, claims, reason=reason) for step in steps]


def _build_step(endpoint: str, step: str, claims: DocumentClaims, **measured: Any) -> CumulativeStep:
    """What was measured beside the document's figures, where it has any."""
    claimed = claims.step(endpoint, step)
    if claimed is None:
        return CumulativeStep(endpoint=endpoint, step=step, **measured)
    return CumulativeStep(
        endpoint=endpoint,
        step=step,
        claimed_p50_ms=claimed.p50_ms,
        claimed_p95_ms=claimed.p95_ms,
        claimed_p99_ms=claimed.p99_ms,
        claimed_saving_ratio=claimed.saving_ratio,
        **measured,
    )
