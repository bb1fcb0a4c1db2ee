import math
import random
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cabanas_perf.measurement.binomial import at_least
from cabanas_perf.measurement.paired import (
    DEFAULT_PAIRS,
    DEFAULT_PAIRS_WAITING,
    PAIRS_MIN,
    Difference,
    PairedRatio,
    Rule,
    estimate_ratio,
    judge_pairs,
    judge_rounds,
    pairs_for_power,
    pairs_needed,
)

ratio_lists = st.lists(st.floats(0.01, 100), min_size=1, max_size=80)


def around(centre, spread, n=60):
    """Ratios in even steps from centre / (1 + spread) to centre * (1 + spread)."""
    return [centre * (1 + spread) ** (2 * step / (n - 1) - 1) for step in range(n)]


@pytest.mark.parametrize(
    ("centre", "spread", "difference"),
    [
        (1.30, 0.02, Difference.SLOWER),
        (1.10, 0.02, Difference.SLOWER),
        (0.90, 0.02, Difference.FASTER),
        (1.00, 0.02, Difference.NONE),
        (1.03, 0.02, Difference.NONE),
        (1.05, 0.02, Difference.UNPROVEN),
        (1.00, 0.60, Difference.UNPROVEN),
        (1.30, 4.00, Difference.UNPROVEN),
    ],
)
def test_a_difference_counts_when_the_whole_interval_lies_beyond_the_margin(centre, spread, difference):
    assert judge_pairs(around(centre, spread)).difference is difference


def test_a_wider_margin_excuses_more():
    ratios = around(1.10, 0.02)
    assert judge_pairs(ratios, Rule(0.05)).difference is Difference.SLOWER
    assert judge_pairs(ratios, Rule(0.20)).difference is Difference.NONE


@pytest.mark.parametrize("margin", [0, -0.1, math.nan])
def test_a_margin_is_above_nothing(margin):
    with pytest.raises(ValueError, match="margin"):
        Rule(margin)


@pytest.mark.parametrize("ratios", [[], [1, 0], [1, -1], [1, math.inf]])
def test_ratios_are_above_nothing_and_finite(ratios):
    with pytest.raises(ValueError, match="ratio"):
        estimate_ratio(ratios)


def test_four_pairs_prove_nothing_however_far_apart():
    verdict = judge_pairs([10.0] * (PAIRS_MIN - 1))
    assert verdict.estimate == PairedRatio(PAIRS_MIN - 1, 10.0, None, None)
    assert verdict.estimate.largest_difference_ratio is None
    assert verdict.difference is Difference.UNPROVEN
    assert verdict.pairs_needed == PAIRS_MIN
    assert judge_pairs([10.0] * PAIRS_MIN).difference is Difference.SLOWER


@given(ratio_lists)
def test_swapping_the_sides_inverts_the_estimate_and_its_interval(ratios):
    there, back = estimate_ratio(ratios), estimate_ratio([1 / ratio for ratio in ratios])
    assert there.ratio * back.ratio == pytest.approx(1)
    if there.low is None:
        assert there.high is back.low is back.high is None
    else:
        assert (there.low * back.high, there.high * back.low) == pytest.approx((1, 1))
        assert there.low <= there.ratio <= there.high


@given(ratio_lists, st.floats(0.01, 0.5))
def test_swapping_the_sides_turns_slower_into_faster(ratios, margin):
    # On the very edge of a margin rounding may decide either way.
    estimate, rule = estimate_ratio(ratios), Rule(margin)
    bounds = [bound for bound in (estimate.low, estimate.high) if bound is not None]
    assume(all(abs(math.log(bound / edge)) > 1e-9 for bound in bounds for edge in (rule.low, rule.high)))
    mirrored = {Difference.SLOWER: Difference.FASTER, Difference.FASTER: Difference.SLOWER}
    there, back = judge_pairs(ratios, rule), judge_pairs([1 / ratio for ratio in ratios], rule)
    assert back.difference is mirrored.get(there.difference, there.difference)


@given(st.integers(PAIRS_MIN, 300))
def test_the_interval_is_never_narrower_than_the_bootstraps(n):
    # A resample's median is at most the k-th value when half of its n draws are: Binomial(n, k / n).
    half = (n + 1) // 2
    bootstrap_low = next(rank for rank in range(1, n + 1) if at_least(half, n, rank / n) >= 0.05)
    low = estimate_ratio(range(1, n + 1)).low
    assert low <= bootstrap_low <= low + 1


