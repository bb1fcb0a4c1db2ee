"""A load run: its time line, its endpoints, and what must hold for it to say anything."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Count, NonNegative, Record
from cabanas_perf.report.record.queries import StatementTime
from cabanas_perf.report.record.workloads import Latency, Workload


class TimelinePoint(Record):
    """One second of a load run, `at_s` seconds after its start: the requests that were due in it, and what the
    generator and the server were like. None: not to be seen from here.
    """

    at_s: NonNegative
    phase: Literal["warmup", "steady", "drain"]
    users: Count
    requests: Count
    refused: Count = 0
    errors: Count
    p50_ms: NonNegative | None = None
    p95_ms: NonNegative | None = None
    histograms: dict[str, str] = {}
    """Of accepted requests by endpoint, as in `Latency`."""
    in_flight: Count = 0
    generator_cpu_ratio: NonNegative | None = None
    """Of one core, of the busiest process."""
    generator_blocked_ratio: NonNegative | None = None
    connections: Count | None = None
    server_cpu_ratio: NonNegative | None = None
    """Of one core, all processes of the service together."""
    server_memory_bytes: Count | None = None
    pool_open: Count | None = None
    pool_in_use: Count | None = None
    postgres_connections: Count | None = None
    postgres_commits: NonNegative | None = None
    """A second."""
    postgres_dead_rows: Count | None = None
    """In all tables: what vacuum has not yet made room of."""
    redis_clients: Count | None = None
    redis_memory_bytes: Count | None = None


class Guard(Record):
    """Something that must hold for a load run to say anything, such as that the generator kept up."""

    name: str
    passed: bool
    detail: str


class CapacityStep(Record):
    """One try at one arrival rate."""

    workers: Count | None
    """Worker processes of the service; None: as the given host has it."""
    rate_rps: NonNegative
    answered_rps: NonNegative
    """Accepted requests a second."""
    p50_ms: NonNegative | None
    p95_ms: NonNegative | None
    p99_ms: NonNegative | None
    generator_cpu_ratio: NonNegative
    """Of one core."""
    held: bool
    """No objective was missed, or looked as if it would be."""
    failed: tuple[str, ...] = ()


class ScalabilityFit(Record):
    """The Universal Scalability Law over worker processes; exact, so without a measure of fit, at three counts."""

    single_rps: NonNegative
    contention: NonNegative
    coherency: NonNegative
    best_workers: NonNegative | None


class Capacity(Record):
    """The search for the highest arrival rate that holds the objectives."""

    steps: tuple[CapacityStep, ...]
    held_rps: NonNegative | None
    """The highest rate of a step that held; short steps flatter."""
    confirmed_rps: NonNegative | None
    """The rate that a longer run held; the verdicts are that run's."""
    knee_rps: NonNegative | None
    """Where P95 began to climb; None where it did not."""
    rate_rps_by_workers: dict[str, NonNegative] = {}
    scalability: ScalabilityFit | None = None


class Load(Record):
    scenario: str
    model: Literal["open", "closed"]
    users: Count | None = None
    rate_rps: NonNegative | None = None
    """The highest arrival rate that was planned."""
    duration_s: NonNegative
    warmup_s: NonNegative = 0
    workers: Count = 1
    timeline: tuple[TimelinePoint, ...] = ()
    connections_max: Count | None = None
    judged: tuple[Workload, ...] = ()
    """In a report of several parts: what its verdicts on the load rest on, the top-up included. Where a load run is
    all there is, that is in the report's own workloads.
    """
    out_of_scope: tuple[str, ...] = ()
    """Objectives, by id, that the scenario is not meant to meet."""
    left_out: dict[str, str] = {}
    """Endpoints of the scenario's users that were sent nothing, and why."""
    endpoints: tuple[Workload, ...] = ()
    """The steady phase. Latencies are response times: from when a request was due, in the open model."""
    service_ms: dict[str, Latency] = {}
    """Service times by endpoint: from when a request was sent."""
    lateness_ms: Latency | None = None
    """How late the generator itself was to send what was due, while it had free users (open model)."""
    requests_outside: dict[str, Count] = {}
    """Requests of the warm-up and of the drain, which are not judged, by phase."""
    mix: dict[str, NonNegative] = {}
    """Share of the requests by endpoint."""
    mix_by_users: dict[str, NonNegative] = {}
    """Share by user class: of the users (closed model) or of the arrivals (open model)."""
    guards: tuple[Guard, ...] = ()
    capacity: Capacity | None = None
    top_up: Load | None = None
    """Load that was added for objectives short of samples; its requests count as well."""
    statements: tuple[StatementTime, ...] = ()
    """Those that took the most of the database's time, the most expensive first."""
    statements_missing: str = ""
    """Why there are none, where that is known."""
