"""pytest-benchmark's JSON, as ``--benchmark-json`` and ``--benchmark-save`` write it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cabanas_perf.measurement.units import NS_PER_S
from cabanas_perf.report.importers.base import ForeignWorkload, Source

_NO_SAMPLES = "the file keeps no samples; --benchmark-save-data keeps them with --benchmark-save or --benchmark-json"


def read_pytest_benchmark(document: Any) -> Source | None:
    """None for the document of another tool."""
    if not isinstance(document, dict) or "machine_info" not in document or "benchmarks" not in document:
        return None
    machine, commit = document["machine_info"], document.get("commit_info") or {}
    workloads = [_read_benchmark(one) for one in document["benchmarks"]]
    return Source(
        tool="pytest-benchmark",
        kind="profile",
        workloads=workloads,
        started_at=datetime.fromisoformat(document["datetime"]).astimezone(),
        duration_s=sum(one.elapsed_s for one in workloads),
        machine={
            "platform": f"{machine.get('system', '')} {machine.get('release', '')}".strip(),
            "cpu": str((machine.get("cpu") or {}).get("brand_raw") or machine.get("processor") or machine["machine"]),
            "python": f"{machine['python_implementation']} {machine['python_version']}",
        },
        cores=int((machine.get("cpu") or {}).get("count") or 0),
        git_commit=commit.get("id"),
        git_dirty=commit.get("dirty"),
    )


def _read_benchmark(benchmark: dict[str, Any]) -> ForeignWorkload:
    stats = benchmark["stats"]
    samples_s = stats.get("data") or []
    calls = int(stats.get("iterations", 1))
    return ForeignWorkload(
        name=benchmark["name"],
        requests=len(samples_s) or int(stats["rounds"]),
        latencies_ns=[round(sample_s * NS_PER_S) for sample_s in samples_s],
        calls_per_sample=calls,
        elapsed_s=sum(samples_s) * calls,
        notes=() if samples_s else (_NO_SAMPLES, f"mean {stats['mean'] * 1000:.6g} ms of {stats['rounds']} rounds"),
    )
