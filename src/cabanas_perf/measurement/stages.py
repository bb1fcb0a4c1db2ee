"""Where a request's time went: its named stages, and what no stage explains."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from cabanas_perf.measurement.distribution import RawDistribution, percentile_ns
from cabanas_perf.measurement.units import ns_to_ms

Span = tuple[str, int, int]
"""Name, start and end of one passage through a stage; both times in nanoseconds of one clock."""

CallSpan = tuple[str, str, int, int, str, bool]
"""Kind (`database`, `redis`, `pool_wait`), what was called, start, end, the line of code that called, and whether the
call failed.
"""

POOL_WAIT = "pool_wait"


@dataclass(frozen=True, slots=True)
class Trace:
    """One request on the clock of its spans."""

    started_ns: int
    ended_ns: int
    spans: Sequence[Span]
    calls: Sequence[CallSpan] | None = None
    """None: nobody looked."""
    running: Sequence[tuple[int, int]] | None = None
    """Start and end of each time that the request's code ran; they may overlap. None: nobody looked."""

    def leaves(self) -> list[Span]:
        """Its stages, and the calls made outside of them: waits by what was waited for, round trips by their kind."""
        inside = sorted((started_ns, ended_ns) for _, started_ns, ended_ns in self.spans)
        starts_ns = [started_ns for started_ns, _ in inside]
        # The latest end of all stages up to each.
        ends_ns = list(accumulate((ended_ns for _, ended_ns in inside), max))
        leaves = list(self.spans)
        for kind, what, started_ns, ended_ns, _, _ in self.calls or ():
            before = bisect_right(starts_ns, started_ns)
            if not before or ends_ns[before - 1] <= started_ns:
                leaves.append((what if kind == POOL_WAIT else kind, started_ns, ended_ns))
        return leaves


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the design document expected of a stage, in milliseconds."""

    low_ms: float
    high_ms: float


@dataclass(frozen=True, slots=True)
class StageSummary:
    """One stage over all requests, or one kind of call that was made outside of all stages; the percentiles are of its
    time per request, over the `count` that passed it.
    """

    name: str
    count: int
    p50_ms: float
    p95_ms: float
    share_ratio: float
    """Of the time of all requests, 0 to 1; stages that ran side by side can add up to more than 1."""
    estimate: Estimate | None


@dataclass(frozen=True, slots=True)
class StageBreakdown:
    """Stages in the order in which requests met them, and the share of time outside all of them (0 to 1)."""

    stages: tuple[StageSummary, ...]
    unexplained_ratio: float


def summarise_stages(
    traces: Iterable[Trace], estimates: Mapping[str, Estimate] | None = None, *, start_up: Sequence[Span] = ()
) -> StageBreakdown | None:
    """None when there is no request, or none that took any time.

    ``start_up`` holds what was passed before any request: it comes first, counts its passages, and has no share.
    """
    times_ns: defaultdict[str, list[int]] = defaultdict(list)
    total_ns = explained_ns = 0
    for trace in traces:
        leaves = sorted(trace.leaves(), key=lambda span: span[1])
        total_ns += trace.ended_ns - trace.started_ns
        explained_ns += _covered_ns(trace, leaves)
        for name, time_ns in _time_by_stage(leaves).items():
            times_ns[name].append(time_ns)
    if not total_ns:
        return None
    before_ns: defaultdict[str, list[int]] = defaultdict(list)
    for name, started_ns, ended_ns in start_up:
        before_ns[name].append(ended_ns - started_ns)
    known = estimates or {}
    stages = (
        *(
            replace(_summarise_stage(name, times, total_ns, known.get(name)), share_ratio=0.0)
            for name, times in before_ns.items()
        ),
        *(_summarise_stage(name, times, total_ns, known.get(name)) for name, times in times_ns.items()),
    )
    return StageBreakdown(stages, unexplained_ratio=1 - explained_ns / total_ns)


def _summarise_stage(name: str, times_ns: list[int], total_ns: int, estimate: Estimate | None) -> StageSummary:
    distribution = RawDistribution(times_ns)
    return StageSummary(
        name=name,
        count=distribution.count,
        p50_ms=ns_to_ms(percentile_ns(distribution, 0.50)),
        p95_ms=ns_to_ms(percentile_ns(distribution, 0.95)),
        share_ratio=sum(times_ns) / total_ns,
        estimate=estimate,
    )


def _time_by_stage(spans: Iterable[Span]) -> dict[str, int]:
    times_ns: dict[str, int] = {}
    for name, started_ns, ended_ns in spans:
        times_ns[name] = times_ns.get(name, 0) + ended_ns - started_ns
    return times_ns


def _covered_ns(trace: Trace, spans: Iterable[Span]) -> int:
    """Time inside at least one of the spans, which come in the order of their starts; overlaps count once, and what
    lies outside the request does not.
    """
    covered_ns = 0
    reached_ns = trace.started_ns
    for _, started_ns, ended_ns in spans:
        end_ns = min(ended_ns, trace.ended_ns)
        covered_ns += max(0, end_ns - max(started_ns, reached_ns))
        reached_ns = max(reached_ns, end_ns)
    return covered_ns
