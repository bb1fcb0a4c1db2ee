import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.audio.policy import SIZES, nearest_size, wanted_size
from cabanas.audio.transcript import Segment, confidence_of


@pytest.mark.parametrize(
    ("duration_s", "size"),
    [(0, "tiny"), (9.99, "tiny"), (10, "base"), (29.99, "base"), (30, "small"), (600, "small")],
)
def test_the_size_wanted_follows_the_duration(duration_s, size):
    assert wanted_size(duration_s) == size


@pytest.mark.parametrize(
    ("wanted", "available", "had"),
    [
        ("tiny", {"base"}, "base"),
        ("small", {"base"}, "base"),
        ("tiny", {"base", "small"}, "base"),
        ("base", {"tiny", "small"}, "small"),
        ("small", {"tiny", "base"}, "base"),
        ("base", set(SIZES), "base"),
    ],
)
def test_a_missing_size_is_stood_in_for_by_the_next_larger_first(wanted, available, had):
    assert nearest_size(wanted, available) == had


def test_without_any_size_there_is_no_stand_in():
    with pytest.raises(ValueError, match="no model"):
        nearest_size("base", set())


SEGMENTS = st.builds(
    Segment,
    start_s=st.just(0.0),
    end_s=st.just(1.0),
    text=st.just("hola"),
    mean_log_probability=st.floats(-20, 0.5),
    tokens=st.integers(0, 200),
)


@given(st.lists(SEGMENTS, max_size=8))
def test_confidence_is_a_ratio(segments):
    assert 0 <= confidence_of(segments) <= 1


def test_confidence_weighs_segments_by_their_tokens():
    sure = Segment(0, 1, "hola", math.log(0.9), 30)
    unsure = Segment(1, 2, "eh", math.log(0.3), 10)
    assert confidence_of([sure, unsure]) == pytest.approx((0.9**30 * 0.3**10) ** (1 / 40))
