"""One request, span by span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cabanas_perf.measurement.percentiles import nearest_rank
from cabanas_perf.measurement.stages import Trace

STAGE = "stage"


@dataclass(frozen=True, slots=True)
class WaterfallSpan:
    """A stage or a call; times in nanoseconds since the request began, within it."""

    kind: str
    """`STAGE`, or the kind of the call."""
    what: str
    start_ns: int
    end_ns: int
    depth: int
    """How many of the other spans it lies inside."""
    code_line: str


def pick_median(traces: Sequence[Trace]) -> Trace | None:
    """The request that took the median time, by nearest rank; None without any."""
    if not traces:
        return None
    ranked = sorted(traces, key=lambda trace: trace.ended_ns - trace.started_ns)
    return ranked[nearest_rank(0.5, len(ranked)) - 1]


def lay_out(trace: Trace) -> tuple[WaterfallSpan, ...]:
    """The request's stages and calls in the order in which they began, outer ones first."""
    found = [(started_ns, ended_ns, STAGE, name, "") for name, started_ns, ended_ns in trace.spans]
    found += [
        (started_ns, ended_ns, kind, what, code_line)
        for kind, what, started_ns, ended_ns, code_line, _ in trace.calls or ()
    ]
    found.sort(key=lambda span: (span[0], -span[1]))
    last_ns = trace.ended_ns - trace.started_ns
    around: list[int] = []
    spans = []
    for started_ns, ended_ns, kind, what, code_line in found:
        while around and around[-1] < ended_ns:
            around.pop()
        spans.append(
            WaterfallSpan(
                kind=kind,
                what=what,
                start_ns=min(max(0, started_ns - trace.started_ns), last_ns),
                end_ns=min(max(0, ended_ns - trace.started_ns), last_ns),
                depth=len(around),
                code_line=code_line,
            )
        )
        around.append(ended_ns)
    return tuple(spans)
