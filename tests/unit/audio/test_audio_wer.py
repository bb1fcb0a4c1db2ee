import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.measurement.wer import (
    WordErrors,
    normalised_words,
    paired_difference,
    pooled_interval,
    pooled_rate,
    spanish_number,
    word_error_rate,
    word_errors,
)

WORDS = st.lists(st.sampled_from(["hola", "una", "noche", "para", "dos"]), max_size=8).map(" ".join)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "cero"), (15, "quince"), (16, "dieciseis"), (21, "veintiuno"), (30, "treinta"), (45, "cuarenta y cinco"),
        (100, "cien"), (101, "ciento uno"), (115, "ciento quince"), (500, "quinientos"), (1000, "mil"),
        (1945, "mil novecientos cuarenta y cinco"), (21_000, "veintiun mil"), (31_001, "treinta y un mil uno"),
        (100_000, "cien mil"), (999_999, "novecientos noventa y nueve mil novecientos noventa y nueve"),
    ],
)  # fmt: skip
def test_numbers_are_spelled_in_spanish(number, words):
    assert spanish_number(number) == words


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_numbers_out_of_range_are_refused(number):
    with pytest.raises(ValueError, match="between"):
        spanish_number(number)


def test_every_number_has_its_own_words():
    assert len({spanish_number(n) for n in range(3000)}) == 3000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("¿Marque 1, ó 2?", ["marque", "uno", "o", "dos"]),
        ("el 15/12", ["el", "quince", "doce"]),
        ("Ñandú señal", ["nandu", "senal"]),
        ("2do piso", ["dos", "do", "piso"]),
        ("1145678910", ["uno", "uno", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "uno", "cero"]),
        (" ...", []),
    ],
)
def test_words_are_normalised(text, words):
    assert normalised_words(text) == words


@pytest.mark.parametrize(
    ("reference", "hypothesis", "errors"),
    [
        ("dos noches en enero", "dos noches en enero", 0),
        ("dos noches en enero", "dos noches enero", 1),
        ("dos noches en enero", "dos noches en el enero", 1),
        ("dos noches en enero", "tres noches en febrero", 2),
        ("dos noches", "", 2),
        ("", "hola mundo", 2),
        ("a b c d", "b c d a", 2),
    ],
)
def test_errors_are_the_fewest_edits(reference, hypothesis, errors):
    assert word_errors(reference, hypothesis).errors == errors


@given(WORDS, WORDS, WORDS)
def test_the_distance_is_a_metric(a, b, c):
    assert word_errors(a, b).errors == word_errors(b, a).errors
    assert word_errors(a, c).errors <= word_errors(a, b).errors + word_errors(b, c).errors
    assert (word_errors(a, b).errors == 0) == (a == b)


def test_the_rate_is_none_without_reference_words_and_may_exceed_one():
    assert word_error_rate("", "hola") is None
    assert word_error_rate("hola", "que tal che") == 3


def test_the_pooled_rate_weighs_words():
    assert pooled_rate([WordErrors(1, 1), WordErrors(0, 9)]) == pytest.approx(0.1)
    assert pooled_rate([]) is None


def test_equal_sides_differ_by_nothing():
    clips = [word_errors("una noche mas", text) for text in ("una noche", "noche mas", "una noche mas")]
    difference = paired_difference(clips, clips)
    assert (difference.points, difference.low, difference.high, difference.clips) == (0, 0, 0, 3)


def test_the_difference_counts_for_b_and_is_bracketed():
    a = [WordErrors(1, 10)] * 30
    b = [WordErrors(1 + i % 3, 10) for i in range(30)]
    difference = paired_difference(a, b)
    assert difference.points == pytest.approx(10)
    assert 5 < difference.low < 10 < difference.high < 15
    assert paired_difference(b, a).points == pytest.approx(-10)
    assert paired_difference(a, b) == difference


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([], []),
        ([WordErrors(0, 3)], []),
        ([WordErrors(0, 3)], [WordErrors(0, 4)]),
        ([WordErrors(1, 0)], [WordErrors(2, 0)]),
    ],
)
def test_a_difference_needs_the_same_clips_with_words(a, b):
    with pytest.raises(ValueError):
        paired_difference(a, b)


def test_few_clips_say_nothing_of_others():
    assert pooled_interval([WordErrors(1, 10)] * 7) is None
    assert pooled_interval([WordErrors(0, 0)] * 8) is None
    assert pooled_interval([WordErrors(1, 10)] * 8) == (0.1, 0.1)


def test_the_interval_of_a_rate_holds_the_truth_about_as_often_as_it_says():
    source = random.Random(3)
    truth = 0.2
    held = 0
    for _ in range(100):
        clips = [WordErrors(sum(source.random() < truth for _ in range(15)), 15) for _ in range(20)]
        low, high = pooled_interval(clips, resamples=400)
        held += low <= truth <= high
    assert 80 <= held <= 97


def test_clips_and_not_words_are_drawn():
    spread = [WordErrors(2, 10)] * 10
    clustered = [WordErrors(10, 10)] * 2 + [WordErrors(0, 10)] * 8
    low, high = pooled_interval(clustered)
    assert pooled_rate(spread) == pooled_rate(clustered)
    assert high - low > 0.3
