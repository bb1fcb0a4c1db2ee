"""The passes over a workload: requests sent, each timed, nothing else inside the timed part."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, cast

from cabanas.stages import Recording
from cabanas_perf.measurement.clock import Clock
from cabanas_perf.measurement.samples import Outcome, Sample, Samples
from cabanas_perf.measurement.stages import CallSpan, Trace
from cabanas_perf.measurement.units import ns_to_s
from cabanas_perf.runners.profilers.base import Recorder
from cabanas_perf.runners.steps import note_steps, noting_steps_of_tasks
from cabanas_perf.runners.stop import Stop
from cabanas_perf.workloads.base import PureWorkload, Reply, Workload

Advance = Callable[[int], None]
"""Told how many requests more are done, so that progress can be drawn."""

_PURE_BLOCK = 100
_WATCHED_REQUESTS = 40
"""About so many of a pass are watched step by step, which costs microseconds: the others' latencies are without."""


@dataclass(slots=True)
class Pass:
    """What one pass left behind."""

    samples: Samples = field(default_factory=Samples)
    traces: list[Trace] = field(default_factory=list)
    """Of accepted requests."""
    calls: list[Sequence[CallSpan]] = field(default_factory=list)
    """Of every request whose calls were looked at, however it ended."""
    references: list[str] = field(default_factory=list)
    """What was acknowledged and can be audited."""
    ack_latencies_ns: list[int] = field(default_factory=list)
    elapsed_s: float = 0.0
    cpu_s: float = 0.0
    complete: bool = False
    """False when the pass was stopped before its last request."""

    def add(self, reply: Reply, started_ns: int, ended_ns: int, origin_ns: int, trace: Trace) -> None:
        latency_ns = ended_ns - started_ns if reply.latency_ns is None else reply.latency_ns
        self.samples.append(Sample(ns_to_s(started_ns - origin_ns), latency_ns, reply.outcome, reply.kind))
        if reply.reference is not None:
            self.references.append(reply.reference)
        if reply.acknowledged_ns is not None:
            self.ack_latencies_ns.append(reply.acknowledged_ns)
        if trace.calls is not None:
            self.calls.append(trace.calls)
        if reply.outcome is Outcome.OK and (trace.spans or trace.calls):
            self.traces.append(trace)


async def run_pass(
    workload: Workload | PureWorkload,
    requests: Sequence[Any],
    *,
    clock: Clock,
    stop: Stop,
    stage_name: str,
    concurrency: int = 1,
    recorder: Recorder | None = None,
    advance: Advance = lambda _: None,
) -> Pass:
    """Send every request and time it; answers with what was done when the last one ended or a stop was asked for.

    ``stage_name`` is the one stage that a pure workload's calls belong to. Calls are noted beside the stages, and of
    every so many requests when their code ran; but not where a ``recorder`` looks on, which would see the noting.
    """
    gc.collect()
    if recorder is not None:
        recorder.begin()
    cpu_started_ns, origin_ns = clock.cpu_ns(), clock.now_ns()
    try:
        if hasattr(workload, "call"):
            done = _run_pure(cast("PureWorkload", workload), requests, clock, stop, stage_name, advance)
        else:
            stride = max(1, len(requests) // _WATCHED_REQUESTS) if recorder is None else None
            clients = _Clients(workload, enumerate(requests), clock, stop, stride, advance)
            with noting_steps_of_tasks() if recorder is None else nullcontext():
                done = await clients.run(concurrency)
    finally:
        ended_ns, cpu_ended_ns = clock.now_ns(), clock.cpu_ns()
        if recorder is not None:
            recorder.end()
    done.elapsed_s = ns_to_s(ended_ns - origin_ns)
    done.cpu_s = ns_to_s(cpu_ended_ns - cpu_started_ns)
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


@dataclass(slots=True)
class _Clients:
    """Clients of the closed model: each takes the next request when its last one ended."""

    workload: Workload
    queue: Iterator[tuple[int, Any]]
    clock: Clock
    stop: Stop
    stride: int | None
    """Of so many requests one is watched closely; None: none is, and no calls are noted."""
    advance: Advance

    async def run(self, concurrency: int) -> Pass:
        done, origin_ns = Pass(), self.clock.now_ns()
        await asyncio.gather(*(self._send_all(done, origin_ns) for _ in range(concurrency)))
        return done

    async def _send_all(self, done: Pass, origin_ns: int) -> None:
        clock = self.clock
        for position, request in self.queue:
            if self.stop:
                return
            watched = self.stride is not None and position % self.stride == 0
            with self._open_recording(watched=watched) as recording:
                started_ns = clock.now_ns()
                sending = self.workload.send(request)
                reply = await (note_steps(sending) if watched else sending)
                ended_ns = clock.now_ns()
            trace = reply.trace or Trace(started_ns, ended_ns, recording.spans, recording.calls, recording.running)
            done.add(reply, started_ns, ended_ns, origin_ns, trace)
            self.advance(1)

    def _open_recording(self, *, watched: bool) -> Recording:
        if watched:
            return Recording.in_detail()
        return Recording(calls=None if self.stride is None else [])
