"""The whole report, and its schema."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cabanas_perf.report.record.audits import Audit
from cabanas_perf.report.record.base import Record
from cabanas_perf.report.record.comparisons import Comparison
from cabanas_perf.report.record.environment import Environment
from cabanas_perf.report.record.imports import Imported
from cabanas_perf.report.record.load import Load
from cabanas_perf.report.record.optimizations import Ledger, Optimization
from cabanas_perf.report.record.queries import Query
from cabanas_perf.report.record.runs import Run
from cabanas_perf.report.record.verdicts import Overall, VerdictRecord
from cabanas_perf.report.record.workloads import Workload
from cabanas_perf.slo.exit_codes import ExitCode

SCHEMA: Literal["cabanas-perf/report/1"] = "cabanas-perf/report/1"


class Report(Record):
    schema_: Literal["cabanas-perf/report/1"] = Field(default=SCHEMA, alias="schema")
    run: Run
    environment: Environment
    imported: Imported | None = None
    workloads: tuple[Workload, ...] = ()
    queries: tuple[Query, ...] = ()
    load: Load | None = None
    comparisons: tuple[Comparison, ...] = ()
    optimizations: tuple[Optimization, ...] = ()
    ledger: Ledger | None = None
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
