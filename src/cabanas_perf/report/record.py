"""The report as a record. Numbers are full; rounding is for renderers. `schema.json` beside this file is its
schema.

History of the format: 1, the first.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from cabanas_perf.measurement.intervals import TAIL
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.objective import Indicator, Unit
from cabanas_perf.slo.verdict import Verdict

SCHEMA: Literal["cabanas-perf/report/1"] = "cabanas-perf/report/1"

Count = Annotated[int, Field(ge=0)]
NonNegative = Annotated[float, Field(ge=0)]


class Record(BaseModel):
    """Frozen, with no unknown fields, and without NaN or infinity, which JSON cannot write."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


class Run(Record):
    id: str
    command: str
    """As typed, without secrets."""
    tool_version: str
    started_at: AwareDatetime
    duration_s: NonNegative
    git_commit: str | None = None
    git_dirty: bool | None = None
    seed: int | None = None
    slo_file: str | None = None
    slo_set: str | None = None
    skipped: tuple[str, ...] = ()
    """What was left out by hand; printed in the verdict line."""
    complete: bool
    """False when the run was interrupted; such a report never passes."""


class Server(Record):
    """PostgreSQL or Redis as the run found it."""

    version: str
    embedded: bool
    settings: dict[str, str] = {}


class Noise(Record):
    """How far identical work differed on this machine: A/A ratios, 90 % of them between the two."""

    pairs: Count
    clock: Literal["wall", "cpu"]
    ratio_low: NonNegative
    ratio_high: NonNegative


class Environment(Record):
    platform: str
    cpu: str
    cores: Count
    memory_bytes: Count | None = None
    python: str
    versions: dict[str, str] = {}
    """Of the parts that matter, by distribution name."""
    postgresql: Server | None = None
    redis: Server | None = None
    load_average: tuple[float, float, float] | None = None
    noise: Noise | None = None


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


class ProfiledFunction(Record):
    name: str
    file: str
    line: Count
    calls: Count | None = None
    self_ratio: NonNegative
    """Of the profiled time, without callees."""
    total_ratio: NonNegative


class Profile(Record):
    """The profiled pass, which is not the one that the latencies come from."""

    profiler: str
    file: str
    slowdown_ratio: NonNegative | None
    top: tuple[ProfiledFunction, ...] = ()


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
    elapsed_s: NonNegative
    throughput_rps: NonNegative | None
    cpu_ms_per_request: NonNegative | None = None
    concurrency: Count = 1
    warmup: Count = 0
    inputs: Inputs | None = None
    stages: tuple[Stage, ...] = ()
    unexplained_ratio: float | None = None
    queries_per_request: NonNegative | None = None
    queries_max: Count | None = None
    plan_errors: Count | None = None
    wer: Wer | None = None
    profile: Profile | None = None
    notes: tuple[str, ...] = ()


class Finding(Record):
    rule: str
    severity: Literal["error", "warning", "info"]
    message: str
    fix: str | None = None
    node: str | None = None
    """The step of the plan, in words."""
    path: tuple[Count, ...] = ()
    """The way to the step from the plan's root, by the index of the child."""
    evidence: dict[str, float] = {}


class IndexUse(Record):
    """Two questions kept apart: could an index answer the conditions, and does the planner take one here."""

    could_serve: bool | None
    """With sequential scans made unattractive no table with a condition is read whole; None without conditions."""
    chosen: bool
    """The plan reads no table whole that an index could serve."""
    indexes: tuple[str, ...] = ()
    """Those in the plan."""


class GrowthPoint(Record):
    table_rows: Count
    blocks: Count
    result_rows: Count
    p50_ms: NonNegative


class QueryGrowth(Record):
    """Exponents of the table's size: 0 stays the same, 1 grows in step with it."""

    points: tuple[GrowthPoint, ...]
    blocks_exponent: float
    result_exponent: float
    latency_exponent: float
    outgrows_result: bool


