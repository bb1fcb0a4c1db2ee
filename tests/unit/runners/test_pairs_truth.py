"""The rule as shipped against real work and a real clock; hundreds of times over by ``nox -s rules``."""

import pytest

from cabanas_perf.measurement.paired import Difference, judge_pairs
from cabanas_perf.runners.pairs import Timer, Variant, run_pairs

EXPERIMENTS = 20
PAIRS = 40


def spin(steps):
    return sum(number * number % 7 for number in range(steps))


async def count(difference, steps):
    """How often so many steps are found to be that against 10,000."""
    found = 0
    for seed in range(EXPERIMENTS):
        run = await run_pairs(
            Variant("base", lambda _: spin(10_000)),
            Variant("head", lambda _: spin(steps)),
            draw=lambda: [None],
            pairs=PAIRS,
            seed=seed,
            timer=Timer.CPU,
            equal=None,
        )
        found += judge_pairs(run.ratios).difference is difference
    return found


@pytest.mark.serial
async def test_identical_work_is_never_called_slower_or_faster():
    assert await count(Difference.SLOWER, 10_000) == 0
    assert await count(Difference.FASTER, 10_000) == 0


@pytest.mark.serial
async def test_a_third_more_is_found_and_a_third_less_too():
    assert await count(Difference.SLOWER, 13_000) >= EXPERIMENTS - 1
    assert await count(Difference.FASTER, 7_000) >= EXPERIMENTS - 1
