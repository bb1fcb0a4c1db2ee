"""What the database says happened."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Count, Record


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
