from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cabanas.audio.spans import Span, balanced_groups, original_position, pad_spans


@st.composite
def separate_spans(draw):
    edges = sorted(draw(st.lists(st.integers(0, 5000), min_size=2, max_size=24, unique=True)))
    return [Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]


@given(separate_spans(), st.integers(0, 300))
def test_padding_widens_without_overlap_and_stays_inside(spans, padding):
    total = spans[-1].end + 50
    padded = pad_spans(spans, padding=padding, total=total)
    assert padded[0].start >= 0
    assert padded[-1].end <= total
    for before, after in pairwise(padded):
        assert before.end <= after.start
    for span, wide in zip(spans, padded, strict=True):
        assert 0 <= span.start - wide.start <= padding
        assert 0 <= wide.end - span.end <= padding


def test_padding_is_full_where_there_is_room():
    assert pad_spans([Span(100, 200), Span(900, 950)], padding=40, total=1000) == [Span(60, 240), Span(860, 990)]


@given(separate_spans(), st.integers(1, 6000))
def test_groups_hold_every_span_once_and_in_order(spans, longest):
    groups = balanced_groups(spans, longest=longest)
    assert [span for group in groups for span in group] == spans
    assert all(groups)
    for group in groups:
        assert len(group) == 1 or sum(span.length for span in group) <= longest


def test_groups_are_about_equal_instead_of_full_and_a_stub():
    groups = balanced_groups([Span(i * 10, i * 10 + 10) for i in range(21)], longest=100)
    assert [len(group) for group in groups] == [7, 7, 7]


def test_no_speech_makes_no_groups():
    assert balanced_groups([], longest=100) == []


@given(separate_spans(), st.data())
def test_every_joined_sample_finds_its_way_back(spans, data):
    span = data.draw(st.sampled_from(spans))
    inside = data.draw(st.integers(1, span.length))
    joined = sum(other.length for other in spans if other.end <= span.start) + inside
    assert original_position(joined, spans) == span.start + inside


def test_a_position_past_the_end_is_the_end():
    assert original_position(10_000, [Span(0, 5), Span(8, 20)]) == 20
