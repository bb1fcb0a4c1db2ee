"""The report as a record. Numbers are full; rounding is for renderers. `schema.json` beside this package is its
schema.

History of the format: 1, the first.
"""

from cabanas_perf.report.record.attribution import Attribution, AttributionPart, Waterfall, WaterfallSpan
from cabanas_perf.report.record.audits import Audit, AuditCheck
from cabanas_perf.report.record.base import Record
from cabanas_perf.report.record.comparisons import ComparedRound, ComparedSide, Comparison
from cabanas_perf.report.record.document import SCHEMA, Report, build_schema
from cabanas_perf.report.record.environment import Environment, Noise, Server
from cabanas_perf.report.record.findings import Finding
from cabanas_perf.report.record.imports import Imported as Imported
from cabanas_perf.report.record.load import Capacity, CapacityStep, Guard, Load, ScalabilityFit, TimelinePoint
from cabanas_perf.report.record.memory import Allocation, Memory, MemoryGrowth
from cabanas_perf.report.record.optimizations import (
    Bottleneck,
    Claim,
    CumulativeStep,
    Horizon,
    Ledger,
    LedgerVerdict,
    Optimization,
    SavingPoint,
)
from cabanas_perf.report.record.profiles import Disagreement, Profile, ProfiledFunction
from cabanas_perf.report.record.queries import GrowthPoint, IndexAdvice, IndexUse, Query, QueryGrowth, StatementTime
from cabanas_perf.report.record.runs import Run
from cabanas_perf.report.record.statements import StatementUse
from cabanas_perf.report.record.verdicts import Overall, VerdictInterval, VerdictRecord
from cabanas_perf.report.record.workloads import Inputs, Latency, Stage, Wer, Workload

__all__ = [
    "SCHEMA",
    "Allocation",
    "Attribution",
    "AttributionPart",
    "Audit",
    "AuditCheck",
    "Bottleneck",
    "Capacity",
    "CapacityStep",
    "Claim",
    "ComparedRound",
    "ComparedSide",
    "Comparison",
    "CumulativeStep",
    "Disagreement",
    "Environment",
    "Finding",
    "GrowthPoint",
    "Guard",
    "Horizon",
    "IndexAdvice",
    "IndexUse",
    "Inputs",
    "Latency",
    "Ledger",
    "LedgerVerdict",
    "Load",
    "Memory",
    "MemoryGrowth",
    "Noise",
    "Optimization",
    "Overall",
    "Profile",
    "ProfiledFunction",
    "Query",
    "QueryGrowth",
    "Record",
    "Report",
    "Run",
    "SavingPoint",
    "ScalabilityFit",
    "Server",
    "Stage",
    "StatementTime",
    "StatementUse",
    "TimelinePoint",
    "VerdictInterval",
    "VerdictRecord",
    "Waterfall",
    "WaterfallSpan",
    "Wer",
    "Workload",
    "build_schema",
]
