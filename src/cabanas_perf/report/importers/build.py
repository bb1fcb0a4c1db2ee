"""From foreign results to the report record."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.report.build import build_latency, build_report
from cabanas_perf.report.files import format_stamp
from cabanas_perf.report.importers.base import ForeignError, ForeignWorkload, Source
from cabanas_perf.report.record import Environment, Imported, Report, Run, Workload
from cabanas_perf.slo.exit_codes import ExitCode

_UNKNOWN = "not known"
_REPLIED = frozenset({"webhook-text", "webhook-audio"})
"""Their objectives are about the reply, and a client sees the acknowledgement alone."""


def build_imported(source: Source, path: Path) -> Report:
    """An unjudged report. Raises ForeignError when the source holds no result."""
    if not source.workloads:
        raise ForeignError(f"{source.tool} wrote it, and it holds no result")
    started_at = source.started_at or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return build_report(
        run=Run(
            id=f"{format_stamp(started_at)}-{digest[:4]}",
            command=source.tool,
            tool_version=_UNKNOWN,
            started_at=started_at,
            duration_s=source.duration_s,
            git_commit=source.git_commit,
            git_dirty=source.git_dirty,
            complete=True,
        ),
        environment=Environment(
            platform=source.machine.get("platform", _UNKNOWN),
            cpu=source.machine.get("cpu", _UNKNOWN),
            cores=source.cores,
            python=source.machine.get("python", _UNKNOWN),
        ),
        exit_code=ExitCode.INCONCLUSIVE,
        workloads=[_build_workload(one, source.kind) for one in source.workloads],
    ).model_copy(update={"imported": Imported(tool=source.tool, kind=source.kind, file=path.name)})


def _build_workload(foreign: ForeignWorkload, kind: str) -> Workload:
    latency = build_latency(LatencySummary.of(RawDistribution(foreign.latencies_ns)))
    is_acknowledged = foreign.name in _REPLIED
    ok = foreign.requests - foreign.errors
    notes = list(foreign.notes)
    if foreign.calls_per_sample > 1:
        notes.append(f"each latency is the mean of {foreign.calls_per_sample} calls, so percentiles are not judged")
    if is_acknowledged:
        notes.append("the client saw the acknowledgement; when the reply was sent is not known")
    return Workload(
        name=foreign.name,
        via="http" if kind == "load" else "direct",
        requests=foreign.requests,
        ok=ok,
        refused=0,
        errors=foreign.errors,
        outcomes={name: count for name, count in (("ok", ok), ("error", foreign.errors)) if count},
        latency_ms=None if is_acknowledged else latency,
        ack_latency_ms=latency if is_acknowledged else None,
        elapsed_s=foreign.elapsed_s,
        throughput_rps=foreign.throughput_rps,
        calls_per_sample=foreign.calls_per_sample,
        notes=tuple(notes),
    )
