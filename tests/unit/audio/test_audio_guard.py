import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.audio.guard import has_repetition, lost_words, normalised_words, suspicion

WORD = st.sampled_from(["hola", "quiero", "una", "cabaña", "para", "dos", "el", "lunes"])


@pytest.mark.parametrize(
    ("text", "speech_s", "expected"),
    [
        ("Hola, quiero reservar una cabaña.", 3.0, None),
        ("", 0.5, None),
        ("", 0.8, "blank"),
        (" ... ", 4.0, "blank"),
        ("Quiero reservar una cabaña. Quiero reservar, una cabana", 6.0, "repetition"),
        ("sí, sí", 2.0, None),
        ("No, no, no, no, no, no", 6.0, "repetition"),
        ("cuatro cuatro cuatro cuatro", 4.0, None),
        ("hola quiero saber si tienen lugar", 0.9, "haste"),
        ("hola quiero saber si tienen lugar", 2.0, None),
        ("muy bien gracias", 0.3, None),
    ],
)
def test_a_text_is_doubted_for_a_reason(text, speech_s, expected):
    assert suspicion(text, speech_s=speech_s) == expected


@given(st.lists(WORD, max_size=5), st.lists(WORD, min_size=3, max_size=6), st.lists(WORD, max_size=5))
def test_a_phrase_said_twice_in_a_row_is_found_wherever_it_stands(before, phrase, after):
    assert has_repetition([*before, *phrase, *phrase, *after])


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=4), unique=True, max_size=40))
def test_different_words_are_no_repetition(words):
    assert not has_repetition(words)


def test_words_are_compared_without_case_accents_and_punctuation():
    assert normalised_words("¡Mañana, a las 10:30, LLEGÓ!") == ["manana", "a", "las", "10", "30", "llego"]


@pytest.mark.parametrize(
    ("paces", "expected"),
    [([], []), ([2.0], []), ([2.5, 2.4, 0.9], [2]), ([0.0, 2.0, 2.2, 1.9], [0]), ([2.0, 1.5, 2.6], [])],
)
def test_a_stretch_much_sparser_than_the_others_has_lost_words(paces, expected):
    assert lost_words(paces) == expected
