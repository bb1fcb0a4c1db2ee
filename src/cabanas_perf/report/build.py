"""From summaries and judgements to the record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from cabanas_perf.measurement.stages import StageBreakdown, StageSummary
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.report.record import (
    Audit,
    Comparison,
    Environment,
    Inputs,
    Latency,
    Ledger,
    Load,
    Optimization,
    Overall,
    Profile,
    Query,
    Report,
    Run,
    Stage,
    VerdictInterval,
    VerdictRecord,
    Wer,
    Workload,
)
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.verdict import BUILT_IN_SET, Judgement, Observation, RatioEstimate

_OVERALL = {
    ExitCode.MET: Overall.MET,
    ExitCode.MISSED: Overall.MISSED,
    ExitCode.USAGE: Overall.USAGE_ERROR,
    ExitCode.INCONCLUSIVE: Overall.INCONCLUSIVE,
    ExitCode.TARGET_NOT_REACHED: Overall.TARGET_NOT_REACHED,
    ExitCode.INTERNAL_ERROR: Overall.INTERNAL_ERROR,
    ExitCode.INTERRUPTED: Overall.INTERRUPTED,
    ExitCode.TERMINATED: Overall.INTERRUPTED,
}


def build_report(
    *,
    run: Run,
    environment: Environment,
    exit_code: ExitCode,
    workloads: Iterable[Workload] = (),
    judgements: Iterable[Judgement] = (),
    queries: Iterable[Query] = (),
    load: Load | None = None,
    comparisons: Iterable[Comparison] = (),
    optimizations: Iterable[Optimization] = (),
    ledger: Ledger | None = None,
    audit: Audit | None = None,
) -> Report:
    """Put the parts together. Raises pydantic's ValidationError when a number is NaN, infinite or out of
    range.
    """
    return Report(
        run=run,
        environment=environment,
        workloads=tuple(workloads),
        queries=tuple(queries),
        load=load,
        comparisons=tuple(comparisons),
        optimizations=tuple(optimizations),
        ledger=ledger,
        audit=audit,
        verdicts=tuple(build_verdict(judgement) for judgement in judgements),
        verdict=overall(exit_code),
        exit_code=exit_code,
    )


def overall(exit_code: ExitCode) -> Overall:
    """The exit code in a word."""
    return _OVERALL[exit_code]


def end_with(report: Report, exit_code: int) -> Report:
    """The report of a run that ends otherwise than by its own verdicts, such as by a comparison with a baseline."""
    code = ExitCode(exit_code)
    return report.model_copy(update={"exit_code": code, "verdict": overall(code)})


def build_workload(
    observation: Observation,
    *,
    via: Literal["direct", "http"],
    stages: StageBreakdown | None = None,
    concurrency: int = 1,
    warmup: int = 0,
    inputs: Inputs | None = None,
    queries_per_request: float | None = None,
    profile: Profile | None = None,
    notes: Iterable[str] = (),
) -> Workload:
    """Record of one measured workload. Raises ValueError when the observation holds no summary."""
    summary = observation.summary
    if summary is None:
        raise ValueError("a workload without a summary was not measured")
    return Workload(
        name=summary.workload,
        via=via,
        requests=summary.requests,
        ok=summary.ok,
        refused=summary.refused,
        errors=summary.errors,
        outcomes=dict(summary.outcomes),
        latency_ms=build_latency(summary.latency),
        refused_latency_ms=build_latency(summary.refused_latency),
        ack_latency_ms=build_latency(summary.ack_latency),
        elapsed_s=summary.elapsed_s,
        throughput_rps=summary.throughput_rps,
        cpu_ms_per_request=summary.cpu_ms_per_request,
        concurrency=concurrency,
        warmup=warmup,
        inputs=inputs,
        stages=() if stages is None else tuple(map(_build_stage, stages.stages)),
        unexplained_ratio=None if stages is None else stages.unexplained_ratio,
        queries_per_request=queries_per_request,
        queries_max=observation.queries,
        plan_errors=observation.plan_errors,
        wer=_build_wer(observation.wer),
        profile=profile,
        notes=tuple(notes),
    )


def build_latency(latency: LatencySummary | None) -> Latency | None:
    if latency is None:
        return None
    return Latency(
        count=latency.count,
        mean=latency.mean_ms,
        p50=latency.p50_ms,
        p90=latency.p90_ms,
        p95=latency.p95_ms,
        p99=latency.p99_ms,
        min=latency.min_ms,
        max=latency.max_ms,
        stdev=latency.stdev_ms,
        histogram=latency.encode_histogram(),
    )


def _build_stage(stage: StageSummary) -> Stage:
    return Stage(
        name=stage.name,
        count=stage.count,
        p50_ms=stage.p50_ms,
        p95_ms=stage.p95_ms,
        share_ratio=stage.share_ratio,
        estimate_low_ms=None if stage.estimate is None else stage.estimate.low_ms,
        estimate_high_ms=None if stage.estimate is None else stage.estimate.high_ms,
    )


def _build_wer(wer: RatioEstimate | None) -> Wer | None:
    return None if wer is None else Wer(ratio=wer.observed, low=wer.low, high=wer.high, samples=wer.samples)


def build_verdict(judgement: Judgement) -> VerdictRecord:
    objective, assertion = judgement.objective, judgement.objective.assertion
    low, high = judgement.interval_low, judgement.interval_high
    return VerdictRecord(
        objective=objective.id,
        workload=objective.workload,
        indicator=objective.indicator,
        outcome=objective.outcome,
        assertion=assertion.text,
        statistic=assertion.statistic,
        operator=assertion.operator,
        target=assertion.target,
        unit=assertion.unit,
        observed=judgement.observed,
        interval=None if low is None and high is None else VerdictInterval(low=low, high=high),
        samples=judgement.samples,
        missing_samples=judgement.missing_samples,
        verdict=judgement.verdict,
        reason=judgement.reason,
        built_in=objective.set_name == BUILT_IN_SET,
    )
