"""From tokens to the tape: one character for each token, its class.

Every grammar of this package is a compiled pattern over the tape. The text itself is read once, by the tokeniser,
and a pattern over classes meets each word as one character, whatever its spelling.
"""

from __future__ import annotations

from collections.abc import Iterator

from cabanas.nlu import vocabulary

_GLUES = {"/": "S", "-": "N", ".": "P"}
_SWAPS = ("bv", "mn", "cs", "sz", "cz", "yi", "gj", "ou", "ei")

# Values in the order of the vocabulary: dos is 2, trece is 13.
_COUNTED = {
    word: value
    for value, word in enumerate(f"{vocabulary.NUMBER_WORDS['W12']} {vocabulary.NUMBER_WORDS['W31']}".split(), start=2)
}


def slips(word: str) -> Iterator[str]:
    """The spellings of ``word`` that are one slip of a thumb or of the ear away: a letter lost, doubled or swapped."""
    for i in range(1, len(word)):
        yield word[:i] + word[i + 1 :]
        yield word[:i] + word[i] + word[i:]
        if i + 1 < len(word):
            yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    for i, letter in enumerate(word):
        for pair in _SWAPS:
            if letter in pair:
                yield word[:i] + pair.replace(letter, "") + word[i + 1 :]


class Tape(dict[str, str]):
    """Token -> class character. A number that is no word of ours is BIG, anything else UNKNOWN."""

    def __missing__(self, token: str) -> str:
        return BIG if "0" <= token[0] <= "9" else UNKNOWN


_symbols: dict[str, str] = {}
CLASS_OF = Tape()
VALUE_OF: dict[str, int] = {}
# Below 256, so that the tape stays one byte a token, and neither special nor white space in a pattern.
_FREE_SYMBOLS = (
    character
    for character in map(chr, range(1, 256))
    if character not in r".^$*+?{}[]()\|&~-#@" and not character.isspace()
)


def _define(name: str) -> str:
    """The character of the class ``name``, a new one the first time."""
    if name not in _symbols:
        _symbols[name] = next(_FREE_SYMBOLS)
    return _symbols[name]


def symbol_of(name: str) -> str:
    """The character of a known class.

    Raises:
        KeyError: there is no such class.
    """
    return _symbols[name]


UNKNOWN, BIG = _define("UNKNOWN"), _define("BIG")


def _fill() -> None:
    groups = (
        vocabulary.SMALL_WORDS,
        vocabulary.TIME_WORDS,
        vocabulary.HOLIDAY_WORDS,
        vocabulary.NUMBER_WORDS,
        vocabulary.SIGNS,
        vocabulary.TRIP_WORDS,
        vocabulary.PEOPLE_WORDS,
        vocabulary.THING_WORDS,
        vocabulary.OTHER_BUSINESS_WORDS,
        vocabulary.INTENT_WORDS,
    )
    for group in groups:
        for name, words in group.items():
            for word in words.split():
                CLASS_OF[word] = _define(name)
    VALUE_OF.update(_COUNTED)
    VALUE_OF.update({"un": 1, "una": 1, "uno": 1, "par": 2})
    VALUE_OF.update(dict.fromkeys(["primero", "primer", "primera"], 1))
    VALUE_OF.update(dict.fromkeys(["segundo", "segunda"], 2))
    VALUE_OF.update(dict.fromkeys(["tercero", "tercera", "tercer"], 3))
    VALUE_OF.update({"cuarta": 4, "ultimo": -1, "ultima": -1})
    for name, rows in (("MONTH", vocabulary.MONTHS), ("WEEKDAY", vocabulary.WEEKDAYS)):
        for value, words in enumerate(rows, start=name == "MONTH"):
            for word in words.split():
                CLASS_OF[word], VALUE_OF[word] = _define(name), value
    for name, rows in (("MONTH", vocabulary.MONTHS), ("WEEKDAY", vocabulary.WEEKDAYS)):
        for value, words in enumerate(rows, start=name == "MONTH"):
            for slip in slips(words.split()[0]):
                if slip not in CLASS_OF and slip not in vocabulary.NOT_SLIPS:
                    CLASS_OF[slip], VALUE_OF[slip] = _define(name), value
    for number in range(100):
        size = "D12" if 1 <= number <= 12 else "D31" if 13 <= number <= 31 else "D99"
        for digits in {str(number), f"{number:02}"}:
            CLASS_OF[digits], VALUE_OF[digits] = _define(size), number
            for glue, kind in _GLUES.items():
                glued = f"{kind}{size[1:]}"
                CLASS_OF[digits + glue], VALUE_OF[digits + glue] = _define(glued), number
    for year in range(1900, 2100):
        CLASS_OF[str(year)], VALUE_OF[str(year)] = _define("YEAR" if year >= 2000 else "BIG"), year
        for glue in "/-":
            CLASS_OF[f"{year}{glue}"], VALUE_OF[f"{year}{glue}"] = _define("YGLUED"), year


_fill()


def tape_of(tokens: list[str]) -> str:
    """The classes of ``tokens``, one character each."""
    return "".join(map(CLASS_OF.__getitem__, tokens))
