"""What a pass says of its requests beside how long they took: where their time went, and what they sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from cabanas.db.statements import load_statement, statement_names
from cabanas_perf.measurement.attribution import attribute
from cabanas_perf.measurement.waterfall import pick_median
from cabanas_perf.plans.counting import summarise_statements
from cabanas_perf.plans.sql_text import fingerprint
from cabanas_perf.report import record
from cabanas_perf.report.accounting import (
    build_attribution,
    build_statements,
    build_waterfall,
    find_leaks,
    find_over_budget,
    find_repeated,
    read_statements,
)
from cabanas_perf.runners.measure import Pass


@dataclass(frozen=True, slots=True)
class Accounts:
    """One target's requests, accounted for; None and empty where nobody could look."""

    waterfall: record.Waterfall | None = None
    attribution: record.Attribution | None = None
    queries_per_request: float | None = None
    queries_max: int | None = None
    statements: Sequence[record.StatementUse] = ()
    findings: Sequence[record.Finding] = ()


def account_for(done: Pass, *, query_budget: int | None) -> Accounts:
    """Accounts of the pass; ``query_budget`` is the most statements that one request may send."""
    attributed = attribute(done.traces)
    median = pick_median([trace for trace in done.traces if trace.calls is not None])
    drawn = Accounts(
        waterfall=None if median is None else build_waterfall(median, _name_statement),
        attribution=None if attributed is None else build_attribution(attributed),
    )
    if not done.calls:
        return drawn
    sent = [read_statements(calls) for calls in done.calls]
    uses = summarise_statements(sent)
    statements = build_statements(uses, _names_by_fingerprint())
    queries_max = max(map(len, sent))
    findings = find_repeated(statements, {use.fingerprint: use.parent for use in uses})
    if query_budget is not None:
        findings += find_over_budget(statements, queries_max, query_budget)
    return Accounts(
        waterfall=drawn.waterfall,
        attribution=drawn.attribution,
        queries_per_request=sum(map(len, sent)) / len(sent),
        queries_max=queries_max,
        statements=statements,
        findings=[*findings, *find_leaks(done.calls)],
    )


@cache
def _names_by_text() -> dict[str, str]:
    return {load_statement(name): name for name in statement_names()}


@cache
def _names_by_fingerprint() -> dict[str, str]:
    return {fingerprint(text): name for text, name in _names_by_text().items()}


def _name_statement(sql: str) -> str | None:
    return _names_by_text().get(sql)
