"""One fold and one tokenisation, shared by everything that reads the message."""

from __future__ import annotations

import re
import unicodedata

# Ordinal and accent signs that stand inside words: they leave no gap.
_DELETED = (
    "\N{DEGREE SIGN}\N{MASCULINE ORDINAL INDICATOR}\N{FEMININE ORDINAL INDICATOR}\N{SOFT HYPHEN}\N{ACUTE ACCENT}¨`'"
)
_SPACED = '¿¡*_"~«»·|\\<>{}[]^'


def _latin1_table() -> bytes:
    """Latin-1 byte -> the ASCII it reads as: letters lower-cased and without marks, what has no reading a space."""
    table = bytearray(b" " * 256)
    for code in range(0x20, 0x7F):
        table[code] = ord(chr(code).lower())
    for code in range(0xC0, 0x100):
        base = unicodedata.normalize("NFD", chr(code))[0].lower()
        table[code] = ord(base) if base.isascii() else ord(" ")
    for character in _SPACED:
        table[ord(character)] = ord(" ")
    table[ord("\N{MULTIPLICATION SIGN}")], table[ord("ß")], table[ord("£")] = b"xs$"
    return bytes(table)


_TABLE = _latin1_table()
_DELETED_BYTES = _DELETED.encode("latin-1")
# Combining marks left over, variation selectors, keycaps, joiners: they stand inside words, so they leave no gap.
_INVISIBLE = re.compile("[\u0300-\u036f\u200b-\u200f\u2060\ufe00-\ufe0f\u20e3\u2018\u2019]+")
_DASHES = re.compile("[\u2010-\u2015\u2192\u21d2\u2212\u25b6\u2794\u279c\u27a1\u2b95\U0001f449]")
_LINK = re.compile(r"(?:\bhttps?://|\bwww\.)\S*")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@\S*")
_BEYOND_LATIN1 = re.compile("[^\x00-\xff]+")

# The one day of the month that takes three words.
_THIRTY_FIRST = re.compile(r"treinta\s+y\s+uno?\b")
# A number keeps the slash, dot or dash that glues it to the next number: "15/12" is not "15. 2 personas".
_TOKENS = re.compile(r"[a-z]+|\d+(?:[/.\-](?=\d))?|\S")


def fold(text: str) -> str:
    """``text`` in lower-case ASCII: no accents, emoji, addresses or ordinal marks, any odd space a plain one."""
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
        raw = _BEYOND_LATIN1.sub(" ", _DASHES.sub("-", text)).encode("latin-1")
    folded = raw.translate(_TABLE, _DELETED_BYTES).decode("ascii")
    if "://" in folded or "www." in folded:
        folded = _LINK.sub(" ", folded)
    if "@" in folded:
        folded = _MAIL.sub(" ", folded)
    return _THIRTY_FIRST.sub("treintayuno", folded) if "treinta" in folded else folded


def tokenise(folded: str) -> list[str]:
    """Words, numbers (with the sign that glues them to a following number) and single signs, spaces left out."""
    return _TOKENS.findall(folded)
