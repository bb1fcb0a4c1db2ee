"""Inputs of any size for suites and for the fits of how work grows."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.samples import Outcome, Sample, Samples
from cabanas_perf.measurement.summary import summarise
from cabanas_perf.report.build import build_report, build_workload
from cabanas_perf.report.record import Environment, Report, Run
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.verdict import Observation

_SAMPLES_PER_S = 200


def make_latencies_ns(count: int, seed: int = 0) -> list[int]:
    """Log-normal latencies around four milliseconds, in nanoseconds."""
    rng = Random(seed)
    return [round(rng.lognormvariate(1.4, 0.7) * 1e6) for _ in range(count)]


def make_samples(count: int) -> Samples:
    latencies_ns = make_latencies_ns(count)
    return Samples(
        Sample(number / _SAMPLES_PER_S, latency_ns, Outcome.OK) for number, latency_ns in enumerate(latencies_ns)
    )


def make_report(samples: Samples) -> Report:
    """A report of one workload, with everything that follows from its samples."""
    observation = Observation(summary=summarise("nlu", samples))
    return build_report(
        run=Run(
            id="20260102T030405-1a2b",
            command="cabanas-perf profile nlu",
            tool_version="0.1.0",
            started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            duration_s=samples.span_s(),
            complete=True,
        ),
        environment=Environment(platform="Linux", cpu="cpu", cores=2, python="3.11"),
        exit_code=ExitCode.MET,
        workloads=[build_workload(observation, via="direct")],
    )


def make_histogram(count: int) -> LatencyHistogram:
    return LatencyHistogram.of(make_latencies_ns(count))


def make_explain(nodes: int) -> list[dict[str, Any]]:
    """EXPLAIN's document of a plan with so many nodes: joins in a row, each with a filtered scan beside it."""
    leaf = {
        "Node Type": "Seq Scan",
        "Relation Name": "reservations",
        "Filter": "((status = 'confirmed'::text) AND (guests > 2))",
        "Rows Removed by Filter": 10,
    }
    root: dict[str, Any] = _node(leaf)
    for _ in range((nodes - 1) // 2):
        sides = [{**root, "Parent Relationship": "Outer"}, {**_node(leaf), "Parent Relationship": "Inner"}]
        root = _node({"Node Type": "Nested Loop", "Join Type": "Inner", "Plans": sides})
    return [{"Plan": root, "Planning Time": 0.1, "Execution Time": 1.0}]


def _node(fields: dict[str, Any]) -> dict[str, Any]:
    figures = {"Plan Rows": 90, "Total Cost": 10.0, "Actual Rows": 100, "Actual Loops": 1, "Actual Total Time": 0.1}
    return {**figures, **fields}