class IndexAdvice(Record):
    """A candidate index, tried: the same statement with and without it, in pairs. Ratios are with to without."""

    index: str
    cost_ratio: NonNegative | None = None
    """By the planner's estimate over a hypothetical index (HypoPG)."""
    pairs: Count = 0
    latency_ratio: NonNegative | None = None
    latency_low_ratio: NonNegative | None = None
    latency_high_ratio: NonNegative | None = None
    write_ratio: NonNegative | None = None
    write_low_ratio: NonNegative | None = None
    write_high_ratio: NonNegative | None = None
    size_bytes: Count | None = None
    verdict: Literal["helps", "no difference", "hurts", "not used", "not built"]


class Query(Record):
    """One statement that the service runs, at one size of the data. Neither `statement` nor `plan` holds bound
    values.
    """

    name: str
    statement: str
    fingerprint: str | None = None
    explained: bool = True
    """False when it could not be: the notes say why."""
    table_rows: Count | None = None
    """Reservations in the data."""
    rows: Count | None = None
    """Rows that the explained execution returned, or else wrote."""
    latency_ms: Latency | None = None
    """Plain executions, without EXPLAIN, as a client sees them."""
    planning_ms: NonNegative | None = None
    execution_ms: NonNegative | None = None
    """By EXPLAIN ANALYZE, which slows what it measures."""
    blocks: Count | None = None
    shape: str | None = None
    """Fingerprint of the plan without its figures."""
    generic_shape: str | None = None
    """That of the plan for any values, where it is another one."""
    index_use: IndexUse | None = None
    plan: JsonValue = None
    findings: tuple[Finding, ...] = ()
    growth: QueryGrowth | None = None
    advice: tuple[IndexAdvice, ...] = ()
    notes: tuple[str, ...] = ()


class StatementTime(Record):
    """What one statement took of the database's time while a load ran, by pg_stat_statements."""

    statement: str
    calls: Count
    execution_ms: NonNegative
    share_ratio: NonNegative
    rows: Count


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


class Optimization(Record):
    """A claimed saving beside the measured one, both as a share of the time before."""

    id: str
    title: str
    claim: str
    claimed_low_ratio: float | None = None
    claimed_high_ratio: float | None = None
    saving_ratio: float | None = None
    saving_low_ratio: float | None = None
    saving_high_ratio: float | None = None
    pairs: Count = 0
    conditions: str = ""
    verdict: Literal["confirmed", "below claim", "above claim", "changes the answer", "not measurable here"]
    reason: str = ""


class AuditCheck(Record):
    name: str
    passed: bool | None
    """None when this run could not check it."""
    expected: Count | None = None
    found: Count | None = None
    detail: str = ""


class Audit(Record):
    """What the database says happened."""

    source: Literal["database", "http", "none"]
    passed: bool | None
    checks: tuple[AuditCheck, ...] = ()
    detail: str = ""


class VerdictInterval(Record):
    """Bounds in the unit of the target, 5 % on each side; null where the samples give none."""

    low: float | None
    high: float | None
    level: float = 1 - 2 * TAIL


class VerdictRecord(Record):
    objective: str
    workload: str
    indicator: Indicator
    outcome: Outcome
    assertion: str
    statistic: str
    operator: str
    target: float
    unit: Unit
    observed: float | None
    interval: VerdictInterval | None
    samples: Count
    missing_samples: Count | None
    verdict: Verdict
    reason: str


class Overall(Enum):
    """How the run ended as a whole; says in a word what the exit code says in a number."""

    MET = "met"
    MISSED = "missed"
    INCONCLUSIVE = "inconclusive"
    USAGE_ERROR = "usage_error"
    TARGET_NOT_REACHED = "target_not_reached"
    INTERNAL_ERROR = "internal_error"
    INTERRUPTED = "interrupted"


class Report(Record):
    schema_: Literal["cabanas-perf/report/1"] = Field(default=SCHEMA, alias="schema")
    run: Run
    environment: Environment
    workloads: tuple[Workload, ...] = ()
    queries: tuple[Query, ...] = ()
    load: Load | None = None
    optimizations: tuple[Optimization, ...] = ()
    audit: Audit | None = None
    verdicts: tuple[VerdictRecord, ...] = ()
    verdict: Overall
    exit_code: ExitCode


def build_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a report as it is written."""
    schema = Report.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        **schema,
        "title": "Report of cabanas-perf",
    }
