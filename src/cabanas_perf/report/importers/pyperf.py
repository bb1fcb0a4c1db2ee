"""pyperf's JSON, of one benchmark or of a suite."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from typing import Any

from cabanas_perf.measurement.units import NS_PER_S
from cabanas_perf.report.importers.base import ForeignError, ForeignWorkload, Source


def read_pyperf(document: Any) -> Source | None:
    """None for the document of another tool. Raises ForeignError for benchmarks that are not of time."""
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        return None
    benchmarks = document["benchmarks"]
    if not benchmarks or not all(isinstance(one, dict) and "runs" in one for one in benchmarks):
        return None
    shared = document.get("metadata") or {}
    dates = [
        run["metadata"]["date"]
        for run in chain.from_iterable(one["runs"] for one in benchmarks)
        if "date" in (run.get("metadata") or {})
    ]
    first = {**shared, **(benchmarks[0].get("metadata") or {}), **(benchmarks[0]["runs"][0].get("metadata") or {})}
    workloads = [_read_benchmark(one, shared) for one in benchmarks]
    return Source(
        tool="pyperf",
        kind="profile",
        workloads=workloads,
        started_at=datetime.fromisoformat(min(dates)).astimezone() if dates else None,
        duration_s=sum(one.elapsed_s for one in workloads),
        machine={
            name: str(first[key])
            for name, key in (("platform", "platform"), ("cpu", "cpu_model_name"), ("python", "python_version"))
            if key in first
        },
        cores=int(first.get("cpu_count", 0)),
    )


def _read_benchmark(benchmark: dict[str, Any], shared: dict[str, Any]) -> ForeignWorkload:
    latencies_ns: list[int] = []
    calls, elapsed_s = 1, 0.0
    name = ""
    for run in benchmark["runs"]:
        known = {**shared, **(benchmark.get("metadata") or {}), **(run.get("metadata") or {})}
        if known.get("unit", "second") != "second":
            raise ForeignError(f"pyperf wrote it, and its unit is {known['unit']}, not the second")
        name = known.get("name", name)
        calls_here = int(known.get("loops", 1)) * int(known.get("inner_loops", 1))
        calls = max(calls, calls_here)
        values_s = run.get("values") or []
        latencies_ns += [round(value_s * NS_PER_S) for value_s in values_s]
        elapsed_s += sum(values_s) * calls_here
    return ForeignWorkload(
        name=name or "benchmark",
        requests=len(latencies_ns),
        latencies_ns=latencies_ns,
        calls_per_sample=calls,
        elapsed_s=elapsed_s,
    )
