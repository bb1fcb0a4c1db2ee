"""``gate``: a stored report, judged again by any objectives. No I/O: the caller read both."""

from __future__ import annotations

from cabanas_perf.report.build import build_verdict, overall
from cabanas_perf.report.observe import DATABASE, read_judgement, read_load_observations, read_observations
from cabanas_perf.report.record import Report
from cabanas_perf.runners.check_parts import Parts, choose_check_scope
from cabanas_perf.slo.exit_codes import ExitCode, exit_code_for
from cabanas_perf.slo.file import SloFile
from cabanas_perf.slo.objective import ALL_WORKLOADS, MEASURED_BY, Indicator, RunKind
from cabanas_perf.slo.verdict import Judgement, Verdict, judge

_TOLD_BY_OTHERS = frozenset({Indicator.LATENCY, Indicator.ACK_LATENCY, Indicator.ERROR_RATE})
"""Other tools do not tell refusals from reservations: a run of refusals must not look good."""


def judge_again(report: Report, slo: SloFile, slo_set: str) -> Report:
    """The report with the verdicts of ``slo``; its scope is what it set out to measure.

    What no SLO file asks for stays as the run judged it: failures, guards, plans, comparisons. A partial report is at
    best inconclusive, a failed audit stays a miss, and a target that was never reached stays unreached.

    Raises:
        SloError: for a set that the file does not have.
    """
    judgements = _judge_parts(report, slo, slo_set) if report.run.parts else _judge_run(report, slo, slo_set)
    judged = {judgement.objective.id for judgement in judgements}
    judgements += tuple(
        read_judgement(verdict) for verdict in report.verdicts if verdict.built_in and verdict.objective not in judged
    )
    exit_code = exit_code_for(
        judgements,
        complete=report.run.complete,
        target_reached=report.exit_code is not ExitCode.TARGET_NOT_REACHED,
        audit_passed=True if report.audit is None or report.audit.source == "none" else report.audit.passed,
    )
    run = report.run.model_copy(update={"slo_file": str(slo.path), "slo_set": slo_set})
    return report.model_copy(
        update={
            "run": run,
            "verdicts": tuple(build_verdict(judgement) for judgement in judgements),
            "verdict": overall(exit_code),
            "exit_code": exit_code,
        }
    )


def _judge_parts(report: Report, slo: SloFile, slo_set: str) -> tuple[Judgement, ...]:
    loaded = read_load_observations(report)
    scope = choose_check_scope(
        slo,
        slo_set,
        Parts(report.run.parts, report.run.skipped),
        endpoints=loaded,
        not_meant=() if report.load is None else report.load.out_of_scope,
    )
    return (
        *judge(scope.profiled, read_observations(report), scope.in_scope, any_failure_misses=True),
        *judge(scope.loaded, loaded, scope.in_scope, any_failure_misses=False),
    )


def _judge_run(report: Report, slo: SloFile, slo_set: str) -> tuple[Judgement, ...]:
    kind = _kind_of(report)
    objectives = slo.select(run=kind, set_name=slo_set)
    observations = read_observations(report)
    # A workload that the run could not measure is still in its scope.
    names = {one.workload for one in report.verdicts if not one.built_in and one.verdict is not Verdict.NOT_IN_SCOPE}
    names.update(workload.name for workload in report.workloads)
    if kind is RunKind.LOAD:
        names.add(ALL_WORKLOADS)
    indicators = MEASURED_BY[kind] if report.imported is None else MEASURED_BY[kind] & _TOLD_BY_OTHERS
    in_scope = {one.id for one in objectives if one.workload in names and one.indicator in indicators}
    if report.queries:
        in_scope |= {
            one.id for one in objectives if one.workload == DATABASE and one.indicator is Indicator.PLAN_ERRORS
        }
    if report.load is not None:
        in_scope.difference_update(report.load.out_of_scope)
    return judge(objectives, observations, in_scope, any_failure_misses=kind is RunKind.PROFILE)


def _kind_of(report: Report) -> RunKind:
    if report.imported is not None:
        return RunKind(report.imported.kind)
    return RunKind.PROFILE if report.load is None else RunKind.LOAD
