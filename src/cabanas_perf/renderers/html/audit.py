"""What the database says happened, beside what the run was told."""

from __future__ import annotations

from cabanas_perf.renderers.html.layout import Column, Section, Tone, build_table, draw_badge
from cabanas_perf.renderers.html.markup import Html, element, join
from cabanas_perf.report.record import AuditCheck, Report

_OUTCOMES: dict[bool | None, tuple[str, Tone]] = {
    True: ("✓ passed", "good"),
    False: ("✗ failed", "bad"),
    None: ("? not checked", "warn"),
}


def build_audit(report: Report) -> Section | None:
    """None for runs that wrote nothing."""
    audit = report.audit
    if audit is None:
        return None
    word, tone = _OUTCOMES[audit.passed]
    columns = (
        Column("Check", "text"),
        Column("outcome", "text"),
        Column("expected"),
        Column("found"),
        Column("detail", "text"),
    )
    detail = element("p", draw_badge(word, tone), f" {audit.detail}" if audit.detail else None)
    table = build_table("Checks of the audit", columns, map(_build_row, audit.checks)) if audit.checks else None
    return Section("audit", "Audit", join(detail, table), f"Read from: {audit.source}.")


def _build_row(check: AuditCheck) -> tuple[str | Html, ...]:
    word, tone = _OUTCOMES[check.passed]
    counts = ("-" if count is None else f"{count:,}" for count in (check.expected, check.found))
    return (check.name, draw_badge(word, tone), *counts, check.detail)
