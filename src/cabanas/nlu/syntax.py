"""The little language of patterns over the tape, as a tree: written out for `re`, and asked what it can begin with.

A pattern is some branches, a branch is a sequence of items. What a branch can begin with lets `cabanas.nlu.grammar` try
it only where it has a chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cabanas.nlu.lexicon import ALL_CLASSES, classes

# Stands for the end of the tape among the classes that may come next.
END = ""
_ANYTHING = ALL_CLASSES | {END}

_TOKENS = re.compile(
    r"\(\?(?:<?[=!]|:|P<\w+>)|\)|\{\^?[A-Z][A-Z0-9_|\s]*\}|[A-Z][A-Z0-9_]*|\{\d+(?:,\d*)?\}|[?*+|$^]|\S"
)
_CLASS = re.compile(r"\{?(\^?)([A-Z][^}]*)\}?")
_QUANTIFIER = re.compile(r"[?*+]|\{\d")


class Item(NamedTuple):
    """One step of a branch: a class of tokens, a group, a look around, or an anchor.

    ``opening`` is how it is written for `re`, up to its branches; ``classes`` are the characters that a class matches.
    """

    opening: str
    classes: frozenset[str] = frozenset()
    branches: tuple[Branch, ...] = ()
    quantifier: str = ""

    @property
    def is_group(self) -> bool:
        return self.opening.startswith(("(?:", "(?P"))

    @property
    def reads_nothing(self) -> bool:
        return not self.classes and not self.is_group

    @property
    def is_optional(self) -> bool:
        return self.quantifier.startswith(("?", "*", "{0"))

    @property
    def again(self) -> Branch:
        """What may follow once it has matched: itself, where it may be repeated."""
        return () if self.quantifier in {"", "?"} else (self._replace(quantifier="*"),)


Branch = tuple[Item, ...]


def parse(source: str) -> tuple[Branch, ...]:
    """The branches of ``source``, whose syntax `cabanas.nlu.grammar.grammar` describes.

    Raises:
        KeyError: a class is unknown.
        ValueError: the source is not of this language.
    """
    stack: list[tuple[str, list[list[Item]]]] = [("", [[]])]
    for piece in _TOKENS.findall(source):
        opening, branches = stack[-1]
        if piece.startswith("(?"):
            stack.append((piece, [[]]))
        elif piece == ")" and len(stack) > 1:
            stack.pop()
            stack[-1][1][-1].append(Item(opening, branches=tuple(map(tuple, branches))))
        elif piece == "|":
            branches.append([])
        elif _QUANTIFIER.match(piece) and branches[-1]:
            branches[-1][-1] = branches[-1][-1]._replace(quantifier=piece)
        elif piece in {"$", "^"}:
            branches[-1].append(Item(piece))
        elif (named := _CLASS.fullmatch(piece)) is not None:
            chosen = classes(named[2].replace("|", " "))
            branches[-1].append(Item(set_of(chosen, named[1]), ALL_CLASSES - chosen if named[1] else chosen))
        else:
            raise ValueError(f"{piece!r} has no place in a pattern over the tape: {source!r}")
    if len(stack) > 1:
        raise ValueError(f"{stack[-1][0]!r} is never closed: {source!r}")
    return tuple(map(tuple, stack[0][1]))


def set_of(symbols: frozenset[str], negation: str = "") -> str:
    """One of the characters, or with "^" none of them, as `re` writes it."""
    written = "".join(f"\\u{ord(symbol):04x}" for symbol in sorted(symbols))
    return written if len(symbols) == 1 and not negation else f"[{negation}{written}]"


def written(branches: tuple[Branch, ...]) -> str:
    """The branches as `re` reads them."""
    return "|".join(
        "".join(
            f"{item.opening}{written(item.branches) + ')' if item.branches else ''}{item.quantifier}" for item in branch
        )
        for branch in branches
    )


def may_read(branch: Branch) -> frozenset[str]:
    """The classes that the next token may have for the branch to match there, the end of the tape among them.

    Never too few; looks around that are not simple are taken to hold.
    """
    found: frozenset[str] = frozenset()
    allowed = _ANYTHING
    for index, item in enumerate(branch):
        rest = item.again + branch[index + 1 :]
        if item.opening == "(?=":
            allowed &= frozenset().union(*map(may_read, item.branches))
        elif item.opening == "(?!":
            allowed -= frozenset().union(*map(_surely_reads, item.branches))
        elif item.opening == "$":
            return found | allowed & {END}
        elif item.reads_nothing:
            continue
        else:
            found |= allowed & frozenset(item.classes).union(*(may_read(inner + rest) for inner in item.branches))
            if not item.is_optional:
                return found
    return found | allowed


def _surely_reads(branch: Branch) -> frozenset[str]:
    """Classes of which one token is enough for the branch to match, whatever stands around it. Maybe too few."""
    found: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    for index, item in enumerate(branch):
        rest = branch[index + 1 :]
        if item.opening == "(?!":
            doubtful |= frozenset().union(*map(may_read, item.branches))
        elif item.reads_nothing:
            return found
        else:
            if item.is_group:
                found |= frozenset().union(*(_surely_reads(inner + rest) for inner in item.branches)) - doubtful
            elif all(later.is_optional and not later.reads_nothing for later in rest):
                found |= item.classes - doubtful
            if not item.is_optional:
                return found
    return found


class Opening(NamedTuple):
    """A way to begin: the class of the token before, None for any; that of the first, and of the one after it."""

    before: frozenset[str] | None
    first: frozenset[str]
    second: frozenset[str]


def openings(branch: Branch, before: frozenset[str] | None = None) -> Iterator[Opening]:
    """The ways in which a match of the branch, one token long at least, can begin. Never too few."""
    for index, item in enumerate(branch):
        rest = item.again + branch[index + 1 :]
        if item.opening == "(?<=":
            last = _last_of(item)
            before = last if before is None else before if last is None else before & last
        elif item.is_group:
            for inner in item.branches:
                yield from openings(inner + rest, before)
        elif not item.reads_nothing:
            yield Opening(before, item.classes, may_read(rest))
        if not item.reads_nothing and not item.is_optional:
            return


def _last_of(item: Item) -> frozenset[str] | None:
    """The classes of the last token that a class, a group or a look back reads; None where that is not plain."""
    if item.classes:
        return item.classes
    found: frozenset[str] = frozenset()
    for branch in item.branches:
        last = _last_of(branch[-1]) if branch and not branch[-1].quantifier else None
        if last is None:
            return None
        found |= last
    return found or None


def beginning_with(branch: Branch, symbol: str) -> Branch | None:
    """The branch without what cannot match where the first token is of that class; None where all of it cannot."""
    for index, item in enumerate(branch):
        if item.reads_nothing:
            continue
        before, rest = branch[:index], branch[index + 1 :]
        if item.quantifier:
            return branch if symbol in may_read(branch[index:]) else None
        if item.classes:
            return (
                (*before, Item(set_of(frozenset(symbol)), frozenset(symbol)), *rest) if symbol in item.classes else None
            )
        kept = [inner for inner in item.branches if symbol in may_read(inner + rest)]
        if len(kept) == 1 and item.opening == "(?:":
            return beginning_with(before + kept[0] + rest, symbol)
        return (*before, item._replace(branches=tuple(kept)), *rest) if kept else None
    return branch
