"""One side of an A/B comparison, in a process of its own. Run as a script: it depends on nothing but what it is told.

The core is the checkout's. The workload that drives it is the running toolkit's, so that both sides are asked the same
by the same code; where that does not fit the core of another day, the checkout's own takes its place. Orders come as
lines of JSON on standard input, answers leave on what standard output was at the start; `side` is the other end.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from cabanas_perf.workloads.base import Reply

_UNLIMITED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Brief:
    """What a worker is started with. Its servers are in its environment."""

    source: str
    """The folder that holds the core."""
    toolkit: str
    """The folder that holds the package ``cabanas_perf`` to use: the running one's, or the same as `source`."""
    workload: str
    clock: str
    """cpu or wall"""
    seed: int
    run_id: str
    cabins: int
    prepare: bool
    """Migrate and seed the database first, by the checkout's own migrations and seeds."""

    def encode(self) -> str:
        return json.dumps(asdict(self))


class _Bench:
    """An open workload, asked for turns."""

    def __init__(self, workload: Any, read_ns: Callable[[], int]) -> None:
        self._workload = workload
        self._read_ns = read_ns

    async def take_turn(self, count: int) -> dict[str, Any]:
        batch = self._workload.draw(count)
        if hasattr(self._workload, "answer"):
            taken_ns, answers = self._call(self._workload.answer, batch)
            return {"taken_ns": taken_ns, "outputs": [self._workload.describe(answer) for answer in answers]}
        if hasattr(self._workload, "call"):
            taken_ns, replies = self._call(self._workload.call, batch)
        else:
            taken_ns, replies = await self._send(batch)
        return {"taken_ns": taken_ns, "outputs": [_describe_reply(reply) for reply in replies]}

    def _call(self, call: Callable[[Any], Any], batch: Sequence[Any]) -> tuple[int, list[Any]]:
        started_ns = self._read_ns()
        answers = [call(request) for request in batch]
        return self._read_ns() - started_ns, answers

    async def _send(self, batch: Sequence[Any]) -> tuple[int, list[Reply]]:
        taken_ns, replies = 0, []
        for request in batch:
            started_ns = self._read_ns()
            reply = await self._workload.send(request)
            ended_ns = self._read_ns()
            # Replies to webhooks are timed by the service's own tables.
            taken_ns += ended_ns - started_ns if reply.latency_ns is None else reply.latency_ns
            replies.append(reply)
        return taken_ns, replies


def _describe_reply(reply: Reply) -> dict[str, str]:
    return {"outcome": f"{reply.outcome.value}/{reply.kind}" if reply.kind else reply.outcome.value}


async def _serve(brief: Brief, answers: TextIO) -> None:
    from cabanas.settings import Settings  # noqa: PLC0415
    from cabanas_perf.workloads.base import Via, WorkloadContext  # noqa: PLC0415
    from cabanas_perf.workloads.registry import load_workload  # noqa: PLC0415

    settings = Settings()
    if brief.prepare:
        from cabanas_perf.runners.databases import DataSize, prepare_own  # noqa: PLC0415

        assert settings.database_url is not None
        await prepare_own(settings.database_url, DataSize(cabins=brief.cabins))
    context = WorkloadContext(
        via=Via.DIRECT, seed=brief.seed, total_requests=_UNLIMITED, run_id=brief.run_id, settings=settings
    )
    async with AsyncExitStack() as stack:
        workload = await stack.enter_async_context(load_workload(brief.workload).open(context))
        bench = _Bench(workload, process_time_ns if brief.clock == "cpu" else perf_counter_ns)
        _answer(answers, {"ready": True})
        while line := await asyncio.to_thread(sys.stdin.readline):
            _answer(answers, await bench.take_turn(json.loads(line)["count"]))


def _answer(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer, default=str) + "\n")
    answers.flush()


def _choose_packages(brief: Brief) -> None:
    """`cabanas_perf` from the toolkit, `cabanas` from the checkout, whatever else is installed."""
    sys.path.insert(0, brief.toolkit)
    import cabanas_perf  # noqa: PLC0415

    sys.path.insert(0, brief.source)
    import cabanas  # noqa: PLC0415

    for package, folder in ((cabanas_perf, brief.toolkit), (cabanas, brief.source)):
        found = Path(package.__file__ or "").resolve()
        if not found.is_relative_to(Path(folder).resolve()):
            raise ImportError(f"{package.__name__} came from {found.parent}")


def main() -> None:
    # Whatever the core prints must not end up among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    brief = Brief(**json.loads(sys.stdin.readline()))
    try:
        _choose_packages(brief)
        asyncio.run(_serve(brief, answers))
    except Exception as error:
        _answer(answers, {"error": f"{type(error).__name__}: {error}"})
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
