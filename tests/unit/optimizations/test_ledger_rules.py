"""What a measured saving makes of a claim, and what is worth doing first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.optimizations.make_ledger import a_point, a_row

from cabanas_perf.report.ledger import by_worth, judge_claim, saved_per_hour_ms


@pytest.mark.parametrize(
    ("low", "high", "verdict", "words"),
    [
        (0.31, 0.49, "confirmed", "is saved"),
        (0.25, 0.35, "confirmed", "is saved"),
        (0.10, 0.90, "confirmed", "is saved"),
        (0.20, 0.30, "not measurable here", "over an end of the claim"),
        (0.50, 0.90, "not measurable here", "over an end of the claim"),
        (0.20, 0.29, "below claim", "less is saved"),
        (-0.01, 0.02, "below claim", "no saving is proven"),
        (-0.50, -0.10, "below claim", "it costs time"),
        (0.51, 0.60, "above claim", "more is saved"),
        (-0.05, 0.40, "not measurable here", "take more pairs"),
        (0.0, 0.30, "not measurable here", "take more pairs"),
    ],
)
def test_the_interval_decides_against_a_claim_of_30_to_50_percent(low, high, verdict, words):
    ruling = judge_claim(0.3, 0.5, a_point(low=low, high=high))
    assert ruling.verdict == verdict
    assert words in ruling.reason


def test_another_answer_is_no_saving_whatever_it_saves():
    assert judge_claim(0.3, 0.5, a_point(low=0.35, high=0.45, outputs_equal=False)).verdict == "changes the answer"


def test_a_claim_with_its_ends_swapped_is_a_mistake():
    with pytest.raises(ValueError, match="wrong way round"):
        judge_claim(0.5, 0.3, a_point())


RATIOS = st.floats(-2, 1)


@given(claim=st.tuples(RATIOS, RATIOS).map(sorted), interval=st.tuples(RATIOS, RATIOS).map(sorted))
def test_no_saving_is_confirmed_that_lies_outside_the_claim_or_may_be_nothing(claim, interval):
    (claim_low, claim_high), (low, high) = claim, interval
    verdict = judge_claim(claim_low, claim_high, a_point(low=low, high=high)).verdict
    if verdict == "confirmed":
        assert low > 0
        assert claim_low <= (low + high) / 2 <= claim_high
    assert (verdict == "below claim") == (high < claim_low)
    assert (verdict == "above claim") == (low > claim_high and high >= claim_low)


@pytest.mark.parametrize(
    ("row", "worth_ms"),
    [
        (a_row(saved_ms=12, effort_h=4), 3),
        (a_row(saved_ms=12, effort_h=4, low=-0.1), 0),
        (a_row(saved_ms=12, effort_h=4, verdict="changes the answer"), 0),
        (a_row(saved_ms=None, low=None, saving=None, high=None, verdict="not measurable here"), None),
    ],
)
def test_only_a_proven_saving_of_the_same_answer_is_worth_anything(row, worth_ms):
    assert saved_per_hour_ms(row) == worth_ms


def test_the_row_that_saves_most_for_an_hour_comes_first_and_what_nobody_measured_last():
    rows = [
        a_row("O7", saved_ms=None, low=None, saving=None, high=None, verdict="not measurable here"),
        a_row("O1", saved_ms=5, effort_h=5),
        a_row("O3", saved_ms=9, effort_h=1, verdict="changes the answer"),
        a_row("O5", saved_ms=600, effort_h=6),
    ]
    assert [row.id for row in by_worth(rows)] == ["O5", "O1", "O3", "O7"]
