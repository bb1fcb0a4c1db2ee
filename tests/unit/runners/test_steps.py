import asyncio
import time

import pytest

from cabanas.stages import Recording
from cabanas_perf.runners.steps import note_steps, noting_steps_of_tasks


def busy(duration_s):
    end = time.perf_counter() + duration_s
    while time.perf_counter() < end:
        pass


async def work_and_wait():
    busy(0.004)
    await asyncio.sleep(0.02)
    busy(0.004)
    return "done"


def total_s(recording):
    return sum(ended_ns - started_ns for started_ns, ended_ns in recording.running) / 1e9


async def test_only_running_counts_and_the_answer_passes_through():
    with Recording.in_detail() as recording:
        started = time.perf_counter()
        assert await note_steps(work_and_wait()) == "done"
        elapsed_s = time.perf_counter() - started
    assert 0.008 <= total_s(recording) < elapsed_s - 0.015


async def test_the_steps_of_tasks_are_those_of_the_request_that_started_them():
    with noting_steps_of_tasks(), Recording.in_detail() as recording:
        await asyncio.create_task(work_and_wait())
    assert total_s(recording) >= 0.008
    assert asyncio.get_running_loop().get_task_factory() is None


async def test_errors_and_cancellations_reach_the_coroutine():
    seen = []

    async def stubborn():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def broken():
        await asyncio.sleep(0)
        raise ValueError("broken on purpose")

    with pytest.raises(ValueError, match="broken on purpose"):
        await note_steps(broken())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await note_steps(stubborn())
    assert seen == ["cancelled"]
