"""Objectives beside what was observed."""

from __future__ import annotations

from enum import Enum

from cabanas_perf.measurement.intervals import TAIL
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.report.record.base import Count, Record
from cabanas_perf.slo.objective import Indicator, Unit
from cabanas_perf.slo.verdict import Verdict


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
    built_in: bool = False
    """No SLO file asks for it: failures of a profile, guards of a load run, findings in plans."""


class Overall(Enum):
    """How the run ended as a whole; says in a word what the exit code says in a number."""

    MET = "met"
    MISSED = "missed"
    INCONCLUSIVE = "inconclusive"
    USAGE_ERROR = "usage_error"
    TARGET_NOT_REACHED = "target_not_reached"
    INTERNAL_ERROR = "internal_error"
    INTERRUPTED = "interrupted"
