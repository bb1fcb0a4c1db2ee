from __future__ import annotations

from collections import Counter
from heapq import merge
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.load.arrivals import RateStage, Spacing, plan_arrivals
from cabanas_perf.load.mix import Stream

MIX = (Stream("A", 70), Stream("B", 20), Stream("C", 10))
STAGES = st.lists(
    st.builds(
        RateStage,
        duration_s=st.floats(0.5, 5),
        start_rps=st.floats(0, 200),
        end_rps=st.floats(0, 200),
    ),
    min_size=1,
    max_size=4,
)


def arrivals(stages, spacing=Spacing.CONSTANT, seed=0, mix=MIX, **part):
    return list(plan_arrivals(stages, mix, spacing=spacing, seed=seed, **part))


def test_a_constant_rate_is_evenly_spaced():
    times = [each.at_s for each in arrivals([RateStage(2, 50, 50)])]
    assert times == pytest.approx([number / 50 for number in range(100)])


def test_a_ramp_has_as_many_arrivals_as_its_area():
    times = [each.at_s for each in arrivals([RateStage(10, 0, 100)])]
    assert len(times) == 500
    # A quarter of the area under a ramp lies in its first half.
    assert sum(at_s < 5 for at_s in times) == 125


def test_a_constant_mix_is_dealt_in_its_proportion_over_every_stretch():
    streams = [each.stream for each in arrivals([RateStage(10, 100, 100)])]
    assert Counter(streams) == {0: 700, 1: 200, 2: 100}
    for start in range(0, 1000, 50):
        assert abs(streams[start : start + 50].count(0) - 35) <= 1


@given(STAGES, st.sampled_from(Spacing), st.integers(0, 5), st.integers(1, 5))
def test_workers_together_make_the_sequence_of_one(stages, spacing, seed, workers):
    whole = arrivals(stages, spacing, seed)
    parts = [arrivals(stages, spacing, seed, index=index, of=workers) for index in range(workers)]
    assert list(merge(*parts, key=lambda each: each.at_s)) == whole


@given(STAGES, st.sampled_from(Spacing))
def test_arrivals_are_in_order_and_within_the_plan(stages, spacing):
    times = [each.at_s for each in arrivals(stages, spacing)]
    assert times == sorted(times)
    assert all(0 <= at_s <= sum(stage.duration_s for stage in stages) + 1e-6 for at_s in times)


def test_poisson_arrivals_are_as_many_and_as_irregular_as_they_should_be():
    times = [each.at_s for each in arrivals([RateStage(100, 100, 100)], Spacing.POISSON, seed=3)]
    assert len(times) == pytest.approx(10_000, rel=0.03)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert deviation / mean == pytest.approx(1, rel=0.05)  # exponential gaps


def test_the_same_seed_makes_the_same_arrivals():
    stages = [RateStage(5, 100, 100)]
    assert arrivals(stages, Spacing.POISSON, 1) == arrivals(stages, Spacing.POISSON, 1)
    assert arrivals(stages, Spacing.POISSON, 1) != arrivals(stages, Spacing.POISSON, 2)
