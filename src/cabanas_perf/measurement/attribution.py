"""Where the time of requests went by kind: each moment of a request belongs to exactly one.

A moment inside a call belongs to the innermost one, its driver's own work included. Any other moment inside a stage is
`CPU` while the request's code ran, else `WAITING`. What is in neither is unexplained, whether the code ran or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cabanas_perf.measurement.stages import CallSpan, Trace
from cabanas_perf.measurement.units import ns_to_ms


class Kind(StrEnum):
    DATABASE = "database"
    REDIS = "redis"
    POOL_WAIT = "pool_wait"
    CPU = "cpu"
    WAITING = "waiting"
    UNEXPLAINED = "unexplained"


_CALLS = frozenset({Kind.DATABASE, Kind.REDIS, Kind.POOL_WAIT})


@dataclass(frozen=True, slots=True)
class Part:
    """Time of one kind, in the mean request; `share_ratio` (0 to 1) is of all requests' time."""

    kind: Kind
    ms_per_request: float
    share_ratio: float
    calls_per_request: float | None
    """None for kinds that are not calls."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The parts add up to the mean request, `ms_per_request`."""

    requests: int
    ms_per_request: float
    parts: tuple[Part, ...]

    @property
    def unexplained_ratio(self) -> float:
        return next(part.share_ratio for part in self.parts if part.kind is Kind.UNEXPLAINED)


def attribute(traces: Iterable[Trace]) -> Attribution | None:
    """Attribution of those requests whose calls and running times were looked at; None without any."""
    times_ns: Counter[Kind] = Counter()
    calls: Counter[Kind] = Counter()
    requests = 0
    for trace in traces:
        if trace.calls is None or trace.running is None:
            continue
        requests += 1
        calls.update(Kind(call[0]) for call in trace.calls)
        for kind, time_ns in _divide(trace, trace.calls, trace.running):
            times_ns[kind] += time_ns
    total_ns = times_ns.total()
    if not total_ns:
        return None
    return Attribution(
        requests=requests,
        ms_per_request=ns_to_ms(total_ns / requests),
        parts=tuple(
            Part(
                kind=kind,
                ms_per_request=ns_to_ms(times_ns[kind] / requests),
                share_ratio=times_ns[kind] / total_ns,
                calls_per_request=calls[kind] / requests if kind in _CALLS else None,
            )
            for kind in Kind
        ),
    )


def _divide(trace: Trace, calls: Iterable[CallSpan], running: Iterable[tuple[int, int]]) -> Iterator[tuple[Kind, int]]:
    """The request's time in pieces, each with its kind."""
    # What begins or ends when, in order of time: a sweep, for requests with thousands of calls.
    events: list[tuple[int, str, int, Kind | None]] = [(trace.ended_ns, "", 0, None)]
    for called, _, started_ns, ended_ns, _, _ in calls:
        events += (started_ns, "call", 1, Kind(called)), (ended_ns, "call", -1, Kind(called))
    for _, started_ns, ended_ns in trace.spans:
        events += (started_ns, "stage", 1, None), (ended_ns, "stage", -1, None)
    for started_ns, ended_ns in running:
        events += (started_ns, "running", 1, None), (ended_ns, "running", -1, None)
    events.sort(key=lambda event: event[0])
    open_calls: list[Kind] = []
    depth = Counter(stage=0, running=0)
    reached_ns = trace.started_ns
    for at_ns, what, change, kind in events:
        until_ns = min(at_ns, trace.ended_ns)
        if until_ns > reached_ns:
            yield _kind_of(open_calls, depth), until_ns - reached_ns
            reached_ns = until_ns
        if kind is None:
            depth[what] += change
        elif change > 0:
            open_calls.append(kind)
        else:
            # Calls that ended together may close in any order; of one kind they are the same.
            del open_calls[len(open_calls) - 1 - open_calls[::-1].index(kind)]


def _kind_of(open_calls: list[Kind], depth: Counter[str]) -> Kind:
    if open_calls:
        return open_calls[-1]
    if depth["stage"]:
        return Kind.CPU if depth["running"] else Kind.WAITING
    return Kind.UNEXPLAINED
