"""Statements and their plans: findings and advice beside each plan as a list, and pev2 where there is room for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from cabanas_perf.plans.node import Node
from cabanas_perf.plans.parse import PlanFormatError, parse_explain
from cabanas_perf.renderers.html.findings import SEVERITY_SYMBOLS, SEVERITY_TONES, build_finding
from cabanas_perf.renderers.html.layout import (
    Column,
    Section,
    build_table,
    draw_badge,
    fold,
    list_notes,
)
from cabanas_perf.renderers.html.markup import Html, element, join
from cabanas_perf.renderers.html.viewers import ViewerData, place_viewer
from cabanas_perf.renderers.numbers import format_ms, format_short, format_significant
from cabanas_perf.renderers.plan_words import describe_conditions, describe_figures
from cabanas_perf.renderers.wording import describe_advice, describe_growth
from cabanas_perf.report.record import Finding, Query, QueryGrowth, Report

VIEWER = "pev2"
_TAG_START = re.compile(r"<(?=[a-zA-Z/!?])")


def build_plans(report: Report, *, lite: bool) -> Section | None:
    """The table of statements, the viewer, and each statement with what was found; None without statements."""
    queries = report.queries
    if not queries:
        return None
    planned = sorted((each for each in queries if each.plan is not None), key=_gravity)
    viewer = None if lite or not planned else _place_pev2(planned)
    ranked = sorted(queries, key=_gravity)
    striking = [each for each in ranked if _is_striking(each)]
    quiet = [each for each in ranked if not lite and not _is_striking(each)]
    details = (
        map(_build_details, striking),
        fold(f"Statements without findings: {len(quiet)}", map(_build_details, quiet)) if quiet else None,
    )
    lead = (
        "P50 and P95 are plain executions; ANALYZE is EXPLAIN's own time, which slows what it measures. "
        "Values in statements and plans are masked."
    )
    return Section("plans", "Statements and plans", join(_build_overview(queries), viewer, details), lead)


def _is_striking(query: Query) -> bool:
    return bool(query.findings or query.advice or query.notes or (query.growth and query.growth.outgrows_result))


def _gravity(query: Query) -> int:
    order = ("error", "warning", "info")
    return min((order.index(each.severity) for each in query.findings), default=len(order))


def _build_overview(queries: Sequence[Query]) -> Html:
    heads = ("data", "rows", "P50 ms", "P95 ms", "plan ms", "ANALYZE ms", "blocks")
    columns = (Column("Statement", "text"), *map(Column, heads), Column("found", "text"))
    rows = (
        (
            query.name,
            format_short(query.table_rows),
            format_short(query.rows),
            format_ms(None if query.latency_ms is None else query.latency_ms.p50),
            format_ms(None if query.latency_ms is None else query.latency_ms.p95),
            format_ms(query.planning_ms),
            format_ms(query.execution_ms),
            format_short(query.blocks),
            join(_summarise_findings(query)),
        )
        for query in queries
    )
    return build_table("Statements that the service runs", columns, rows)


def _summarise_findings(query: Query) -> Iterator[Html]:
    if not query.explained:
        yield draw_badge("no plan", "warn")
    elif not query.findings:
        yield draw_badge("✓ ok", "good")
    for severity, tone in SEVERITY_TONES.items():
        if count := sum(each.severity == severity for each in query.findings):
            yield draw_badge(f"{SEVERITY_SYMBOLS[severity]} {count} {severity}{'' if count == 1 else 's'}", tone)


def _place_pev2(queries: Sequence[Query]) -> Html:
    data = [
        ViewerData(_title(each), _disarm(json.dumps({"plan": each.plan, "statement": each.statement})))
        for each in queries
    ]
    return place_viewer(VIEWER, data, title="Plan in pev2", label="Statement")


def _disarm(text: str) -> str:
    """A space behind each "<" that could begin a tag: the same SQL, and pev2 takes conditions for HTML."""
    return _TAG_START.sub("< ", text)


def _title(query: Query) -> str:
    return query.name if query.table_rows is None else f"{query.name} at {query.table_rows:,} reservations"


def _build_details(query: Query) -> Html:
    summary = join(element("span", _title(query), class_="statement-name"), *_summarise_findings(query))
    return element(
        "details",
        element("summary", summary),
        list_notes(query.notes),
        [build_finding(each) for each in query.findings],
        list_notes(map(describe_advice, query.advice)),
        _build_growth(query.name, query.growth) if query.growth else None,
        fold("The statement", element("pre", query.statement.strip(), tabindex=0)),
        _build_tree(query),
        open=bool(query.findings),
        class_="statement",
    )


def _build_growth(name: str, growth: QueryGrowth) -> Html:
    columns = (Column("reservations", "text"), *map(Column, ("blocks", "result rows", "P50 ms")))
    rows = (
        (f"{each.table_rows:,}", f"{each.blocks:,}", f"{each.result_rows:,}", format_ms(each.p50_ms))
        for each in growth.points
    )
    exponents = (
        f"Blocks grow with the table's size to the power of {format_significant(growth.blocks_exponent)}, "
        f"the result to that of {format_significant(growth.result_exponent)}."
    )
    warning = element("strong", f" It {describe_growth(growth)}.") if growth.outgrows_result else None
    return join(build_table(f"Growth of {name}", columns, rows), element("p", exponents, warning))


def _build_tree(query: Query) -> Html | None:
    """The plan as nested lists, which need no script and read well aloud."""
    if query.plan is None:
        return None
    try:
        plan = parse_explain(query.plan)
    except PlanFormatError:
        return None
    by_path: dict[tuple[int, ...], list[Finding]] = {}
    for finding in query.findings:
        by_path.setdefault(finding.path, []).append(finding)
    return fold("The plan as text", element("ul", _build_node(plan.root, by_path), class_="plan"))


def _build_node(node: Node, findings: Mapping[tuple[int, ...], Sequence[Finding]]) -> Html:
    children = [_build_node(child, findings) for child in node.children]
    found = [
        element("div", draw_badge(f"{SEVERITY_SYMBOLS[each.severity]} {each.rule}", SEVERITY_TONES[each.severity]))
        for each in findings.get(node.path, ())
    ]
    return element(
        "li",
        element("strong", node.label),
        element("small", f" {describe_figures(node)}"),
        (element("div", f"{name}: ", element("code", condition)) for name, condition in describe_conditions(node)),
        found,
        element("ul", children) if children else None,
        class_="never" if node.never_executed else None,
    )
