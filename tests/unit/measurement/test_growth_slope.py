import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.measurement.growth import estimate_slope


@given(st.floats(-1e3, 1e3), st.floats(-1e6, 1e6), st.integers(3, 30))
def test_a_straight_line_has_its_slope(slope, start, count):
    found = estimate_slope([(x, start + slope * x) for x in range(count)])
    assert found.value == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_a_wild_point_moves_nothing_much():
    points = [(x, 5.0 * x) for x in range(20)]
    points[7] = (7, 1e9)
    assert estimate_slope(points).value == pytest.approx(5)


def test_too_few_points_have_no_bounds():
    assert estimate_slope([]) is None
    assert estimate_slope([(1, 1.0), (1, 2.0)]) is None
    assert estimate_slope([(1, 1.0), (2, 2.0)]).interval.low is None


def test_noise_alone_seldom_looks_like_growth():
    rng = random.Random(7)
    grows = 0
    for _ in range(300):
        slope = estimate_slope([(x, rng.gauss(0, 100)) for x in range(20)])
        grows += slope.interval.low > 0
    assert grows <= 30  # 5 % are to be expected: 15 of 300
