"""From tokens to the tape: one character for each token, its class.

Every grammar of this package is a compiled pattern over the tape. The text itself is read once, by the tokeniser,
and a pattern over classes meets each word as one character, whatever its spelling.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

from cabanas.nlu import vocabulary

_UNIONS = {
    "DIGITS": "D12 D31",
    "DAY": "D12 D31 W12 W31",
    "COUNT": "D12 D31 D99 W12 W31 UN UNO",
    "SOME": "D12 D31 D99 W12 W31",
    "S": "S12 S31",
    "N": "N12 N31",
    "P": "P12 P31",
    "GLUED": "S12 S31 N12 N31 P12 P31",
    "ARRIVE": "COME COME_IN",
    "BOOK": "BOOK_IT PLEDGE",
    "LEAVE": "GO_OUT RETURN",
    "PRICE": "TARIFF OFFER",
    "HELLO": "GREETING GOOD",
    "THING": "OBJECT GEAR",
    "ORDINAL": "PRIMERO NTH ULTIMO",
}
_GLUES = {"/": "S", "-": "N", ".": "P"}
_SWAPS = ("bv", "mn", "cs", "sz", "cz", "yi", "gj", "ou", "ei")


def slips(word: str) -> Iterator[str]:
    """The spellings of ``word`` that are one slip of a thumb or of the ear away: a letter lost, doubled or swapped."""
    for i in range(1, len(word)):
        yield word[:i] + word[i + 1 :]
        yield word[:i] + word[i] + word[i:]
        if i + 1 < len(word):
            yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    if word[0] in "aeiou":
        yield "h" + word
    for i, letter in enumerate(word):
        for pair in _SWAPS:
            if letter in pair:
                yield word[:i] + pair.replace(letter, "") + word[i + 1 :]


# However the middle is garbled, these are the months that begin so and end in "bre".
_LATE_MONTHS = {"sep": 9, "set": 9, "oct": 10, "nov": 11, "nob": 11, "dic": 12, "dis": 12, "diz": 12}


# "holaaaa", "eneroooo": so many times the last letter is one.
_STRETCH = 3


def _unstretched(token: str) -> str:
    return token.rstrip(token[-1]) + token[-1]


class Tape(dict[str, str]):
    """Token -> class character. A number that is no word of ours is BIG, anything else UNKNOWN."""

    def __missing__(self, token: str) -> str:
        if token.endswith("bre") and token[:3] in _LATE_MONTHS:
            return symbol_of("MONTH")
        if len(token) > _STRETCH and token[-_STRETCH:] == token[-1] * _STRETCH and token[-1].isalpha():
            return self.get(_unstretched(token), UNKNOWN)
        return BIG if "0" <= token[0] <= "9" else UNKNOWN


class Values(dict[str, int]):
    """Token -> the number it stands for; garbled months and stretched words as in `Tape`.

    Raises:
        KeyError: the token stands for none.
    """

    def __missing__(self, token: str) -> int:
        if token.endswith("bre"):
            return _LATE_MONTHS[token[:3]]
        if (plain := _unstretched(token)) in self:
            return self[plain]
        raise KeyError(token)


_symbols: dict[str, str] = {}
CLASS_OF = Tape()
VALUE_OF = Values()
# Below 256 a tape takes one byte a token, and a set of classes in a pattern 32 bytes. The classes defined last may lie
# above: only a tape that holds one of them, and the sets that name one, are wider.
_FREE_SYMBOLS = map(chr, range(1, 0x200))


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


def _add(words: str, name: str, value: int | None = None) -> None:
    for word in words.split():
        CLASS_OF[word] = _define(name)
        if value is not None:
            VALUE_OF[word] = value


def _add_vocabulary() -> None:
    for group in vocabulary.GROUPS:
        for name, words in group.items():
            _add(words, name)
    for name, stems in vocabulary.VERB_STEMS.items():
        for form in product(stems.split(), vocabulary.VERB_ENDINGS.split()):
            if (verb := "".join(form)) not in CLASS_OF:
                _add(verb, name)
    two_and_more = f"{vocabulary.NUMBER_WORDS['W12']} {vocabulary.NUMBER_WORDS['W31']}".split()
    VALUE_OF.update(zip(two_and_more, range(2, 32), strict=True))
    for value, words in vocabulary.VALUES:
        VALUE_OF.update(dict.fromkeys(words.split(), value))


def _add_names(name: str, rows: tuple[str, ...], first: int) -> None:
    """Months or weekdays, numbered from ``first``; then the slips of their full names that are no word of their own."""
    not_slips = frozenset(vocabulary.NOT_SLIPS.split())
    for value, words in enumerate(rows, first):
        _add(words, name, value)
    for value, words in enumerate(rows, first):
        for slip in slips(words.split()[0]):
            if slip not in CLASS_OF and slip not in not_slips:
                _add(slip, name, value)


def _add_numbers() -> None:
    for number in range(100):
        size = "12" if 1 <= number <= 12 else "31" if 13 <= number <= 31 else "99"
        for digits in {str(number), f"{number:02}"}:
            _add(digits, f"D{size}", number)
            for glue, kind in _GLUES.items():
                # No date has "85/" or "85-"; "85." begins a price.
                is_price = size == "99" and kind == "P"
                _add(digits + glue, f"{kind}{size}" if size != "99" or is_price else "GLUED99", number)
    for year in range(1900, 2100):
        _add(str(year), "YEAR" if year >= 2000 else "BIG", year)
        for glue in "/-":
            _add(f"{year}{glue}", "YGLUED", year)


_add_numbers()
for _name in ("MONTH", "WEEKDAY"):
    _define(_name)
_add_vocabulary()
_add_names("MONTH", vocabulary.MONTHS, 1)
_add_names("WEEKDAY", vocabulary.WEEKDAYS, 0)

ALL_CLASSES: Final = frozenset(_symbols.values())


def classes(names: str) -> frozenset[str]:
    """The characters of the classes and unions of classes in ``names``, which spaces separate.

    Raises:
        KeyError: a name is neither.
    """
    chosen: set[str] = set()
    for name in names.split():
        chosen |= classes(_UNIONS[name]) if name in _UNIONS else {symbol_of(name)}
    return frozenset(chosen)


def tape_of(tokens: list[str]) -> str:
    """The classes of ``tokens``, one character each."""
    return "".join(map(CLASS_OF.__getitem__, tokens))
