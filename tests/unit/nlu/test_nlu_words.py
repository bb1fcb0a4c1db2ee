"""The fold, the tokens and the words behind the tape."""

from collections import Counter

import pytest

from cabanas.nlu import vocabulary
from cabanas.nlu.folding import fold, tokenise
from cabanas.nlu.grammar import Anchored, grammar
from cabanas.nlu.lexicon import ALL_CLASSES, CLASS_OF, VALUE_OF, slips, symbol_of, tape_of
from cabanas.nlu.syntax import parse

GROUPS = [value for name, value in vars(vocabulary).items() if name.endswith("_WORDS") or name == "SIGNS"]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("¿Cuánto SALE?", " cuanto sale?"),
        ("Cabaña del Ñandú", "cabana del nandu"),
        ("1° y 2º", "1 y 2"),
        ("15–18", "15-18"),
        ("15 → 18", "15 - 18"),
        ("4️⃣ personas", "4 personas"),
        ("mañana", "manana"),
        ("hola👋tenés", "hola tenes"),
        ("a\u00a0b\u202fc\u2003d", "a b c d"),
        ("*15* de _enero_", " 15  de  enero "),
        ("treinta y uno de enero", "treintayuno de enero"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("folded", "tokens"),
    [
        ("15/12", ["15/", "12"]),
        ("15. 2 personas", ["15", ".", "2", "personas"]),
        ("22hs", ["22", "hs"]),
        ("15-12-25", ["15-", "12-", "25"]),
        ("2x1", ["2", "x", "1"]),
    ],
)
def test_numbers_keep_the_sign_that_glues_them(folded, tokens):
    assert tokenise(folded) == tokens


def test_a_word_has_one_class():
    counts = Counter(word for group in GROUPS for words in group.values() for word in words.split())
    for rows in (vocabulary.MONTHS, vocabulary.WEEKDAYS):
        counts.update(word for words in rows for word in words.split())
    assert [word for word, count in counts.items() if count > 1] == []


def test_a_class_has_one_name():
    names = Counter(name for group in GROUPS for name in group)
    assert [name for name, count in names.items() if count > 1] == []


def test_all_but_the_rarest_classes_take_one_byte_each_on_a_tape():
    assert {symbol for symbol in ALL_CLASSES if symbol >= "\u0100"} == {
        symbol_of("NEAR"),
        symbol_of("REFUND"),
        symbol_of("CODE"),
    }


def test_words_are_written_as_the_fold_leaves_them():
    words = [word for group in GROUPS for row in group.values() for word in row.split() if word.isalpha()]
    assert [word for word in words if fold(word) != word] == []


def test_slips_of_a_month_read_as_the_month_and_claim_no_other_word():
    assert all(CLASS_OF[word] == symbol_of("MONTH") and VALUE_OF[word] == 12 for word in ("dicienbre", "diciembe"))
    assert "junto" in set(slips("junio")) | {"junto"}
    assert CLASS_OF["junto"] != symbol_of("MONTH")
    assert CLASS_OF["jugo"] != symbol_of("WEEKDAY")


def test_unknown_words_and_long_numbers_have_classes_of_their_own():
    assert tape_of(["xyz", "1145678901", "#"]) == "".join(map(symbol_of, ("UNKNOWN", "BIG", "UNKNOWN")))


def test_grammar_reads_classes_unions_and_fragments():
    pattern = grammar("EL? @day {DE|DEL} MONTH (?! {^DE} )", {"day": "{D12|D31} RO?"})
    assert pattern.fullmatch(tape_of(["el", "15", "de", "enero"]))
    assert pattern.match(tape_of(["15", "de", "enero", "de"]))
    assert not pattern.match(tape_of(["15", "de", "enero", "somos"]))


@pytest.mark.parametrize(("source", "missing"), [("EL NOSUCH", "NOSUCH"), ("{EL|NOSUCH}", "NOSUCH")])
def test_an_unknown_class_is_an_error_when_the_grammar_is_built(source, missing):
    with pytest.raises(KeyError, match=missing):
        parse(source)


def test_forms_are_tried_in_order_at_the_tokens_they_can_start_with():
    forms = Anchored({"long": "D12 DE MONTH", "short": "{D12|D31}"}, {})
    tape = tape_of(["el", "5", "de", "enero", "y", "el", "20", "y", "el", "7"])
    assert [match.lastgroup for match in forms.find(tape, 9)] == ["long", "short", "short"]
    assert [match.lastgroup for match in forms.find(tape, 2)] == ["long", "short"]
