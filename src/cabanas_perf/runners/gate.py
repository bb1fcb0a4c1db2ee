"""``gate``: a stored report, judged again by any objectives. No I/O: the caller read both."""

from __future__ import annotations

from cabanas_perf.report.build import build_verdict, overall
from cabanas_perf.report.observe import read_observations
from cabanas_perf.report.record import Report
from cabanas_perf.slo.exit_codes import exit_code_for
from cabanas_perf.slo.file import SloFile
from cabanas_perf.slo.objective import ALL_WORKLOADS, RunKind
from cabanas_perf.slo.verdict import judge


def judge_again(report: Report, slo: SloFile, slo_set: str) -> Report:
    """The report with the verdicts of ``slo``; its scope is what it measured.

    A partial report is at best inconclusive, and a failed audit stays a miss.
    """
    kind = RunKind.PROFILE if report.load is None else RunKind.LOAD
    objectives = slo.select(run=kind, set_name=slo_set)
    observations = read_observations(report)
    in_scope = {one.id for one in objectives if one.workload in observations or one.workload == ALL_WORKLOADS}
    judgements = judge(objectives, observations, in_scope, any_failure_misses=kind is RunKind.PROFILE)
    exit_code = exit_code_for(
        judgements,
        complete=report.run.complete,
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
