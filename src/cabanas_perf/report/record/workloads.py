"""What was measured of each workload."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.attribution import Attribution, Waterfall
from cabanas_perf.report.record.base import Count, NonNegative, Record
from cabanas_perf.report.record.findings import Finding
from cabanas_perf.report.record.memory import Memory
from cabanas_perf.report.record.profiles import Disagreement, Profile
from cabanas_perf.report.record.statements import StatementUse


class Latency(Record):
    """Milliseconds; percentiles by nearest rank. `histogram` is an HdrHistogram (V2, base64) of
    nanoseconds.
    """

    count: Count
    mean: NonNegative
    p50: NonNegative
    p90: NonNegative
    p95: NonNegative
    p99: NonNegative
    min: NonNegative
    max: NonNegative
    stdev: NonNegative | None
    histogram: str


class Stage(Record):
    """Time per request in one named stage, over the `count` requests that passed it."""

    name: str
    count: Count
    p50_ms: NonNegative
    p95_ms: NonNegative
    share_ratio: NonNegative
    estimate_low_ms: NonNegative | None = None
    estimate_high_ms: NonNegative | None = None


class Inputs(Record):
    """How varied the requests were: few distinct inputs flatter every cache."""

    distinct: Count
    first_latency_ms: Latency | None = None
    """Of the inputs that came for the first time in the pass: without what repeats gain from caches."""


class Wer(Record):
    """Word error rate of the run's transcriptions, over `samples` clips."""

    ratio: NonNegative
    low: NonNegative | None
    high: NonNegative | None
    samples: Count


class Workload(Record):
    name: str
    via: Literal["direct", "http"]
    requests: Count
    ok: Count
    refused: Count
    errors: Count
    outcomes: dict[str, Count]
    latency_ms: Latency | None
    refused_latency_ms: Latency | None = None
    ack_latency_ms: Latency | None = None
    calls_per_sample: Count = 1
    """Above 1 each latency is the mean of so many calls, which says nothing of a single one."""
    elapsed_s: NonNegative
    throughput_rps: NonNegative | None
    cpu_ms_per_request: NonNegative | None = None
    concurrency: Count = 1
    warmup: Count = 0
    inputs: Inputs | None = None
    stages: tuple[Stage, ...] = ()
    unexplained_ratio: float | None = None
    waterfall: Waterfall | None = None
    attribution: Attribution | None = None
    queries_per_request: NonNegative | None = None
    queries_max: Count | None = None
    statements: tuple[StatementUse, ...] = ()
    """Most calls first; empty when they were not seen."""
    findings: tuple[Finding, ...] = ()
    plan_errors: Count | None = None
    wer: Wer | None = None
    profile: Profile | None = None
    """The first of `profiles`."""
    profiles: tuple[Profile, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    memory: Memory | None = None
    notes: tuple[str, ...] = ()
