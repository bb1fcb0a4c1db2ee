"""A small language for patterns over the tape, and the matcher that tries them only where a token calls for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import islice
from types import MappingProxyType

from cabanas.nlu.lexicon import symbol_of

# No message has this many tokens that could begin a match; the bound keeps the worst text cheap.
_MAX_ATTEMPTS = 400

UNIONS = {
    "DIGITS": "D12 D31",
    "DAY": "D12 D31 W12 W31",
    "COUNT": "D12 D31 D99 W12 W31 UN UNO",
    "SOME": "D12 D31 D99 W12 W31",
    "S": "S12 S31",
    "N": "N12 N31",
    "P": "P12 P31",
    "GLUED": "S12 S31 N12 N31 P12 P31",
    "GLUED_MONTH": "S12 N12 P12",
    "ARRIVE": "COME COME_IN",
    "LEAVE": "GO_OUT RETURN",
    "PRICE": "TARIFF OFFER",
    "HELLO": "GREETING GOOD",
    "THING": "OBJECT GEAR",
    "ORDINAL": "PRIMERO NTH ULTIMO",
}
_UNION = re.compile(r"\{(\^?)([A-Z][A-Z0-9_|\s]*)\}")
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_GROUP = re.compile(r"(\(\?P[<=]\w+[>)]|\[[^\]]*\])")


def classes(names: str) -> frozenset[str]:
    """The characters of the classes and unions of classes in ``names``, which spaces separate.

    Raises:
        KeyError: a name is neither.
    """
    chosen: set[str] = set()
    for name in names.split():
        chosen |= classes(UNIONS[name]) if name in UNIONS else {symbol_of(name)}
    return frozenset(chosen)


def grammar(source: str, fragments: Mapping[str, str] = MappingProxyType({})) -> re.Pattern[str]:
    """Compile a pattern over the tape.

    Words in capitals are classes or unions, ``{A|B}`` is one of several and ``{^A|B}`` none of them, ``@name`` is a
    fragment, spaces mean nothing; the rest is the syntax of `re`.

    Raises:
        KeyError: a class or a fragment is unknown.
    """
    while "@" in source:
        source = re.sub(r"@([a-z_]+)", lambda match: f"(?:{fragments[match[1]]})", source)
    text = _UNION.sub(lambda match: _one_of(match[2].replace("|", " "), match[1]), source)
    pieces = _GROUP.split(text)
    pieces[::2] = [_NAME.sub(lambda match: _one_of(match[0]), piece) for piece in pieces[::2]]
    return re.compile(re.sub(r"\s+", "", "".join(pieces)), re.DOTALL)


def _one_of(names: str, negation: str = "") -> str:
    chosen = classes(names)
    return _set_of(chosen, negation) if negation or len(chosen) > 1 else _literal(*chosen)


def _literal(symbol: str) -> str:
    return f"\\u{ord(symbol):04x}"


def _set_of(symbols: Iterable[str], negation: str = "") -> str:
    return f"[{negation}{''.join(map(_literal, sorted(symbols)))}]"


class Anchored:
    """Alternatives that are tried only at the tokens they can start with.

    Args:
        forms: name -> the classes it can start with, and its pattern. At one token the first that matches wins.
        fragments: for the patterns.

    A match's ``lastgroup`` is the name of the form, unless the form has named groups of its own that come last.
    """

    def __init__(self, forms: Mapping[str, tuple[str, str]], fragments: Mapping[str, str]) -> None:
        self._forms = forms
        self._fragments = fragments
        self.starts = frozenset().union(*(classes(starts) for starts, _ in forms.values()))
        self._start = re.compile(_set_of(self.starts))

    @cached_property
    def _match_at(self) -> dict[str, Callable[[str, int], re.Match[str] | None]]:
        """Class character -> the matcher of the forms that can start with it. Compiled at first use, see `warm_up`."""
        forms_at: dict[str, list[str]] = {}
        for name, (starts, source) in self._forms.items():
            for start in classes(starts):
                forms_at.setdefault(start, []).append(f"(?P<{name}> {source} )")
        compiled: dict[str, re.Pattern[str]] = {}
        for sources in forms_at.values():
            alternatives = "|".join(sources)
            if alternatives not in compiled:
                compiled[alternatives] = grammar(alternatives, self._fragments)
        return {start: compiled["|".join(sources)].match for start, sources in forms_at.items()}

    def find(self, tape: str, at_most: int) -> list[re.Match[str]]:
        """Matches from left to right, ``at_most`` of them, none overlapping another."""
        found: list[re.Match[str]] = []
        match_at = self._match_at
        position = 0
        for start in islice(self._start.finditer(tape), _MAX_ATTEMPTS):
            at = start.start()
            if at < position:
                continue
            match = match_at[tape[at]](tape, at)
            if match is not None:
                found.append(match)
                if len(found) == at_most:
                    break
                position = match.end()
        return found
