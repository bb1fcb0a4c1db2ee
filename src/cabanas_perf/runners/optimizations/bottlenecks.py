"""Where the time of the document's service goes: its stages by their measured shares, one request at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter_ns
from typing import Any

from cabanas.stages import Recording
from cabanas_perf.measurement.stages import Estimate, StageSummary, Trace, summarise_stages
from cabanas_perf.report.record import Bottleneck
from cabanas_perf.runners.optimizations.bench import Bench, Stopped
from cabanas_perf.workloads import prereservation, webhook_text
from cabanas_perf.workloads.before.claims import ClaimedBottleneck, DocumentClaims

REQUESTS = 6
_ESTIMATES: Mapping[str, Mapping[str, Estimate]] = {
    "prereservation": prereservation.SPEC.estimates,
    "webhook-text": webhook_text.SPEC.estimates,
}


async def measure_stages(
    bench: Bench, endpoint: str, requests: Sequence[Any], send: Callable[[Any], Awaitable[object]]
) -> list[tuple[str, StageSummary]]:
    """The stages of the endpoint over these requests, each with the endpoint's name.

    Raises:
        Stopped: before the last request.
    """
    bench.progress.begin(f"stages, {endpoint}", len(requests))
    traces = []
    for request in requests:
        if bench.stop:
            raise Stopped
        with Recording() as recording:
            started_ns = perf_counter_ns()
            await send(request)
            traces.append(Trace(started_ns, perf_counter_ns(), recording.spans))
        bench.progress.advance(1)
    breakdown = summarise_stages(traces, _ESTIMATES.get(endpoint, {}))
    return [] if breakdown is None else [(endpoint, stage) for stage in breakdown.stages]


def rank_bottlenecks(
    measured: Sequence[tuple[str, StageSummary]], claims: DocumentClaims, *, reason: str
) -> list[Bottleneck]:
    """The stages by their share, the greatest first; then what the document names and was not measured, for
    ``reason``.
    """
    by_place = {(one.endpoint, one.stage): one for one in claims.bottlenecks}
    ranked = sorted(measured, key=lambda one: -one[1].share_ratio)
    rows = [_build_row(endpoint, stage, by_place.pop((endpoint, stage.name), None)) for endpoint, stage in ranked]
    rows += [
        Bottleneck(
            endpoint=left.endpoint,
            stage=left.stage,
            document_rank=left.rank,
            document_low_ms=left.low_ms,
            document_high_ms=left.high_ms,
            document_share_ratio=left.share_ratio,
            reason=reason,
        )
        for left in by_place.values()
    ]
    return rows


def _build_row(endpoint: str, stage: StageSummary, claimed: ClaimedBottleneck | None) -> Bottleneck:
    estimate = stage.estimate if claimed is None else Estimate(claimed.low_ms, claimed.high_ms)
    return Bottleneck(
        endpoint=endpoint,
        stage=stage.name,
        p50_ms=stage.p50_ms,
        share_ratio=stage.share_ratio,
        document_rank=None if claimed is None else claimed.rank,
        document_low_ms=None if estimate is None else estimate.low_ms,
        document_high_ms=None if estimate is None else estimate.high_ms,
        document_share_ratio=None if claimed is None else claimed.share_ratio,
    )
