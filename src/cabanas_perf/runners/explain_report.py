"""From explained statements to the report: records, growth, and what is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.plans.changes import PlanChange
from cabanas_perf.plans.finding import Finding, Severity
from cabanas_perf.plans.growth import GrowthPoint, fit_growth
from cabanas_perf.plans.masking import mask_plan
from cabanas_perf.plans.reach import result_rows
from cabanas_perf.plans.shape import fingerprint_shape
from cabanas_perf.report import record
from cabanas_perf.report.build import build_latency, build_report
from cabanas_perf.report.compare import compare_query_plans
from cabanas_perf.report.files import write_report
from cabanas_perf.runners.explain_statement import Explained
from cabanas_perf.runners.run import Run
from cabanas_perf.runners.stop import Stop
from cabanas_perf.slo.exit_codes import exit_code_for
from cabanas_perf.slo.objective import Assertion, Indicator, Objective, Unit
from cabanas_perf.slo.verdict import BUILT_IN_SET, Judgement, Verdict

_WORKLOAD = "database"


@dataclass(frozen=True, slots=True)
class ExplainResult:
    report: record.Report
    path: Path
    changes: tuple[PlanChange, ...]
    """Plans that differ from the baseline's."""


def write_result(
    queries: Sequence[record.Query],
    *,
    run: Run,
    command: str,
    seed: int | None,
    environment: record.Environment,
    baseline: record.Report | None,
    output: Path,
    stop: Stop,
) -> ExplainResult:
    """Judge the queries and write the report."""
    changes, judgements = _judge(queries, baseline)
    complete = not stop
    report = build_report(
        run=run.describe(command=command, seed=seed, complete=complete),
        environment=environment,
        exit_code=exit_code_for(judgements, complete=complete, interrupted_by=stop.asked_by),
        judgements=judgements,
        queries=queries,
    )
    return ExplainResult(report, write_report(report, output), changes)


def build_query(
    empty: record.Query,
    explained: Explained,
    latency: LatencySummary | None,
    *,
    keep: frozenset[str],
    notes: tuple[str, ...] = (),
) -> record.Query:
    """The record of an explained statement. Bound values are masked; the literals in ``keep`` are not."""
    root, choice = explained.plan.root, explained.choice
    return empty.model_copy(
        update={
            "explained": True,
            "rows": None if root.rows is None else round(result_rows(explained.plan)),
            "latency_ms": build_latency(latency),
            "planning_ms": explained.plan.planning_ms,
            "execution_ms": explained.plan.execution_ms,
            "blocks": root.blocks,
            "shape": fingerprint_shape(root),
            "generic_shape": explained.generic_shape,
            "index_use": record.IndexUse(could_serve=choice.could_serve, chosen=choice.chosen, indexes=choice.indexes),
            "plan": mask_plan(explained.document, keep),
            "findings": tuple(_build_finding(finding) for finding in explained.findings),
            "notes": notes,
        }
    )


def _build_finding(finding: Finding) -> record.Finding:
    return record.Finding(
        rule=finding.rule,
        severity=finding.severity.value,
        message=finding.message,
        fix=finding.advice,
        node=finding.node,
        path=finding.path,
        evidence=dict(finding.evidence),
    )


def add_growth(query: record.Query, points: Sequence[GrowthPoint]) -> record.Query:
    growth = fit_growth(points)
    if growth is None:
        return query
    findings = query.findings
    if growth.outgrows_result:
        findings += (
            record.Finding(
                rule="growth",
                severity=Severity.WARNING.value,
                message=f"blocks grow as rows^{growth.blocks_exponent:.2f}, the result as "
                f"rows^{growth.result_exponent:.2f}",
                fix="an index that leads to the result alone, or a limit on what is read",
                evidence={"blocks_exponent": growth.blocks_exponent, "result_exponent": growth.result_exponent},
            ),
        )
    return query.model_copy(
        update={
            "findings": findings,
            "growth": record.QueryGrowth(
                points=tuple(
                    record.GrowthPoint(
                        table_rows=round(point.table_rows),
                        blocks=round(point.blocks),
                        result_rows=round(point.result_rows),
                        p50_ms=point.latency_ms,
                    )
                    for point in points
                ),
                blocks_exponent=growth.blocks_exponent,
                result_exponent=growth.result_exponent,
                latency_exponent=growth.latency_exponent,
                outgrows_result=growth.outgrows_result,
            ),
        }
    )


def _judge(
    queries: Sequence[record.Query], baseline: record.Report | None
) -> tuple[tuple[PlanChange, ...], tuple[Judgement, ...]]:
    judgements = [judge_findings(queries)]
    changes: tuple[PlanChange, ...] = ()
    if baseline is not None:
        changes, compared = compare_query_plans(queries, baseline.queries)
        judgements.append(_judge_count("plan-changes", len(changes), compared, "no plan to compare with"))
    return changes, tuple(judgements)


def judge_findings(queries: Sequence[record.Query]) -> Judgement:
    """No finding of severity error: missed with one, inconclusive when a statement could not be explained."""
    errors = sum(finding.severity == Severity.ERROR.value for query in queries for finding in query.findings)
    unexplained = [query.name for query in queries if not query.explained]
    if errors or not unexplained:
        return _judge_count("plan-errors", errors, len(queries), "no statement")
    objective = _build_objective("plan-errors")
    return Judgement(objective, Verdict.INCONCLUSIVE, f"not explained: {', '.join(unexplained)}", samples=len(queries))


def _judge_count(objective_id: str, count: int, samples: int, missing: str) -> Judgement:
    objective = _build_objective(objective_id)
    if not samples:
        return Judgement(objective, Verdict.INCONCLUSIVE, missing)
    verdict = Verdict.MISSED if count else Verdict.MET
    return Judgement(objective, verdict, f"{count} in {samples} plans", observed=float(count), samples=samples)


def _build_objective(objective_id: str) -> Objective:
    assertion = Assertion("count <= 0", "count", None, "<=", 0, Unit.COUNT)
    return Objective(objective_id, _WORKLOAD, Indicator.PLAN_ERRORS, assertion, set_name=BUILT_IN_SET)
