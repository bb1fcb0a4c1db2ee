"""How a latency went over stored reports. A document of its own, as a comparison of stored reports is."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from cabanas_perf.report.record.base import Count, NonNegative, Record


class TrendPoint(Record):
    """One report's figure."""

    run_id: str
    started_at: AwareDatetime
    git_commit: str | None
    value_ms: NonNegative


class LevelChange(Record):
    """From the point at `index` on the series has another level; medians of the stretches on either side."""

    index: Count
    before_ms: NonNegative
    after_ms: NonNegative


class Trend(Record):
    """A series, oldest first, of reports with like inputs on like machines."""

    subject: str
    statistic: Literal["p50", "p95"]
    points: tuple[TrendPoint, ...]
    changes: tuple[LevelChange, ...] = ()


class Trends(Record):
    schema_: Literal["cabanas-perf/trends/1"] = Field(default="cabanas-perf/trends/1", alias="schema")
    series: tuple[Trend, ...]
    notes: tuple[str, ...] = ()
    """What was left out, and why."""
