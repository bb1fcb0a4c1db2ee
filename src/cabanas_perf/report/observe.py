"""From a stored report back to observations, so that it can be judged again.

Latencies come back from their histograms, so within 0.05 % of what was measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.summary import LatencySummary, Summary
from cabanas_perf.report.record import Latency, Query, Report, VerdictRecord, Workload
from cabanas_perf.slo.objective import Assertion, Objective
from cabanas_perf.slo.verdict import BUILT_IN_SET, Judgement, Observation, RatioEstimate

DATABASE = "database"
"""The workload that findings in plans belong to."""


def read_observations(report: Report) -> dict[str, Observation]:
    """Observations by workload; findings in plans are the database's. Raises ValueError when a histogram is damaged."""
    observations = {workload.name: _read_observation(workload) for workload in report.workloads}
    if report.queries:
        database = observations.get(DATABASE, Observation())
        observations[DATABASE] = replace(database, plan_errors=count_plan_errors(report.queries))
    return observations


def read_load_observations(report: Report) -> dict[str, Observation]:
    """Those of the load in a report of several parts."""
    return {} if report.load is None else {one.name: _read_observation(one) for one in report.load.judged}


def count_plan_errors(queries: Iterable[Query]) -> int | None:
    """Findings of severity error; None when there is none, and a statement could not be explained."""
    queries = tuple(queries)
    errors = sum(finding.severity == "error" for query in queries for finding in query.findings)
    return errors if errors or all(query.explained for query in queries) else None


def _read_observation(workload: Workload) -> Observation:
    wer = workload.wer
    return Observation(
        summary=_read_summary(workload),
        wer=None if wer is None else RatioEstimate(wer.ratio, wer.low, wer.high, wer.samples),
        queries=workload.queries_max,
        plan_errors=workload.plan_errors,
        calls_per_sample=workload.calls_per_sample,
    )


def _read_summary(workload: Workload) -> Summary:
    return Summary(
        workload=workload.name,
        requests=workload.requests,
        ok=workload.ok,
        refused=workload.refused,
        errors=workload.errors,
        outcomes=workload.outcomes,
        latency=_read_latency(workload.latency_ms),
        refused_latency=_read_latency(workload.refused_latency_ms),
        ack_latency=_read_latency(workload.ack_latency_ms),
        elapsed_s=workload.elapsed_s,
        throughput_rps=workload.throughput_rps,
        cpu_ms_per_request=workload.cpu_ms_per_request,
    )


def read_judgement(verdict: VerdictRecord) -> Judgement:
    """The judgement behind a verdict that no SLO file asks for."""
    return Judgement(
        Objective(
            id=verdict.objective,
            workload=verdict.workload,
            indicator=verdict.indicator,
            assertion=Assertion(
                verdict.assertion, verdict.statistic, None, verdict.operator, verdict.target, verdict.unit
            ),
            outcome=verdict.outcome,
            set_name=BUILT_IN_SET,
        ),
        verdict.verdict,
        verdict.reason,
        observed=verdict.observed,
        interval_low=None if verdict.interval is None else verdict.interval.low,
        interval_high=None if verdict.interval is None else verdict.interval.high,
        samples=verdict.samples,
        missing_samples=verdict.missing_samples,
    )


def _read_latency(latency: Latency | None) -> LatencySummary | None:
    return None if latency is None else LatencySummary.of(LatencyHistogram.decode(latency.histogram))
