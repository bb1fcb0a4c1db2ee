"""What holds for every text and every day."""

import subprocess
import sys
import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cabanas.nlu import Analysis, analyze, warm_up
from cabanas.nlu.guests import MOST_GUESTS
from cabanas.nlu.intents import INTENTS

WORDS = st.sampled_from(
    [
        "del",
        "al",
        "el",
        "la",
        "de",
        "y",
        "a",
        "1",
        "2",
        "3",
        "15",
        "18",
        "28",
        "30",
        "31",
        "15/12",
        "5/1",
        "2026",
        "enero",
        "febrero",
        "diciembre",
        "viernes",
        "domingo",
        "finde",
        "largo",
        "semana",
        "que",
        "viene",
        "proximo",
        "otro",
        "este",
        "quincena",
        "primera",
        "hasta",
        "desde",
        "noches",
        "una",
        "dos",
        "treinta",
        "navidad",
        "año",
        "nuevo",
        "santa",
        "carnaval",
        "fin",
        "principios",
        "mes",
        "en",
        "dentro",
        "dias",
        "no",
        "perdón",
        "mejor",
        "o",
        "entre",
        "para",
        "somos",
        "personas",
        "nenes",
        "mi",
        "señora",
        "yo",
        "con",
        "$",
        ",",
        ".",
        "?",
        "-",
        "/",
        "hoy",
        "mañana",
        "pasado",
        "cancelar",
        "reservar",
        "precio",
        "hay",
        "lugar",
        "deposito",
        "nació",
        "29/2",
        "31/11",
        "0",
        "99",
        "1145678901",
        "29",
        "02",
        "+",
        "x",
        "hs",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=25).map(" ".join))
DAYS = st.one_of(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.dates())


@settings(deadline=None, max_examples=600)
@given(text=TEXTS, day=DAYS)
def test_any_text_is_answered_with_a_stay_that_can_be(text, day):
    found = analyze(text, reference_date=day)
    assert found.intents
    assert set(found.intents) <= set(INTENTS)
    assert found.guests is None or 1 <= found.guests <= MOST_GUESTS
    assert found.nights is None or found.nights >= 1
    if found.check_in is not None:
        assert found.check_in >= day
    if found.check_in is not None and found.check_out is not None:
        assert found.check_out > found.check_in
        assert found.nights == (found.check_out - found.check_in).days
    assert analyze(text, reference_date=day) == found


@settings(deadline=None, max_examples=200)
@given(text=TEXTS, names=st.lists(st.text(max_size=30), max_size=6))
def test_any_list_of_cabins_is_answered_with_one_of_them(text, names):
    found = analyze(text, reference_date=date(2025, 10, 14), accommodations=names)
    assert found.accommodation is None or found.accommodation in names


# Words of Argentine chat that name no day, no number and nobody.
SMALL_TALK = """
    hola che buenas gracias dale perfecto genial ustedes lugar cabaña pileta parrilla desayuno incluye precio
    cuánto sale hay tienen quería saber si me pasás la el los de con para en por que y o pero cómo dónde queda
    cerca lago ruta reservar cancelar quiero podés mandar fotos ubicación lindo hermoso todo bien porfa vista
    auto perro wifi jaja ? ! , . ... $ % ( ) - / : + =
"""


@settings(deadline=None, max_examples=400)
@given(words=st.lists(st.sampled_from(SMALL_TALK.split()), max_size=30))
def test_a_text_without_days_numbers_or_people_states_none(words):
    found = analyze(" ".join(words), reference_date=date(2025, 10, 14))
    assert (found.check_in, found.check_out, found.nights, found.guests) == (None, None, None, None)


@settings(deadline=None, max_examples=300)
@given(text=st.lists(WORDS, max_size=25).map(" ".join), day=st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_case_accents_and_spacing_change_no_reading(text, day):
    rougher = unicodedata.normalize("NFD", text.upper()).replace(" ", "\u00a0  ")
    assert analyze(rougher, reference_date=day) == analyze(text, reference_date=day)


@given(start=st.dates(date(2025, 10, 14), date(2026, 10, 1)), nights=st.integers(1, 30))
def test_a_range_in_figures_is_read_back(start, nights):
    end = start + timedelta(days=nights)
    text = f"del {start.day}/{start.month} al {end.day}/{end.month}"
    found = analyze(text, reference_date=date(2025, 10, 14))
    assert (found.check_in, found.check_out, found.nights) == (start, end, nights)


@given(day=st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_tomorrow_is_counted_from_the_day_of_writing(day):
    assert analyze("hay lugar mañana?", reference_date=day).check_in == day + timedelta(days=1)


@given(day=st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_this_weekend_ends_on_the_next_sunday(day):
    found = analyze("hay lugar este finde?", reference_date=day)
    assert found.check_out is not None
    assert found.check_out.weekday() == 6
    assert timedelta(days=1) <= found.check_out - day <= timedelta(days=7)


@pytest.mark.parametrize("text", ["mañana", "el 31/12", "este finde", "en 3 meses", "una semana desde hoy", "carnaval"])
@pytest.mark.parametrize("day", [date.min, date.max, date(9999, 12, 1)])
def test_the_ends_of_the_calendar_are_no_reason_to_fail(text, day):
    assert isinstance(analyze(text, reference_date=day), Analysis)


@pytest.mark.parametrize(
    "unit",
    ["1", "1 ", "1/1 ", "del 1 al ", "somos 4 ", "mi señora y ", "el lunes 1, ", "no puedo ", "finde del ", "😀", "é"],
)
def test_a_long_text_is_read_to_a_bounded_depth(unit):
    """Far behind more candidates than a message can have, nothing is looked at any more."""
    text = unit * 5000 + " del 15 al 18 de enero"
    assert isinstance(analyze(text, reference_date=date(2025, 10, 14)), Analysis)


def test_words_after_hundreds_of_numbers_are_not_looked_at():
    far = analyze("7 de " * 500 + "del 15 al 18 de enero", reference_date=date(2025, 10, 14))
    near = analyze("7 de " * 20 + "del 15 al 18 de enero", reference_date=date(2025, 10, 14))
    assert (far.check_in, near.check_in) == (None, date(2026, 1, 15))


def test_a_stay_behind_a_long_story_is_read():
    story = "Hola, les cuento que nos encantó el lugar y la atención de todos ustedes. " * 40
    found = analyze(story + "¿Hay lugar del 15 al 18 de enero para 4?", reference_date=date(2025, 10, 14))
    assert (found.check_in, found.check_out, found.guests) == (date(2026, 1, 15), date(2026, 1, 18), 4)


def test_importing_does_not_load_dateparser_and_warming_up_does():
    program = (
        "import sys, cabanas.nlu as nlu; before = 'dateparser' in sys.modules; nlu.warm_up(); "
        "print(before, 'dateparser' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output.split() == ["False", "True"]


def test_warming_up_twice_is_harmless():
    warm_up()
    warm_up()


@pytest.mark.parametrize("text", ["0 noches", "cero noches", "0 días", "0 semanas", "0 quincenas", "0 meses", "0MES"])
def test_no_nights_are_no_length_of_a_stay(text):
    assert analyze(text, reference_date=date(2025, 10, 14)).nights is None
