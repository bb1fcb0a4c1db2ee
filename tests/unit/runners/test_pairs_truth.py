"""The rule as shipped against real work and a real clock; hundreds of times over by ``nox -s rules``."""

from collections import Counter

import pytest

from cabanas_perf.measurement.paired import Difference, judge_pairs
from cabanas_perf.runners.pairs import Timer, Variant, run_pairs

EXPERIMENTS = 12
PAIRS = 40


def spin(steps):
    return sum(number * number % 7 for number in range(steps))


async def judge_often(steps):
    """What so many steps are found to be against 3,000, and how often."""
    found = Counter()
    for seed in range(EXPERIMENTS):
        run = await run_pairs(
            Variant("base", lambda _: spin(3_000)),
            Variant("head", lambda _: spin(steps)),
            draw=lambda: [None],
            pairs=PAIRS,
            seed=seed,
            timer=Timer.CPU,
            equal=None,
        )
        found[judge_pairs(run.ratios).difference] += 1
    return found


@pytest.mark.serial
async def test_identical_work_is_never_called_slower_or_faster():
    assert not set(await judge_often(3_000)) & {Difference.SLOWER, Difference.FASTER}


@pytest.mark.serial
async def test_a_third_more_is_found_and_a_third_less_too():
    assert (await judge_often(4_000))[Difference.SLOWER] >= EXPERIMENTS - 1
    assert (await judge_often(2_000))[Difference.FASTER] >= EXPERIMENTS - 1
