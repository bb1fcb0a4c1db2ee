"""Patterns over the tape, and the matcher that tries them only where the tokens there give one of them a chance."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

from cabanas.nlu.lexicon import ALL_CLASSES
from cabanas.nlu.syntax import END, Branch, beginning_with, openings, parse, set_of, written

# No message has this many places where a match could begin; the bound keeps the worst text cheap.
_MAX_ATTEMPTS = 256

_FRAGMENT = re.compile(r"@([a-z_]+)")
_ALL: list[Pattern | Anchored] = []


class Pattern:
    """A pattern over the tape, compiled at first use: all of them together would double the time of an import.

    Its methods are those of `re.Pattern`.
    """

    match: Callable[..., re.Match[str] | None]
    search: Callable[..., re.Match[str] | None]
    fullmatch: Callable[..., re.Match[str] | None]
    finditer: Callable[..., Iterator[re.Match[str]]]

    def __init__(self, source: str, fragments: Mapping[str, str]) -> None:
        self.source = source
        self.fragments = fragments
        _ALL.append(self)

    def compile(self) -> None:
        """Get ready for use.

        Raises:
            KeyError: a class or a fragment is unknown.
            ValueError: the source is not of this language.
        """
        compiled = re.compile(written(_branches_of(self.source, self.fragments)), re.DOTALL)
        # From now on found before `__getattr__` is asked, and bound once instead of at each call.
        self.match, self.search = compiled.match, compiled.search
        self.fullmatch, self.finditer = compiled.fullmatch, compiled.finditer

    def __getattr__(self, name: str) -> Any:
        if name not in Pattern.__annotations__:
            raise AttributeError(name)
        self.compile()
        return getattr(self, name)


def grammar(source: str, fragments: Mapping[str, str] = MappingProxyType({})) -> Pattern:
    """A pattern over the tape.

    Words in capitals are classes or unions, ``{A|B}`` is one of several and ``{^A|B}`` none of them, ``@name`` is a
    fragment, spaces mean nothing; groups, looks around, quantifiers and anchors are those of `re`.
    """
    return Pattern(source, fragments)


def compile_all() -> None:
    """Compile every pattern there is; an error in one of them is raised here."""
    for pattern in _ALL:
        pattern.compile()


def _branches_of(source: str, fragments: Mapping[str, str]) -> tuple[Branch, ...]:
    while "@" in source:
        source = _FRAGMENT.sub(lambda match: f"(?:{fragments[match[1]]})", source)
    return parse(source)


class Anchored:
    """Alternatives that are tried only where the tokens around give one of them a chance.

    Args:
        forms: name -> its pattern. At one token the first that matches wins.
        fragments: for the patterns.

    A match's ``lastgroup`` is the name of its form. Patterns are compiled at first use.
    """

    def __init__(self, forms: Mapping[str, str], fragments: Mapping[str, str]) -> None:
        self.forms = forms
        self.fragments = fragments
        _ALL.append(self)

    def compile(self) -> None:
        """Get ready for use. Raises as `Pattern.compile` does."""
        self.find("", 1)

    @cached_property
    def _branches(self) -> dict[str, tuple[Branch, ...]]:
        return {name: _branches_of(source, self.fragments) for name, source in self.forms.items()}

    @cached_property
    def _start(self) -> re.Pattern[str]:
        """A token at which a form can begin, judged by its class and those of its neighbours."""
        return re.compile("|".join(_chance(symbol, ways) for symbol, ways in self._starts.items()), re.DOTALL)

    @cached_property
    def _starts(self) -> dict[str, dict[frozenset[str] | None, frozenset[str]]]:
        """Class character -> class of the token before, None for any -> those of the token after."""
        starts: dict[str, dict[frozenset[str] | None, frozenset[str]]] = {}
        for branch in chain.from_iterable(self._branches.values()):
            for before, first, second in openings(branch):
                for symbol in first:
                    ways = starts.setdefault(symbol, {})
                    ways[before] = ways.get(before, frozenset()) | second
        return starts

    @cached_property
    def _match_at(self) -> dict[str, Callable[[str, int], re.Match[str] | None]]:
        """Class character -> the matcher of the forms that can begin with it."""
        return {symbol: re.compile("|".join(self._beginning_with(symbol)), re.DOTALL).match for symbol in self._starts}

    def _beginning_with(self, symbol: str) -> Iterator[str]:
        for name, branches in self._branches.items():
            kept = [rest for branch in branches if (rest := beginning_with(branch, symbol)) is not None]
            if kept:
                # The empty group comes last, so that `re` sees at once with which token a branch goes on.
                yield f"(?:{written(tuple(kept))})(?P<{name}>)"

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


def _chance(symbol: str, seconds: Mapping[frozenset[str] | None, frozenset[str]]) -> str:
    """A token of that class where one of its neighbours is as it should be; token before (None: any) -> token after."""
    anywhere = seconds.get(None, frozenset())
    ways = [_next_is(anywhere)] if anywhere else []
    for before, second in seconds.items():
        if before is not None and not second <= anywhere:
            ways.append(f"(?<={set_of(before)}.){_next_is(second)}")
    return f"{set_of(frozenset(symbol))}(?:{'|'.join(ways)})"


def _next_is(second: frozenset[str]) -> str:
    if END not in second:
        return f"(?={set_of(second)})"
    others = ALL_CLASSES - second
    return f"(?!{set_of(others)})" if others else ""
