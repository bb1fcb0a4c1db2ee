"""The service's statements: plans, findings, advice, growth."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from cabanas_perf.report.record.base import Count, NonNegative, Record
from cabanas_perf.report.record.findings import Finding
from cabanas_perf.report.record.workloads import Latency


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
    name: str | None = None
    """What the service calls it; None: it is no statement of the service, or of another version."""
    calls: Count
    execution_ms: NonNegative
    share_ratio: NonNegative
    rows: Count
