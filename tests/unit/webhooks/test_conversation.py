from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.domain.errors import FieldProblem
from cabanas.domain.stay import Stay
from cabanas.nlu.analysis import Analysis
from cabanas.services import replies
from cabanas.services.conversation import Choice, Memory, Question, Step, absorb, choose, known, next_step

TODAY = date(2026, 11, 23)
D12, D15, D20 = date(2026, 12, 12), date(2026, 12, 15), date(2026, 12, 20)
FULL = Memory(check_in=D12, check_out=D15, nights=3, guests=4)


def says(*intents, **slots):
    nothing = dict.fromkeys(("check_in", "check_out", "nights", "guests", "accommodation"))
    return Analysis(intents=intents or ("desconocido",), **nothing | slots)


def stay_of(memory):
    return memory.check_in, memory.check_out, memory.nights, memory.guests


@pytest.mark.parametrize(
    ("before", "reading", "after"),
    [
        (Memory(), says(check_in=D12, check_out=D15), (D12, D15, 3, None)),
        (Memory(), says(check_in=D12), (D12, None, None, None)),
        (Memory(), says(check_in=D12, nights=3), (D12, D15, 3, None)),
        (Memory(check_in=D12), says(nights=3), (D12, D15, 3, None)),
        (Memory(nights=3), says(check_in=D12), (D12, D15, 3, None)),
        (Memory(check_in=D12), says(check_out=D15), (D12, D15, 3, None)),
        (Memory(check_in=D12), says(guests=4), (D12, None, None, 4)),
        (FULL, says(guests=2), (D12, D15, 3, 2)),
        (FULL, says(check_in=D20), (D20, D20 + timedelta(days=3), 3, 4)),
        (FULL, says(check_in=D12, check_out=D20), (D12, D20, 8, 4)),
        (FULL, says(nights=8), (D12, D20, 8, 4)),
        (FULL, says(check_out=D12), (D12, None, None, 4)),
        (FULL, says("saludo"), (D12, D15, 3, 4)),
        (Memory(), says(guests=0, nights=0), (None, None, None, None)),
        (Memory(check_in=D12), says(nights=100_000), (D12, None, None, None)),
    ],
)
def test_what_is_said_now_joins_what_was_said_before(before, reading, after):
    assert stay_of(absorb(before, reading, "...")) == after


@pytest.mark.parametrize(
    ("asked", "text", "after"),
    [
        (Question.GUESTS, "4", {"guests": 4}),
        (Question.GUESTS, " 4! ", {"guests": 4}),
        (Question.NIGHTS, "3", {"nights": 3, "check_out": D15}),
        (Question.NIGHTS, "0", {}),
        (Question.DATES, "3", {}),
        (None, "3", {}),
        (Question.CABIN, "2", {"accommodation": "B", "booking": True}),
        (Question.CABIN, "La opción 2", {"accommodation": "B", "booking": True}),
        (Question.CABIN, "9", {}),
        (Question.CABIN, "la 2 no", {}),
        (Question.CABIN, "la primera, dale", {"accommodation": "A", "booking": True}),
        (Question.CABIN, "cualquiera", {"accommodation": "A", "booking": True}),
        (Question.CABIN, "sí", {}),
        (Question.CABIN, "simplemente pregunto", {}),
    ],
)
def test_a_bare_answer_answers_the_last_question(asked, text, after):
    memory = Memory(check_in=D12, asked=asked, offered=("A", "B") if asked is Question.CABIN else ())
    assert absorb(memory, says(), text) == replace(memory, **after)


@pytest.mark.parametrize("text", ["sí", "Si", "dale!", "Dale, reservala", "ok", "👍", "de una", "Sí, por favor"])
def test_yes_books_the_only_offer(text):
    memory = replace(FULL, asked=Question.CABIN, offered=("A",))
    after = absorb(memory, says(), text)
    assert (after.accommodation, after.booking) == ("A", True)


@pytest.mark.parametrize("text", ["siete", "no", "simple", "okupa"])
def test_what_only_begins_like_a_yes_is_none(text):
    memory = replace(FULL, asked=Question.CABIN, offered=("A",))
    assert not absorb(memory, says(), text).booking


def test_naming_a_cabin_books_only_as_an_answer_to_which_one():
    asking = absorb(FULL, says("precio", accommodation="A"), "...")
    assert (asking.accommodation, asking.booking) == ("A", False)
    answering = absorb(replace(FULL, asked=Question.CABIN, offered=("A", "B")), says(accommodation="A"), "la A")
    assert (answering.accommodation, answering.booking) == ("A", True)


