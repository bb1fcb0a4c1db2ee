import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cabanas_perf.measurement.change_points import SEGMENT_MIN, ChangePoint, find_change_points


def noisy(rng, *levels, spread=0.05):
    """Runs whose medians follow the levels: pairs of how many, and how high."""
    return [height * math.exp(rng.gauss(0, spread)) for count, height in levels for _ in range(count)]


@pytest.mark.parametrize(
    ("values", "indexes"),
    [
        ([], []),
        ([5.0], []),
        ([5.0] * 40, []),
        ([0.0] * 20, []),
        ([5.0] * 3 + [9.0] * 3, []),
        ([5.0] * 5 + [9.0] * 5, [5]),
        ([5.0] * 6 + [9.0] * 6 + [5.0] * 6, [6, 12]),
        ([5.0] * 8 + [50.0] + [5.0] * 8, []),
        ([5.0] * 8 + [5.1] * 8, []),
        ([0.0] * 8 + [5.0] * 8, [8]),
    ],
)
def test_changes_of_level_are_found_and_nothing_else(values, indexes):
    assert [point.index for point in find_change_points(values)] == indexes


def test_a_change_says_from_what_to_what():
    assert find_change_points([4.0] * 6 + [6.0] * 6) == [ChangePoint(6, 4.0, 6.0)]
    assert find_change_points([4.0] * 6 + [6.0] * 6)[0].ratio == 1.5
    assert find_change_points([0.0] * 6 + [6.0] * 6)[0].ratio == math.inf


def test_the_margin_says_what_is_worth_a_mark():
    values = [10.0, 10.1] * 6 + [11.0, 11.1] * 6
    assert [point.index for point in find_change_points(values)] == [12]
    assert find_change_points(values, margin_ratio=0.2) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1000), max_size=40), st.integers(0, 3))
def test_marks_lie_apart_inside_the_series_and_repeat(values, seed):
    points = find_change_points(values, seed=seed)
    places = [0, *(point.index for point in points), len(values)]
    assert all(later - earlier >= SEGMENT_MIN for earlier, later in pairwise(places) if points)
    assert points == find_change_points(values, seed=seed)


def test_noise_is_marked_seldom_and_a_fifth_more_is_found():
    rng = random.Random(4)
    marked = sum(bool(find_change_points(noisy(rng, (20, 5.0)))) for _ in range(60))
    found = 0
    for _ in range(20):
        points = find_change_points(noisy(rng, (12, 5.0), (12, 6.0)))
        found += any(abs(point.index - 12) <= 1 for point in points)
    assert marked <= 6
    assert found >= 18
