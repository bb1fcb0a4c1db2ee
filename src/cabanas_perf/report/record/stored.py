"""Two stored reports beside each other. A document of its own: it is written by no run, and judged by nobody."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cabanas_perf.measurement.paired import Difference
from cabanas_perf.report.record.base import Count, NonNegative, Record


class StatisticChange(Record):
    """A percentile of a latency in both reports, in milliseconds. The ratio is head by base."""

    subject: str
    """A workload, an endpoint of a load run (`load/...`), or a statement (`query/...`)."""
    statistic: Literal["p50", "p95", "p99"]
    base_ms: NonNegative
    head_ms: NonNegative
    ratio: NonNegative | None
    ratio_low: NonNegative | None = None
    ratio_high: NonNegative | None = None
    """From the ends of both intervals, so wider than 5 % on each side need."""
    difference: Difference


class CountChange(Record):
    """Something that is counted, not timed, and so exact: it fails a comparison when it is worse."""

    subject: str
    counted: str
    base: NonNegative
    head: NonNegative
    worse: bool


class PlanDifference(Record):
    """A statement that is executed in other steps than before."""

    statement: str
    gone: tuple[str, ...]
    new: tuple[str, ...]
    cost_ratio: float | None
    """The planner's cost, head by base."""


class VerdictChange(Record):
    """An objective whose verdict is another one."""

    objective: str
    base: str
    head: str


class StoredComparison(Record):
    schema_: Literal["cabanas-perf/comparison/1"] = Field(default="cabanas-perf/comparison/1", alias="schema")
    base_id: str
    head_id: str
    complete: bool
    """Neither run was cut short."""
    margin_ratio: NonNegative
    unlike: tuple[str, ...] = ()
    """How the machines or the inputs differ, so that times say little."""
    latencies: tuple[StatisticChange, ...] = ()
    counts: tuple[CountChange, ...] = ()
    """Those that changed."""
    counts_compared: Count = 0
    plans: tuple[PlanDifference, ...] = ()
    plans_compared: Count = 0
    verdicts: tuple[VerdictChange, ...] = ()
    notes: tuple[str, ...] = ()
