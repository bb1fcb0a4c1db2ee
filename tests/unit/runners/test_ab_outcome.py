from pathlib import Path

import pytest

from cabanas_perf.measurement.paired import Difference, Rule
from cabanas_perf.runners.ab.checkouts import Checkout
from cabanas_perf.runners.ab.outcome import Measured, build_comparison, judge_comparison
from cabanas_perf.runners.pairs import PairRun, Timer
from cabanas_perf.slo.verdict import Verdict

MS = 1_000_000


def checkout(name="main", commit="a" * 40, dirty=False, dependencies=()):
    return Checkout(name, commit, dirty, Path("/nowhere"), frozenset(dependencies))


def pair_run(ratios, base_ns=10 * MS, batch=5):
    """A round whose pairs have these ratios."""
    doubled = [ratio for ratio in ratios for _ in range(2)]
    return PairRun(
        base_ns=[base_ns] * len(doubled),
        head_ns=[round(base_ns * ratio) for ratio in doubled],
        inputs=batch * len(doubled),
        compared=batch * len(doubled),
        complete=True,
    )


def compare(*rounds, base=None, head=None, margin=0.05, **measured):
    found = Measured(batch=5, runs=[(number, pair_run(ratios)) for number, ratios in enumerate(rounds)], **measured)
    comparison = build_comparison(
        "nlu",
        base or checkout(),
        head or checkout("head", "b" * 40),
        found,
        timer=Timer.CPU,
        rule=Rule(margin),
    )
    return comparison, judge_comparison(comparison, found.failures)


@pytest.mark.parametrize(
    ("rounds", "difference", "verdict", "reason"),
    [
        ([[1.3] * 10] * 3, Difference.SLOWER, Verdict.MISSED, "beyond the margin"),
        ([[0.7] * 10] * 3, Difference.FASTER, Verdict.MET, "within the margin"),
        ([[1.0] * 10] * 3, Difference.NONE, Verdict.MET, "within the margin"),
        # Whether it is faster by more than the margin is open, but slower it is not.
        ([[0.9, 0.93, 0.94, 0.95, 0.97, 1.0] * 3], Difference.UNPROVEN, Verdict.MET, "within the margin"),
        ([[0.8, 1.0, 1.3] * 5], Difference.UNPROVEN, Verdict.INCONCLUSIVE, "reaches over the margin"),
        ([[1.3] * 10, [1.3] * 10, [0.99] * 5], Difference.UNPROVEN, Verdict.INCONCLUSIVE, "some rounds"),
        ([[1.3] * 3], Difference.UNPROVEN, Verdict.INCONCLUSIVE, "too few pairs"),
        ([], Difference.UNPROVEN, Verdict.INCONCLUSIVE, "too few pairs"),
    ],
)
def test_what_the_pairs_prove_decides_the_verdict(rounds, difference, verdict, reason):
    comparison, (judgement,) = compare(*rounds)
    assert comparison.difference is difference
    assert judgement.verdict is verdict
    assert reason in judgement.reason
    assert judgement.samples == comparison.pairs == sum(map(len, rounds))
    if verdict is not Verdict.INCONCLUSIVE:
        assert judgement.missing_samples is None


def test_missing_pairs_are_those_beyond_the_ones_that_were_run():
    comparison, (judgement,) = compare([0.8, 1.0, 1.3] * 5)
    assert judgement.missing_samples == comparison.pairs_needed - 15 > 0


def test_the_margin_moves_the_verdict():
    assert compare([1.3] * 10, margin=0.5)[1][0].verdict is Verdict.MET
    assert compare([1.3] * 10, margin=0.5)[1][0].objective.assertion.target == 1.5


def test_the_record_keeps_every_turn_and_the_time_of_one_request():
    comparison, _ = compare([1.5] * 6, [1.5] * 6)
    assert (comparison.base.p50_ms, comparison.head.p50_ms) == (2.0, 3.0)
    assert [len(one.base_ns) for one in comparison.rounds] == [12, 12]
    assert comparison.outputs_compared == 120


def answers(*, intents="precio", guests=2, outcome=None):
    fields = {"intents": intents, "guests": guests}
    return fields if outcome is None else {"outcome": outcome}


def test_answers_are_compared_by_the_fields_that_both_sides_have():
    measured = Measured()
    assert measured.compare(answers(), answers())
    assert not measured.compare(answers(), answers(guests=3))
    assert not measured.compare(answers(), answers(guests=3, intents="saludo"))
    assert measured.compare(answers(), {"outcome": "ok"})
    assert measured.differing == {"guests": 2, "intents": 1}


@pytest.mark.parametrize(
    ("base", "head", "verdicts"),
    [
        ("ok", "ok", [Verdict.MET]),
        ("refused/dates_taken", "refused/dates_taken", [Verdict.MET]),
        ("ok", "error/http_500", [Verdict.MET, Verdict.MISSED]),
        ("ok", "timeout/TimeoutError", [Verdict.MET, Verdict.MISSED]),
        ("error/http_500", "ok", [Verdict.MET, Verdict.INCONCLUSIVE]),
        ("error/http_500", "error/http_500", [Verdict.MET, Verdict.INCONCLUSIVE]),
    ],
)
def test_a_head_whose_requests_fail_misses_however_fast(base, head, verdicts):
    measured = Measured()
    measured.compare(answers(outcome=base), answers(outcome=head))
    _, judgements = compare([0.9] * 10, failures=measured.failures)
    assert [one.verdict for one in judgements] == verdicts


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"head": checkout("head", "a" * 40)}, "same commit"),
        ({"head": checkout("head", "b" * 40, dependencies=["asyncpg>=1"])}, "different dependencies (asyncpg>=1)"),
        ({"own_workload": ["main"]}, "main was driven by its own version"),
        ({"failures": {"base": 0, "head": 3}}, "3 requests of the head failed"),
    ],
)
def test_what_else_there_is_to_say_is_said(changes, note):
    comparison, _ = compare([1.0] * 10, **changes)
    assert note in " ".join(comparison.notes)
    assert compare([1.0] * 10)[0].notes == ()


def test_a_dirty_tree_is_not_its_commit():
    comparison, _ = compare([1.0] * 10, head=checkout("working tree", "a" * 40, dirty=True))
    assert comparison.notes == ()
    assert comparison.head.dirty