@pytest.mark.parametrize(
    ("memory", "reading", "learned", "step"),
    [
        (Memory(), says("saludo"), False, Step.GREET),
        (Memory(), says(), False, Step.PUZZLED),
        (Memory(), says("servicios"), False, Step.DESCRIBE),
        (FULL, says("cancelar"), False, Step.CANCEL),
        (Memory(), says("disponibilidad"), False, Step.ASK_DATES),
        (Memory(), says("saludo", "precio"), False, Step.ASK_DATES),
        (Memory(guests=4), says(guests=4), True, Step.ASK_DATES),
        (Memory(check_in=TODAY - timedelta(days=1)), says(), True, Step.PAST_DATES),
        (Memory(check_in=TODAY), says(), True, Step.ASK_NIGHTS),
        (Memory(check_in=D12, check_out=D15), says(), True, Step.ASK_GUESTS),
        (replace(FULL, guests=7), says(), True, Step.TOO_MANY_GUESTS),
        (FULL, says("saludo"), True, Step.LOOK),
        (FULL, says("disponibilidad"), False, Step.LOOK),
    ],
)
def test_the_next_step_asks_for_what_is_missing(memory, reading, learned, step):
    assert next_step(memory, reading, "...", learned=learned, today=TODAY, largest_capacity=6) is step


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("gracias!", True),
        ("Muchas gracias, hasta luego", True),
        ("no, gracias", True),
        ("No", True),
        ("chau", True),
        ("no entiendo", False),
        ("nada de eso", False),
    ],
)
def test_thanks_and_a_no_are_not_asked_back(text, parts):
    step = next_step(FULL, says(), text, learned=False, today=TODAY, largest_capacity=6)
    assert step is (Step.PART if parts else Step.PUZZLED)


@pytest.mark.parametrize(
    ("accommodation", "booking", "free", "choice", "names"),
    [
        (None, False, [], Choice.NOTHING_FREE, ()),
        ("A", True, [], Choice.NOTHING_FREE, ()),
        (None, False, ["A"], Choice.OFFER, ("A",)),
        (None, True, ["A"], Choice.BOOK, ("A",)),
        (None, True, ["A", "B", "C", "D"], Choice.OFFER, ("A", "B", "C")),
        ("D", True, ["A", "B", "C", "D"], Choice.BOOK, ("D",)),
        ("D", False, ["A", "D"], Choice.OFFER, ("D",)),
        ("X", True, ["A", "D"], Choice.OFFER_OTHERS, ("A", "D")),
    ],
)
def test_nothing_is_booked_that_was_not_chosen(accommodation, booking, free, choice, names):
    memory = replace(FULL, accommodation=accommodation, booking=booking)
    assert choose(memory, free) == (choice, names)


days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
readings = st.builds(
    Analysis,
    intents=st.just(("desconocido",)),
    check_in=st.none() | days,
    check_out=st.none() | days,
    nights=st.none() | st.integers(-5, 10**6),
    guests=st.none() | st.integers(-5, 10**6),
    accommodation=st.none() | st.just("A"),
)


@given(st.lists(st.tuples(readings, st.sampled_from(["", "4", "sí", "999", "cualquiera"])), max_size=6), st.data())
def test_whatever_is_said_the_memory_makes_sense_and_survives_storage(said, data):
    memory = Memory()
    for reading, text in said:
        question = data.draw(st.none() | st.sampled_from(Question))
        memory = absorb(memory.asking(question, ("A", "B") if question is Question.CABIN else ()), reading, text)
        assert memory.stay is None or memory.stay.nights == memory.nights
        assert memory.guests is None or memory.guests >= 1
        assert Memory.from_json(orjson.loads(orjson.dumps(memory.to_json()))) == memory
        assert known(memory.asking(None)) == known(memory)


STAY = Stay(D12, D15)


def test_offers_say_what_a_stay_costs_and_ask_which_one():
    offers = [replies.Offer("Cabaña A", 2, Decimal("219000.50")), replies.Offer("Cabaña B", 4, Decimal("303000.00"))]
    assert replies.offer(offers, STAY, 1) == (
        "¡Sí! Tengo lugar del sábado 12 de diciembre al martes 15 de diciembre (3 noches) para 1 persona:\n"
        "1. Cabaña A (hasta 2 personas): $219.000,50\n"
        "2. Cabaña B (hasta 4 personas): $303.000\n"
        "¿Cuál te reservo?"
    )
    assert replies.offer(offers[:1], STAY, 1, instead_of="Cabaña X") == (
        "Cabaña X no está libre, pero sí Cabaña A del sábado 12 de diciembre al martes 15 de diciembre (3 noches) "
        "para 1 persona: $219.000,50 en total. ¿Te la reservo?"
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (["check_out"], "Una estadía puede tener hasta 60 noches."),
        (["check_in", "guests"], "No puedo tomar reservas para esa fecha. Esa cabaña es para menos personas."),
    ],
)
def test_a_refused_wish_is_explained(fields, words):
    text = replies.cannot_be_held([FieldProblem(field, "in English") for field in fields], max_nights=60)
    assert text == f"{words} {replies.ASK_DATES}"


def test_a_refusal_that_is_not_the_guests_fault_is_an_apology():
    assert replies.cannot_be_held([FieldProblem("contact_phone", "?")], max_nights=60) == replies.APOLOGY
