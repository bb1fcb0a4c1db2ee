"""What a pattern can begin with is never too little: the short way finds what trying every form everywhere finds."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.nlu.test_nlu_corpora import TEXTS

from cabanas.nlu import guests, intents, mentions
from cabanas.nlu.folding import fold, tokenise
from cabanas.nlu.grammar import Anchored, Pattern, compile_all, grammar
from cabanas.nlu.lexicon import ALL_CLASSES, classes, tape_of
from cabanas.nlu.syntax import beginning_with, may_read, openings, parse, written

TABLES = {"mentions": mentions._MENTIONS, "totals": guests._TOTALS, "parts": guests._PARTS, "signs": intents._SIGNS}
EVERYWHERE = {
    name: [(form, grammar(source, table.fragments)) for form, source in table.forms.items()]
    for name, table in TABLES.items()
}
TAPES = [tape_of(tokenise(fold(text))) for text in TEXTS]
Found = list[tuple[str | None, tuple[int, int]]]


def tried_everywhere(forms: list[tuple[str, Pattern]], tape: str) -> Found:
    found: Found = []
    position = 0
    while position < len(tape):
        tries = ((name, pattern.match(tape, position)) for name, pattern in forms)
        name, match = next(((name, match) for name, match in tries if match is not None), (None, None))
        if match is None:
            position += 1
            continue
        found.append((name, match.span()))
        position = match.end()
    return found


def tried_with_care(table: Anchored, tape: str) -> Found:
    return [(match.lastgroup, match.span()) for match in table.find(tape, 1000)]


@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_missed_in_the_messages_of_the_tables(name):
    for tape in TAPES:
        assert tried_with_care(TABLES[name], tape) == tried_everywhere(EVERYWHERE[name], tape)


@st.composite
def spoilt_tapes(draw: st.DrawFn) -> str:
    """Pieces of real messages put together, some tokens changed for others."""
    tape = "".join(draw(st.lists(st.sampled_from(TAPES), min_size=1, max_size=3)))
    for at in draw(st.lists(st.integers(0, max(0, len(tape) - 1)), max_size=6)):
        tape = tape[:at] + draw(st.sampled_from(sorted(ALL_CLASSES))) + tape[at + 1 :]
    return tape


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=150, deadline=None)
@given(tape=spoilt_tapes())
def test_nothing_is_missed_whatever_stands_together(name, tape):
    assert tried_with_care(TABLES[name], tape) == tried_everywhere(EVERYWHERE[name], tape)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("EL DEL", {"EL"}),
        ("EL? DEL", {"EL", "DEL"}),
        ("(?: EL | DEL A ) LA", {"EL", "DEL"}),
        ("(?: EL | ) LA", {"EL", "LA"}),
        ("{EL|DEL|A} (?<=A)", {"EL", "DEL", "A"}),
        ("(?= {EL|LA} ) {EL|DEL}", {"EL"}),
        ("(?! EL ) {EL|DEL}", {"DEL"}),
        ("(?! EL LA ) {EL|DEL}", {"EL", "DEL"}),
        ("(?! EL LA? ) {EL|DEL}", {"DEL"}),
        ("(?! A? EL ) {EL|DEL|A}", {"DEL", "A"}),
        ("(?! (?! EL LA ) {EL|A} ) {EL|DEL|A}", {"EL", "DEL"}),
        ("(?! (?<=LA) EL ) {EL|DEL}", {"EL", "DEL"}),
        ("EL{0,3} LA", {"EL", "LA"}),
        ("EL{1,3} LA", {"EL"}),
    ],
)
def test_the_next_token_may_have_these_classes(source, expected):
    (branch,) = parse(source)
    assert may_read(branch) == classes(" ".join(expected))


def test_where_no_more_is_needed_anything_may_follow_and_the_tape_may_end():
    assert may_read(()) == ALL_CLASSES | {""}
    assert may_read(parse("EL? $")[0]) == classes("EL") | {""}


def test_an_opening_knows_the_token_before_and_the_one_after():
    (opening,) = openings(parse("(?<={EL|DEL}) DAY MONTH")[0])
    assert opening == (classes("EL DEL"), classes("DAY"), classes("MONTH"))


def test_branches_that_cannot_begin_with_the_token_are_left_out():
    kept = beginning_with(parse("(?: EL | DEL ) LA")[0], *classes("DEL"))
    assert kept is not None
    assert written((kept,)) == written(parse("DEL LA"))
    assert beginning_with(parse("EL LA")[0], *classes("DEL")) is None


@pytest.mark.parametrize("source", ["EL )", "( EL", "EL & LA", "(?: EL", "* EL"])
def test_what_is_not_of_the_language_is_refused(source):
    with pytest.raises(ValueError, match=re.escape(source)):
        parse(source)


def test_every_pattern_there_is_can_be_compiled():
    compile_all()
