"""The other end of a worker: starts it, and takes turns by it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from tempfile import TemporaryFile
from typing import IO, Any

from cabanas_perf.runners.ab import worker
from cabanas_perf.runners.ab.worker import Brief
from cabanas_perf.runners.errors import TargetNotReached
from cabanas_perf.runners.pairs import Turn

_START_TIMEOUT_S = 120.0
_TURN_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 10.0
_LINE_MAX_BYTES = 1 << 26
_LOG_TAIL_LINES = 8


class WorkerSide:
    """A running worker as a side of the comparison. A batch is a range: the worker draws its inputs itself, and from
    the same seed both draw the same.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        self._name = name
        self._process = process
        self._log = log

    async def turn(self, batch: Sequence[Any]) -> Turn:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"count": len(batch)}).encode() + b"\n")
        answer = await self._read(_TURN_TIMEOUT_S)
        return Turn(answer["taken_ns"], answer["outputs"])

    async def wait_until_ready(self) -> None:
        """Once, before the first turn. Raises TargetNotReached when the workload cannot be opened on that core."""
        await self._read(_START_TIMEOUT_S)

    async def _read(self, timeout_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), timeout_s)
        except TimeoutError:
            raise TargetNotReached(
                f"the core of {self._name} gave no answer in {timeout_s:g} s",
                fix="try the workload alone: cabanas-perf profile",
            ) from None
        answer: dict[str, Any] = json.loads(line) if line else {"error": "its process ended"}
        if (problem := answer.get("error")) is None:
            return answer
        raise TargetNotReached(
            f"the workload does not run on the core of {self._name}: {problem}{self._last_words()}",
            fix="compare with a revision whose core has what the workload uses",
        )

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        return "".join(f"\n    {line}" for line in lines)


@asynccontextmanager
async def start_side(name: str, brief: Brief, environment: Mapping[str, str]) -> AsyncIterator[WorkerSide]:
    """A worker, stopped at the end of the block; it never outlives this process, for its orders end with us."""
    with TemporaryFile(prefix="cabanas-ab-") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            worker.__file__,
            env={**os.environ, **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=_LINE_MAX_BYTES,
            # Ctrl-C is for the command, which ends the pair and then the workers.
            start_new_session=True,
        )
        assert process.stdin is not None
        try:
            process.stdin.write(brief.encode().encode() + b"\n")
            yield WorkerSide(name, process, log)
        finally:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), _STOP_TIMEOUT_S)
            except TimeoutError:
                process.kill()
                await process.wait()
