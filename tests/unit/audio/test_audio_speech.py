from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.audio.spans import Span
from cabanas.audio.speech import find_speech

PROBABILITIES = st.lists(st.floats(0, 1), max_size=400)


def test_without_a_sure_frame_nobody_speaks():
    assert find_speech([0.49] * 100, shortest_pause=5, longest=50) == []
    assert find_speech([], shortest_pause=5, longest=50) == []


def test_doubtful_speech_counts_beside_sure_speech():
    over_a_bad_line = [0.1, *[0.3] * 40, *[0.6] * 10, *[0.3] * 20, 0.1]
    assert find_speech(over_a_bad_line, shortest_pause=5, longest=100) == [Span(1, 71)]


@pytest.mark.parametrize(("pause", "expected"), [(4, [Span(0, 24)]), (5, [Span(0, 10), Span(15, 25)])])
def test_a_pause_ends_a_stretch_once_it_is_long_enough(pause, expected):
    assert find_speech([*[0.9] * 10, *[0.0] * pause, *[0.9] * 10], shortest_pause=5, longest=100) == expected


def test_a_long_stretch_is_cut_where_speech_is_least_sure():
    probabilities = [0.9] * 100
    probabilities[30] = 0.3  # one frame: a consonant
    probabilities[44:47] = [0.4, 0.4, 0.4]
    assert find_speech(probabilities, shortest_pause=5, longest=60) == [Span(0, 45), Span(45, 100)]


@given(PROBABILITIES, st.integers(1, 30), st.integers(8, 100))
def test_all_possible_speech_is_in_one_stretch_and_none_is_too_long(probabilities, shortest_pause, longest):
    spans = find_speech(probabilities, shortest_pause=shortest_pause, longest=longest)
    assert bool(spans) == (max(probabilities, default=0) >= 0.5)
    assert all(0 < span.length <= longest for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    if spans:
        kept = {frame for span in spans for frame in range(span.start, span.end)}
        assert {frame for frame, probability in enumerate(probabilities) if probability >= 0.25} <= kept


@given(st.integers(200, 1000))
def test_no_stub_is_cut_off(length):
    spans = find_speech([0.9] * length, shortest_pause=5, longest=100)
    assert min(span.length for span in spans) >= 25
