"""The passes over a workload: requests sent, each timed, nothing else inside the timed part."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from cabanas.stages import Recording
from cabanas_perf.measurement.clock import Clock
from cabanas_perf.measurement.samples import Outcome, Sample, Samples
from cabanas_perf.measurement.stages import Trace
from cabanas_perf.measurement.units import ns_to_s
from cabanas_perf.runners.stop import Stop
from cabanas_perf.workloads.base import PureWorkload, Reply, Workload

Advance = Callable[[int], None]
"""Told how many requests more are done, so that progress can be drawn."""

_PURE_BLOCK = 100


@dataclass(slots=True)
class Pass:
    """What one pass left behind."""

    samples: Samples = field(default_factory=Samples)
    traces: list[Trace] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    """What was acknowledged and can be audited."""
    ack_latencies_ns: list[int] = field(default_factory=list)
    elapsed_s: float = 0.0
    cpu_s: float = 0.0
    complete: bool = False
    """False when the pass was stopped before its last request."""

    def add(self, reply: Reply, started_ns: int, ended_ns: int, origin_ns: int, trace: Trace | None) -> None:
        latency_ns = ended_ns - started_ns if reply.latency_ns is None else reply.latency_ns
        self.samples.append(Sample(ns_to_s(started_ns - origin_ns), latency_ns, reply.outcome, reply.kind))
        if reply.reference is not None:
            self.references.append(reply.reference)
        if reply.acknowledged_ns is not None:
            self.ack_latencies_ns.append(reply.acknowledged_ns)
        if trace is not None and reply.outcome is Outcome.OK:
            self.traces.append(trace)


async def run_pass(
    workload: Workload | PureWorkload,
    requests: Sequence[Any],
    *,
    clock: Clock,
    stop: Stop,
    stage_name: str,
    concurrency: int = 1,
    advance: Advance = lambda _: None,
) -> Pass:
    """Send every request and time it; answers with what was done when the last one ended or a stop was asked for.

    ``stage_name`` is the one stage that a pure workload's calls belong to.
    """
    gc.collect()
    cpu_started_ns, origin_ns = clock.cpu_ns(), clock.now_ns()
    if hasattr(workload, "call"):
        done = _run_pure(cast("PureWorkload", workload), requests, clock, stop, stage_name, advance)
    else:
        done = await _run_waiting(workload, requests, clock, stop, concurrency, advance)
    done.elapsed_s = ns_to_s(clock.now_ns() - origin_ns)
    done.cpu_s = ns_to_s(clock.cpu_ns() - cpu_started_ns)
    done.complete = len(done.samples) == len(requests)
    return done


def _run_pure(
    workload: PureWorkload, requests: Sequence[Any], clock: Clock, stop: Stop, stage_name: str, advance: Advance
) -> Pass:
    done = Pass()
    now_ns, call = clock.now_ns, workload.call
    origin_ns = now_ns()
    for first in range(0, len(requests), _PURE_BLOCK):
        if stop:
            break
        block = requests[first : first + _PURE_BLOCK]
        times = []
        for request in block:
            started_ns = now_ns()
            reply = call(request)
            times.append((reply, started_ns, now_ns()))
        for reply, started_ns, ended_ns in times:
            trace = Trace(started_ns, ended_ns, ((stage_name, started_ns, ended_ns),))
            done.add(reply, started_ns, ended_ns, origin_ns, trace)
        advance(len(block))
    return done


async def _run_waiting(
    workload: Workload, requests: Sequence[Any], clock: Clock, stop: Stop, concurrency: int, advance: Advance
) -> Pass:
    done = Pass()
    origin_ns = clock.now_ns()
    queue = iter(requests)
    await asyncio.gather(
        *(_send_all(workload, queue, done, origin_ns, clock, stop, advance) for _ in range(concurrency))
    )
    return done


async def _send_all(
    workload: Workload, queue: Iterator[Any], done: Pass, origin_ns: int, clock: Clock, stop: Stop, advance: Advance
) -> None:
    """One client: takes the next request when its last one ended, like every client of the closed model."""
    for request in queue:
        if stop:
            return
        with Recording() as recording:
            started_ns = clock.now_ns()
            reply = await workload.send(request)
            ended_ns = clock.now_ns()
        spans = recording.spans if reply.spans is None else reply.spans
        trace = Trace(started_ns, ended_ns, spans) if spans else None
        done.add(reply, started_ns, ended_ns, origin_ns, trace)
        advance(1)
