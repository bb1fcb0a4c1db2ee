"""When a request's code ran and when it waited: each step of its tasks, from one suspension to the next.

The event loop resumes a task with ``send`` and gets it back at the next suspension; between the two the thread is its
own. So the time that it took is known without a profiler, whatever else the loop has to do in between.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any, TypeVar

from cabanas.stages import Recording, current_recording

T = TypeVar("T")


@types.coroutine
def note_steps(coroutine: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Await the coroutine, and tell the recordings that are open when its steps begin or end how long those took."""
    sent: Any = None
    thrown: BaseException | None = None
    while True:
        before = current_recording()
        started_ns = perf_counter_ns()
        try:
            waited_for = coroutine.send(sent) if thrown is None else coroutine.throw(thrown)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            _note(before, current_recording(), started_ns, perf_counter_ns())
        try:
            sent, thrown = (yield waited_for), None
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the coroutine's to handle
            thrown = error


def _note(before: Recording | None, after: Recording | None, started_ns: int, ended_ns: int) -> None:
    for recording in (before,) if before is after else (before, after):
        if recording is not None and recording.running is not None:
            recording.running.append((started_ns, ended_ns))


@contextmanager
def noting_steps_of_tasks() -> Iterator[None]:
    """For the block, the tasks that the running loop makes note their steps: work that requests leave to others."""
    loop = asyncio.get_running_loop()

    def make_task(
        loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T], **options: Any
    ) -> asyncio.Task[T]:
        return asyncio.Task(_run(coroutine), loop=loop, **options)

    earlier = loop.get_task_factory()
    loop.set_task_factory(make_task)  # type: ignore[arg-type]  # its stub knows generators only
    try:
        yield
    finally:
        loop.set_task_factory(earlier)


async def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    return await note_steps(coroutine)
