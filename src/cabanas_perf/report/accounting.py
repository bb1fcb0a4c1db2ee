"""From what requests did to the record: one of them span by span, all of them by kind, and what they sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from cabanas_perf.measurement.attribution import Attribution
from cabanas_perf.measurement.stages import POOL_WAIT, CallSpan, Trace
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.measurement.waterfall import lay_out
from cabanas_perf.plans.counting import N_PLUS_ONE_REPEATS, SentStatement, StatementUse
from cabanas_perf.plans.sql_text import normalise
from cabanas_perf.report import record

DATABASE = "database"
N_PLUS_ONE = "n-plus-one"
QUERY_BUDGET = "query-budget"
CONNECTION_LEAK = "connection-leak"

_LABEL_LENGTH = 60
_LINES_NAMED = 2

NameStatement = Callable[[str], str | None]
"""The name of a statement's text among those of the service."""


def build_waterfall(trace: Trace, name_of: NameStatement) -> record.Waterfall:
    return record.Waterfall(
        latency_ms=ns_to_ms(trace.ended_ns - trace.started_ns),
        spans=tuple(
            record.WaterfallSpan.model_validate(
                {
                    "name": _label(span.what, name_of) if span.kind == DATABASE else span.what,
                    "kind": span.kind,
                    "start_ms": ns_to_ms(span.start_ns),
                    "end_ms": ns_to_ms(span.end_ns),
                    "depth": span.depth,
                    "code_line": span.code_line or None,
                }
            )
            for span in lay_out(trace)
        ),
    )


def _label(sql: str, name_of: NameStatement) -> str:
    name = name_of(sql)
    if name is not None:
        return name
    text = normalise(sql)
    return text if len(text) <= _LABEL_LENGTH else f"{text[: _LABEL_LENGTH - 3]}..."


def build_attribution(attribution: Attribution) -> record.Attribution:
    return record.Attribution(
        requests=attribution.requests,
        ms_per_request=attribution.ms_per_request,
        parts=tuple(
            record.AttributionPart(
                kind=part.kind.value,
                ms_per_request=part.ms_per_request,
                share_ratio=part.share_ratio,
                calls_per_request=part.calls_per_request,
            )
            for part in attribution.parts
        ),
    )


def read_statements(calls: Iterable[CallSpan]) -> list[SentStatement]:
    """The statements among one request's calls, in the order in which they ended."""
    return [
        SentStatement(what, ns_to_ms(ended_ns - started_ns), code_line)
        for kind, what, started_ns, ended_ns, code_line, _ in calls
        if kind == DATABASE
    ]


def build_statements(uses: Iterable[StatementUse], names: Mapping[str, str]) -> tuple[record.StatementUse, ...]:
    """Records of the statements; ``names`` are those of the service's own, by fingerprint."""
    return tuple(
        record.StatementUse(
            fingerprint=use.fingerprint,
            statement=use.normalised,
            name=names.get(use.fingerprint),
            calls_per_request=use.calls_per_request,
            calls_max=use.calls_max,
            ms_per_call=use.ms_per_call,
            code_lines=use.code_lines,
        )
        for use in uses
    )


def find_repeated(statements: Iterable[record.StatementUse], parents: Mapping[str, str | None]) -> list[record.Finding]:
    """A finding for each statement that a request sent as the body of a loop; ``parents`` by fingerprint."""
    findings = []
    for use in statements:
        if use.calls_max < N_PLUS_ONE_REPEATS:
            continue
        parent = parents.get(use.fingerprint)
        after = f", after `{_shorten(parent)}`" if parent else ""
        times = f"{use.calls_max} times{_at(use.code_lines)}"
        findings.append(
            record.Finding(
                rule=N_PLUS_ONE,
                severity="error",
                message=f"one request sent `{_shorten(use.statement)}` {times}{after}",
                fix="ask once for all rows: a join, or `= ANY ($1)` with every key",
                node=use.code_lines[0] if use.code_lines else None,
                evidence={"calls_max": use.calls_max, "calls_per_request": use.calls_per_request},
            )
        )
    return findings


def find_over_budget(statements: Sequence[record.StatementUse], queries_max: int, budget: int) -> list[record.Finding]:
    """A finding when one request sent more statements than the budget; it names the one that was sent most."""
    if queries_max <= budget or not statements:
        return []
    most = max(statements, key=lambda use: use.calls_max)
    return [
        record.Finding(
            rule=QUERY_BUDGET,
            severity="error",
            message=f"one request sent {queries_max} statements, the budget is {budget}; most often "
            f"`{_shorten(most.statement)}`, {most.calls_max} times{_at(most.code_lines)}",
            fix="join what is asked for one by one, or raise --query-budget",
            node=most.code_lines[0] if most.code_lines else None,
            evidence={"queries_max": queries_max, "budget": budget},
        )
    ]


def find_leaks(requests: Iterable[Iterable[CallSpan]]) -> list[record.Finding]:
    """A finding for each line of code that took connections from the pool and did not give all of them back."""
    open_connections: Counter[str] = Counter()
    for calls in requests:
        for kind, what, _, _, code_line, failed in calls:
            if kind == POOL_WAIT and what == "pool_acquire" and not failed:
                open_connections[code_line] += 1
            elif kind == POOL_WAIT and what == "pool_release":
                open_connections[code_line] -= 1
    return [
        record.Finding(
            rule=CONNECTION_LEAK,
            severity="error",
            message=f"{count} database connections taken at {code_line} were not given back when their requests ended",
            fix="take connections with `async with database.connect()`, whose end gives them back",
            node=code_line,
            evidence={"connections": count},
        )
        for code_line, count in open_connections.most_common()
        if count > 0
    ]


def _shorten(statement: str) -> str:
    return statement if len(statement) <= 2 * _LABEL_LENGTH else f"{statement[: 2 * _LABEL_LENGTH - 3]}..."


def _at(code_lines: Sequence[str]) -> str:
    return f", from {' and '.join(code_lines[:_LINES_NAMED])}" if code_lines else ""
