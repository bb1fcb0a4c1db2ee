"""From a stored report back to observations, so that it can be judged again.

Latencies come back from their histograms, so within 0.05 % of what was measured.
"""

from __future__ import annotations

from collections.abc import Iterable

from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.summary import LatencySummary, Summary
from cabanas_perf.report.record import Latency, Query, Report, Workload
from cabanas_perf.slo.verdict import Observation, RatioEstimate


def read_observations(report: Report) -> dict[str, Observation]:
    """Observations by workload. Raises ValueError when a histogram is damaged."""
    return {workload.name: _read_observation(workload) for workload in report.workloads}


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


def _read_latency(latency: Latency | None) -> LatencySummary | None:
    return None if latency is None else LatencySummary.of(LatencyHistogram.decode(latency.histogram))