def test_nineteen_intervals_in_twenty_hold_the_true_median_on_each_side():
    rng = random.Random(5)
    misses_low = misses_high = 0
    for _ in range(2_000):
        # Skewed, with a slow mode: the shape does not matter to ranks.
        ratios = [rng.lognormvariate(0, 0.1) * (1.5 if rng.random() < 0.05 else 1) for _ in range(31)]
        estimate = estimate_ratio(ratios)
        # The slow mode moves the median of the mixture by about 0.7 %.
        misses_low += estimate.low > 1.007
        misses_high += estimate.high < 1.007
    assert 0.02 < misses_low / 2_000 < 0.065
    assert 0.02 < misses_high / 2_000 < 0.065


def test_a_difference_must_recur_in_every_round():
    slower, equal, faster = around(1.3, 0.02, 20), around(1.001, 0.0005, 20), around(0.95, 0.02, 20)
    assert judge_rounds([slower, slower, slower, equal]).difference is Difference.SLOWER
    assert judge_rounds([slower, slower, slower, faster]).difference is Difference.UNPROVEN
    assert judge_pairs(slower * 3 + faster).difference is Difference.SLOWER
    assert judge_rounds([slower, []]).difference is Difference.SLOWER


@pytest.mark.parametrize(
    ("with_it", "against_it", "proven"),
    [(2, 0, True), (2, 1, False), (5, 0, True), (6, 1, False), (7, 1, True), (9, 1, True), (8, 2, False)],
)
def test_as_many_rounds_may_disagree_as_chance_would_have_it(with_it, against_it, proven):
    rounds = [around(1.3, 0.02, 20)] * with_it + [around(0.99, 0.005, 5)] * against_it
    expected = Difference.SLOWER if proven else Difference.UNPROVEN
    assert judge_rounds(rounds).difference is expected


def test_equality_need_not_recur_on_one_side():
    assert judge_rounds([around(1.01, 0.005), around(0.99, 0.005)]).difference is Difference.NONE


@pytest.mark.parametrize(("centre", "spread"), [(1.0, 0.60), (1.03, 0.25), (1.10, 0.30)])
def test_as_many_pairs_as_are_said_to_be_missing_settle_it(centre, spread):
    verdict = judge_pairs(around(centre, spread, 20))
    assert verdict.difference is Difference.UNPROVEN
    # Ranks come in whole numbers, so allow for a step.
    enough = round(verdict.pairs_needed * 1.2)
    assert judge_pairs(around(centre, spread, enough)).difference is not Difference.UNPROVEN
    assert judge_pairs(around(centre, spread, verdict.pairs_needed // 3)).difference is Difference.UNPROVEN


def test_on_the_edge_no_number_of_pairs_settles_it():
    assert pairs_needed(PairedRatio(60, Rule().high, 1.0, 1.1)) is None
    assert pairs_needed(PairedRatio(60, 1.0499, 1.0, 1.1)) is None


def test_an_answer_needs_no_more_pairs():
    assert judge_pairs(around(1.3, 0.02)).pairs_needed is None


@pytest.mark.parametrize(("low", "high", "largest"), [(0.98, 1.08, 0.08), (0.8, 1.1, 0.25)])
def test_the_largest_difference_left_open_looks_both_ways(low, high, largest):
    assert PairedRatio(60, 1.0, low, high).largest_difference_ratio == pytest.approx(largest)


def power(spread, slowdown, pairs, experiments=400):
    rng = random.Random(1)
    found = 0
    for _ in range(experiments):
        ratios = [(1 + slowdown) * math.exp(rng.gauss(0, spread)) for _ in range(pairs)]
        found += judge_pairs(ratios).difference is Difference.SLOWER
    return found / experiments


@pytest.mark.parametrize("spread", [0.08, 0.12])
def test_the_pairs_for_a_power_give_that_power(spread):
    pairs = pairs_for_power(spread, slowdown_ratio=0.10, power=0.85)
    assert 0.78 < power(spread, 0.10, pairs) < 0.95


def test_more_power_less_slowdown_and_more_noise_need_more_pairs():
    counts = [
        pairs_for_power(spread, slowdown_ratio=slowdown, power=wanted)
        for spread, slowdown, wanted in [(0.05, 0.3, 0.85), (0.05, 0.1, 0.85), (0.05, 0.1, 0.99), (0.1, 0.1, 0.99)]
    ]
    assert all(fewer < more for fewer, more in pairwise(counts))


def test_a_slowdown_within_the_margin_cannot_be_proven():
    with pytest.raises(ValueError, match="within the margin"):
        pairs_for_power(0.05, slowdown_ratio=0.05, power=0.85)


@pytest.mark.parametrize(("spread", "pairs"), [(0.10, DEFAULT_PAIRS), (0.20, DEFAULT_PAIRS_WAITING)])
def test_the_rule_as_shipped_on_the_noise_that_it_was_made_for(spread, pairs):
    assert power(spread, 0.0, pairs) <= 0.01
    assert power(spread, 0.10, pairs) >= 0.85
    assert power(spread, 0.30, pairs) >= 0.99
