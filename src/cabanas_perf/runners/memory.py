"""What requests do to memory, in a pass of its own: tracing every allocation slows code by half or more."""

from __future__ import annotations

import gc
import tracemalloc
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any, Literal, cast

import psutil

from cabanas_perf.measurement.growth import estimate_slope
from cabanas_perf.report import record
from cabanas_perf.runners.profilers.base import make_frame
from cabanas_perf.runners.stop import Stop
from cabanas_perf.workloads.base import PureWorkload, Workload

_CHECKPOINTS = 20
_STEADY_BYTES_PER_REQUEST = 256
"""What caches that fill and lists that are grown in advance come to; a leak keeps whole objects of each request."""
_TOP = 5
_OWN = (tracemalloc.Filter(inclusive=False, filename_pattern=__file__), tracemalloc.Filter(False, tracemalloc.__file__))


async def measure_memory(
    workload: Workload | PureWorkload, requests: Sequence[Any], *, stop: Stop, advance: Callable[[int], None]
) -> tuple[record.Memory | None, list[str]]:
    """Send the requests one at a time; answers with what they did to memory, and with what was acknowledged.

    The first half of the requests fills caches and is not part of the growth. None when a stop came first.
    """
    # Compact, for what is kept here grows with every request too.
    acknowledged = bytearray()
    peaks = array("q")
    traced: list[tuple[float, float]] = []
    resident: list[tuple[float, float]] = []
    process = psutil.Process()
    half, step = len(requests) // 2, max(1, len(requests) // (2 * _CHECKPOINTS))
    before: tracemalloc.Snapshot | None = None
    with _tracing():
        for position, request in enumerate(requests):
            if stop:
                return None, acknowledged.decode().split()
            if position >= half and (position - half) % step == 0:
                gc.collect()
                if before is None:
                    before = tracemalloc.take_snapshot()
                traced.append((position, tracemalloc.get_traced_memory()[0]))
                resident.append((position, process.memory_info().rss))
            held = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            reply = (
                cast("PureWorkload", workload).call(request)
                if hasattr(workload, "call")
                else await workload.send(request)
            )
            peaks.append(max(0, tracemalloc.get_traced_memory()[1] - held))
            if reply.reference is not None:
                acknowledged += f"{reply.reference} ".encode()
            del reply
            advance(1)
        gc.collect()
        top = () if before is None else _find_growing_lines(before, tracemalloc.take_snapshot(), len(requests) - half)
    growth = [_build_growth("traced", traced), _build_growth("resident", resident)]
    return record.Memory(
        requests=len(requests),
        peak_bytes_p50=round(median(peaks)),
        peak_bytes_max=max(peaks),
        growth=tuple(one for one in growth if one is not None),
        top=top,
    ), acknowledged.decode().split()


@contextmanager
def _tracing() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def _build_growth(
    source: Literal["traced", "resident"], points: Sequence[tuple[float, float]]
) -> record.MemoryGrowth | None:
    slope = estimate_slope(points)
    if slope is None:
        return None
    low = slope.interval.low
    return record.MemoryGrowth(
        source=source,
        bytes_per_request=slope.value,
        low=low,
        high=slope.interval.high,
        grows=low is not None and low > _STEADY_BYTES_PER_REQUEST,
    )


def _find_growing_lines(
    before: tracemalloc.Snapshot, after: tracemalloc.Snapshot, requests: int
) -> tuple[record.Allocation, ...]:
    """The lines whose memory grew by more than a steady state's, most first."""
    grown = after.filter_traces(_OWN).compare_to(before.filter_traces(_OWN), "lineno")
    lines = [(one.traceback[0], one.size_diff / requests) for one in grown]
    return tuple(
        record.Allocation(file=make_frame("", line.filename, 0).file, line=line.lineno, bytes_per_request=size_bytes)
        for line, size_bytes in sorted(lines, key=lambda item: -item[1])[:_TOP]
        if size_bytes > _STEADY_BYTES_PER_REQUEST
    )
