from pathlib import Path

import pytest

from cabanas_perf.measurement.paired import DEFAULT_PAIRS, DEFAULT_PAIRS_WAITING
from cabanas_perf.runners.ab.run import AbOptions
from cabanas_perf.runners.pairs import Timer
from cabanas_perf.workloads.registry import load_workload


def options(workload="nlu", **changes):
    return AbOptions("main", None, load_workload(workload), "cabanas-perf ab main", Path("profiles"), **changes)


@pytest.mark.parametrize(
    ("workload", "timer", "pairs", "rounds"),
    [
        ("nlu", Timer.CPU, DEFAULT_PAIRS, 5),
        ("prereservation", Timer.WALL, DEFAULT_PAIRS_WAITING, 10),
        ("health", Timer.WALL, DEFAULT_PAIRS_WAITING, 10),
        ("transcription", Timer.WALL, DEFAULT_PAIRS_WAITING, 10),
    ],
)
def test_whoever_waits_gets_the_wall_clock_and_more_pairs(workload, timer, pairs, rounds):
    chosen = options(workload)
    assert (chosen.timer, chosen.pairs, chosen.rounds) == (timer, pairs, rounds)


@pytest.mark.parametrize(
    ("pairs", "rounds", "by_round"),
    [(100, 5, [20] * 5), (7, 3, [3, 2, 2]), (5, 10, [1] * 5), (6, 1, [6])],
)
def test_the_pairs_asked_for_are_spread_over_the_rounds_and_none_is_lost(pairs, rounds, by_round):
    assert options(pairs_wanted=pairs, rounds_wanted=rounds).pairs_by_round() == by_round
