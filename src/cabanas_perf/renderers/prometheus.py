"""The verdicts and the latencies as Prometheus text, for a textfile collector or a push gateway."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.measurement.units import ms_to_s
from cabanas_perf.report.record import Latency, Report, Workload
from cabanas_perf.slo.objective import Unit
from cabanas_perf.slo.verdict import Verdict

_VALUES = {Verdict.MET: 1, Verdict.MISSED: 0, Verdict.INCONCLUSIVE: -1}

_Sample = tuple[str, dict[str, str], float]
"""What follows the metric's name, labels, value."""


def render_prometheus(report: Report) -> str:
    """Gauges in base units; text format 0.0.4. What was not measured has no sample rather than a zero."""
    lines = []
    for name, text, samples in _families(report):
        values = list(samples)
        if values:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
            lines += [f"{name}{suffix}{_labels(labels)} {value!r}" for suffix, labels, value in values]
    return "\n".join(lines) + "\n"


def _families(report: Report) -> Iterator[tuple[str, str, Iterator[_Sample]]]:
    yield (
        "cabanas_perf_run_timestamp_seconds",
        "When the run began.",
        iter([("", {"run": report.run.id}, report.run.started_at.timestamp())]),
    )
    yield "cabanas_perf_exit_code", "How the run ended; 0 is good.", iter([("", {}, float(report.exit_code))])
    yield "cabanas_perf_objective_met", "1 met, 0 missed, -1 inconclusive.", _verdicts(report)
    yield "cabanas_perf_objective_observed", "Seconds, ratio or count, as the objective says.", _observed(report)
    yield "cabanas_perf_objective_target", "The bar, in the unit of the observed value.", _targets(report)
    yield "cabanas_perf_latency_seconds", "Latency of accepted requests.", _latencies(report)
    yield "cabanas_perf_requests", "Requests by how they ended.", _requests(report)
    yield "cabanas_perf_throughput_rps", "Requests answered in a second.", _throughput(report)


def _verdicts(report: Report) -> Iterator[_Sample]:
    for verdict in report.verdicts:
        if verdict.verdict in _VALUES:
            labels = {"objective": verdict.objective, "workload": verdict.workload}
            yield "", labels, float(_VALUES[verdict.verdict])


def _observed(report: Report) -> Iterator[_Sample]:
    for verdict in report.verdicts:
        if verdict.observed is not None:
            yield "", {"objective": verdict.objective}, _base(verdict.observed, verdict.unit)


def _targets(report: Report) -> Iterator[_Sample]:
    for verdict in report.verdicts:
        if verdict.verdict in _VALUES:
            yield "", {"objective": verdict.objective}, _base(verdict.target, verdict.unit)


def _base(value: float, unit: Unit) -> float:
    return ms_to_s(value) if unit is Unit.MS else float(value)


def _measured(report: Report) -> Iterator[tuple[dict[str, str], Workload]]:
    """Every workload with its labels; in a report of several parts the load's as well."""
    kind = "profile" if report.load is None or report.load.judged else "load"
    for workload in report.workloads:
        yield {"workload": workload.name, "run": kind}, workload
    for workload in () if report.load is None else report.load.judged:
        yield {"workload": workload.name, "run": "load"}, workload


def _latencies(report: Report) -> Iterator[_Sample]:
    for labels, workload in _measured(report):
        if workload.latency_ms is not None:
            for quantile, value_ms in _quantiles(workload.latency_ms):
                yield "", {**labels, "quantile": quantile}, ms_to_s(value_ms)


def _quantiles(latency: Latency) -> tuple[tuple[str, float], ...]:
    return (("0.5", latency.p50), ("0.9", latency.p90), ("0.95", latency.p95), ("0.99", latency.p99))


def _requests(report: Report) -> Iterator[_Sample]:
    for labels, workload in _measured(report):
        for outcome, count in (("ok", workload.ok), ("refused", workload.refused), ("failed", workload.errors)):
            yield "", {**labels, "outcome": outcome}, float(count)


def _throughput(report: Report) -> Iterator[_Sample]:
    for labels, workload in _measured(report):
        if workload.throughput_rps is not None:
            yield "", labels, workload.throughput_rps


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
