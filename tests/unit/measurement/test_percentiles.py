import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.measurement.percentiles import nearest_rank, percentile_of_sorted, value_at_rank


@pytest.mark.parametrize(
    ("q", "n", "rank"),
    # The nearest-rank examples of https://en.wikipedia.org/wiki/Percentile: 5 values, and 10 values.
    [
        (0.05, 5, 1),
        (0.3, 5, 2),
        (0.4, 5, 2),
        (0.5, 5, 3),
        (1, 5, 5),
        (0.25, 10, 3),
        (0.5, 10, 5),
        (0.75, 10, 8),
        # Where binary floating point would land one rank too high.
        (0.07, 100, 7),
        (0.55, 100, 55),
        (0.999, 1000, 999),
        (0, 3, 1),
        (0.9999, 10_000, 9_999),
    ],
)
def test_the_rank_is_the_ceiling_of_q_times_n(q, n, rank):
    assert nearest_rank(q, n) == rank


@given(st.integers(1, 9_999), st.integers(1, 10_000_000))
def test_the_rank_agrees_with_exact_fractions(ten_thousandths, n):
    assert nearest_rank(ten_thousandths / 10_000, n) == math.ceil(Fraction(ten_thousandths, 10_000) * n)


@given(st.lists(st.integers(0, 50), min_size=1), st.floats(0, 1))
def test_raw_values_and_counts_agree(values, q):
    ordered = sorted(values)
    counts = [(value, values.count(value)) for value in sorted(set(values))]
    assert value_at_rank(counts, nearest_rank(q, len(values))) == percentile_of_sorted(ordered, q)


@pytest.mark.parametrize(("q", "n"), [(0.5, 0), (-0.1, 5), (1.1, 5)])
def test_what_has_no_percentile_says_so(q, n):
    with pytest.raises(ValueError):
        nearest_rank(q, n)


def test_a_rank_beyond_the_counts_says_so():
    with pytest.raises(ValueError, match="rank 4 asked of 3"):
        value_at_rank([(1, 2), (5, 1)], 4)
