import pytest

from cabanas_perf.measurement.paired import Difference
from cabanas_perf.renderers.comparisons import render_comparison
from cabanas_perf.report.record import ComparedRound, ComparedSide, Comparison

OPEN = "differences of up to 33.3 % are possible"


def comparison(**changes):
    fields = {
        "workload": "nlu",
        "base": ComparedSide(name="main", commit="0123456789abcdef", p50_ms=0.0312),
        "head": ComparedSide(name="working tree", commit="0123456789abcdef", dirty=True, p50_ms=0.0409),
        "clock": "cpu",
        "pairs": 100,
        "batch": 120,
        "rounds": (ComparedRound(hash_seed=1, base_ns=(1, 1), head_ns=(1, 1)),) * 5,
        "ratio": 1.31,
        "ratio_low": 1.296,
        "ratio_high": 1.333,
        "margin_ratio": 0.05,
        "largest_difference_ratio": 0.333,
        "difference": Difference.SLOWER,
        "outputs_compared": 26400,
    }
    return Comparison(**(fields | changes))


def test_the_answer_comes_first_and_then_what_it_rests_on():
    assert list(render_comparison(comparison())) == [
        "nlu: slower, 1.31 times the base (1.30 to 1.33)",
        "  base  31.2 us a request, main (0123456789)",
        "  head  40.9 us a request, working tree (0123456789, with changes)",
        "  100 pairs of 120 and 120 requests a side, in 5 pairs of processes, CPU clock",
        "  answers: 26400 of 26400 the same",
    ]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"difference": Difference.FASTER, "ratio": 0.8}, "nlu: faster, 0.800 times the base (1.30 to 1.33)"),
        (
            {"difference": Difference.NONE, "ratio": 1.0, "ratio_low": 0.99, "ratio_high": 1.02,
             "largest_difference_ratio": 0.02},
            "nlu: no difference larger than 2.0 %, 1.00 times the base (0.990 to 1.02)",
        ),
        (
            {"difference": Difference.UNPROVEN, "ratio": 1.3, "ratio_low": 0.9, "pairs_needed": 240},
            f"nlu: inconclusive, 1.30 times the base (0.900 to 1.33): {OPEN}; about 240 pairs would tell",
        ),
        (
            {"difference": Difference.UNPROVEN},
            f"nlu: inconclusive, 1.31 times the base (1.30 to 1.33): {OPEN}",
        ),
        (
            {"difference": Difference.UNPROVEN, "ratio_low": None, "ratio_high": None},
            "nlu: too few pairs to say anything",
        ),
    ],
)  # fmt: skip
def test_each_answer_has_its_sentence(changes, answer):
    assert next(render_comparison(comparison(**changes))) == answer


def test_answers_that_differ_are_said_loudly_and_notes_follow():
    lines = list(render_comparison(comparison(outputs_different=400, notes=("answers differ, by field: guests 400",))))
    assert lines[-3:] == [
        "  answers: 26000 of 26400 the same",
        "  THE ANSWERS DIFFER: this is not the same work done faster or slower",
        "  note: answers differ, by field: guests 400",
    ]
