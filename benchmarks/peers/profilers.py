"""What looking costs: reading messages with a profiler on, beside our unprofiled pass with its stages recorded."""

from __future__ import annotations

import asyncio
import cProfile
import importlib.util
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.peers.external import find_program
from benchmarks.peers.nlu import MESSAGES
from benchmarks.peers.rows import Absent, Compared, Effort, Row, Section, compare

from cabanas.nlu import analyze, warm_up
from cabanas.stages import Recording, stage
from cabanas_perf.measurement.clock import SystemClock
from cabanas_perf.runners.pairs import PairRun, Side, Timer, Turn, Variant, VariantSide, interleave
from cabanas_perf.workloads.messages import Message, message_stream

BATCH = 400
SAMPLED_BATCH = 12_000
"""For what takes samples: a turn that is long enough for some."""
_ATTACH_S = 0.6


def run(effort: Effort) -> Section:
    warm_up()
    return Section(
        title="What looking costs",
        given=(
            "Reading the same stream of messages with a profiler on, by reading them with none: how much longer a "
            "request seems to take than it does. Latencies that `profile` reports come from the first row's pass; its "
            "profilers run in a pass of their own, and their slow-down is printed. Wall time a message."
        ),
        rows=tuple(_rows(effort)),
    )


def _rows(effort: Effort) -> Iterator[Row]:
    yield _cost("ours, stages recorded", VariantSide(Variant("stages", _read_in_a_stage), Timer.WALL, SystemClock()),
                BATCH, effort.pairs)  # fmt: skip
    yield _cost("cProfile", ProfiledSide(), BATCH, effort.pairs)
    if importlib.util.find_spec("pyinstrument") is None:
        yield Absent("pyinstrument", "install benchmarks/peers/requirements.txt")
    else:
        yield _cost(f"pyinstrument {version('pyinstrument')}", InstrumentedSide(), SAMPLED_BATCH, effort.slow_pairs)
    program = find_program("py-spy")
    if program is None:
        yield Absent("py-spy", "install benchmarks/peers/requirements.txt")
    elif why := WatchedSide.why_not(program):
        yield Absent("py-spy", why)
    else:
        yield _cost("py-spy, 100 samples/s", WatchedSide(program), SAMPLED_BATCH, effort.slow_pairs)


def _cost(name: str, looked_at: Side, batch: int, pairs: int) -> Compared:
    messages = cycle(message_stream(2025, MESSAGES, distinct=True))

    def draw() -> Sequence[Any]:
        return list(islice(messages, batch))

    bare = VariantSide(Variant("bare", _read), Timer.WALL, SystemClock())
    done: PairRun = asyncio.run(interleave(bare, looked_at, draw=draw, pairs=pairs, seed=0, equal=None))
    to_us = 1e3 * batch
    return compare(
        "no profiler",
        "us a message",
        [ns / to_us for ns in done.head_ns],
        [ns / to_us for ns in done.base_ns],
        done.ratios,
        side=name,
    )


def _read(message: Message) -> object:
    return analyze(message.text, reference_date=message.reference_date)


def _read_in_a_stage(message: Message) -> object:
    with Recording(), stage("nlu"):
        return analyze(message.text, reference_date=message.reference_date)


def _timed(batch: Sequence[Message]) -> Turn:
    started_ns = time.perf_counter_ns()
    for message in batch:
        _read(message)
    return Turn(time.perf_counter_ns() - started_ns, ())


class ProfiledSide:
    async def turn(self, batch: Sequence[Any]) -> Turn:
        profiler = cProfile.Profile()
        profiler.enable()
        try:
            return _timed(batch)
        finally:
            profiler.disable()


class InstrumentedSide:
    async def turn(self, batch: Sequence[Any]) -> Turn:
        from pyinstrument import Profiler  # noqa: PLC0415 - only where this peer is asked

        profiler = Profiler(async_mode="disabled")
        profiler.start()
        try:
            return _timed(batch)
        finally:
            profiler.stop()


class WatchedSide:
    """py-spy in a process of its own, which is attached before the clock starts and let go after it stopped."""

    def __init__(self, program: str) -> None:
        self._program = program

    @staticmethod
    def why_not(program: str) -> str | None:
        """Why it may not look at this process; None where it may."""
        done = subprocess.run([program, "dump", "--pid", str(os.getpid())], capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else "not allowed to look into another process here"

    async def turn(self, batch: Sequence[Any]) -> Turn:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "samples.txt")
            command = [self._program, "record", "--pid", str(os.getpid()), "--format", "raw", "--output", str(output)]
            process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            await asyncio.sleep(_ATTACH_S)
            try:
                return _timed(batch)
            finally:
                process.send_signal(signal.SIGINT)
                await process.wait()
