"""Every phrase and message of tests/data/nlu is read as its table says, and rough typing changes no reading."""

import json
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from cabanas.nlu import Analysis, analyze

DATA = Path(__file__).parents[2] / "data" / "nlu"
WRITTEN_ON = date(2025, 10, 14)


def rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("# ")]


def shown(value: object) -> str:
    return "-" if value is None else str(value)


DATE_PHRASES = rows("date_phrases.tsv")
MESSAGES = rows("messages.tsv")
OPEN_EXAMPLES = [json.loads(line) for line in (DATA / "open_examples.jsonl").read_text(encoding="utf-8").splitlines()]
PHRASES_BY_DAY = rows("phrases_by_day.tsv")
MESSAGES_BY_DAY = rows("messages_by_day.tsv")
CABINS = ("Cabaña del Bosque", "Cabaña del Lago", "Cabaña Los Arrayanes", "Cabaña El Nido", "Loft Panorámico")
TEXTS = sorted(
    {row[0] for row in DATE_PHRASES + MESSAGES}
    | {row[1] for row in PHRASES_BY_DAY + MESSAGES_BY_DAY}
    | {example["text"] for example in OPEN_EXAMPLES}
)


@pytest.mark.parametrize("row", DATE_PHRASES, ids=lambda row: row[0])
def test_a_date_phrase_is_read(row):
    text, check_in, check_out, *nights = row
    found = analyze(text, reference_date=WRITTEN_ON)
    assert shown(found.check_in) in check_in.split("|")
    assert shown(found.check_out) in check_out.split("|")
    if nights:
        assert shown(found.nights) == nights[0]


@pytest.mark.parametrize("row", MESSAGES, ids=lambda row: row[0])
def test_a_message_is_read(row):
    text, check_in, check_out, guests, intents = row
    found = analyze(text, reference_date=WRITTEN_ON)
    for expected, value in ((check_in, found.check_in), (check_out, found.check_out), (guests, found.guests)):
        assert expected == "?" or shown(value) in expected.split("|")
    assert intents == "?" or set(found.intents) == set(intents.split("+"))


@pytest.mark.parametrize("row", PHRASES_BY_DAY, ids=lambda row: f"{row[1]} [{row[0]}]")
def test_a_date_phrase_is_read_on_its_day(row):
    written_on, text, check_in, check_out = row
    found = analyze(text, reference_date=date.fromisoformat(written_on))
    assert shown(found.check_in) in check_in.split("|")
    assert shown(found.check_out) in check_out.split("|")


@pytest.mark.parametrize("row", MESSAGES_BY_DAY, ids=lambda row: f"{row[1]} [{row[0]}]")
def test_a_message_is_read_on_its_day(row):
    written_on, text, check_in, check_out, guests, intents, cabin = row
    found = analyze(text, reference_date=date.fromisoformat(written_on), accommodations=CABINS)
    for expected, value in (
        (check_in, found.check_in),
        (check_out, found.check_out),
        (guests, found.guests),
        (cabin, found.accommodation),
    ):
        assert expected == "?" or shown(value) in expected.split("|")
    assert intents == "?" or set(found.intents) in [set(option.split("+")) for option in intents.split("|")]


@pytest.mark.parametrize("example", OPEN_EXAMPLES, ids=lambda example: example["id"])
def test_an_open_example_is_read(example):
    found = analyze(example["text"], reference_date=date.fromisoformat(example["reference_date"]))
    expected = example["expected"]
    if "intents" in expected:
        assert set(found.intents) == set(expected["intents"])
    for field in ("check_in", "check_out", "guests"):
        if field in expected:
            accepted = expected[field] if isinstance(expected[field], list) else [expected[field]]
            value = getattr(found, field)
            assert (value.isoformat() if isinstance(value, date) else value) in accepted


def without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


ROUGHER = {
    "no accents": without_accents,
    "decomposed accents": lambda text: unicodedata.normalize("NFD", text),
    "upper case": str.upper,
    "doubled spaces": lambda text: text.replace(" ", "  "),
    "non-breaking spaces": lambda text: text.replace(" ", "\u00a0"),
    "narrow spaces": lambda text: text.replace(" ", "\u202f"),
    "padding": lambda text: f"\n  {text}\t\n",
    "an emoji at the end": lambda text: f"{text} 👩‍👩‍👧",
}


@pytest.mark.parametrize("change", ROUGHER.values(), ids=ROUGHER.keys())
def test_rough_typing_changes_no_reading(change):
    differing = [
        text
        for text in TEXTS
        if analyze(change(text), reference_date=WRITTEN_ON) != analyze(text, reference_date=WRITTEN_ON)
    ]
    assert differing == []


def test_the_own_sets_are_large():
    assert len(DATE_PHRASES) >= 400
    assert len(MESSAGES) >= 250


def test_a_range_given_in_figures_keeps_its_days_whatever_surrounds_it():
    """The same stay in many frames: what stands around the dates must not move them."""
    expected = Analysis(("disponibilidad",), date(2026, 1, 15), date(2026, 1, 20), 5, 4, None)
    frames = (
        "hay lugar {} para 4?",
        "hola! somos 4, hay lugar {}",
        "{} tenés disponibilidad para 4 personas",
        "Buenas, mi tel es 1145678901. {} hay lugar para 4?",
        "te escribí ayer, hay lugar {}? somos 4, llegamos a las 22hs",
        "disponibilidad {} (2 adultos y 2 nenes de 3 y 5 años)",
        "me dijeron que hay lugar {} somos cuatro",
    )
    ranges = ("del 15 al 20 de enero", "15/1 al 20/1", "desde el 15/01 hasta el 20/01", "del 15 al 20/1")
    for frame in frames:
        for stay in ranges:
            assert analyze(frame.format(stay), reference_date=WRITTEN_ON) == expected, frame.format(stay)
