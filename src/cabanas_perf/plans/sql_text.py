"""PostgreSQL's tokens: enough to split a script, to tell statements apart and to keep values out of texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    SPACE = auto()
    """White space and comments."""
    STRING = auto()
    NUMBER = auto()
    PARAMETER = auto()
    NAME = auto()
    """A key word or an identifier, quoted or not."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str


class UnfinishedSql(ValueError):
    """A string, a quoted name or a comment has no end."""


_PLAIN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
    |(?P<estring>[eE]'(?:[^'\\]|\\.|'')*')
    |(?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
    |(?P<quoted>(?:[uU]&)?"(?:[^"]|"")*")
    |(?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
    |(?P<parameter>\$\d+)
    |(?P<name>(?![eE]')[^\W\d][\w$]*)
    |(?P<number>(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<other>[^\s\w'"$]|\$(?!(?:[^\W\d]\w*)?\$))
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {
    "space": Kind.SPACE,
    "estring": Kind.STRING,
    "string": Kind.STRING,
    "quoted": Kind.NAME,
    "dollar": Kind.STRING,
    "parameter": Kind.PARAMETER,
    "name": Kind.NAME,
    "number": Kind.NUMBER,
    "other": Kind.OTHER,
}
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")
_FINGERPRINT_DIGITS = 12


def read_tokens(sql: str) -> Iterator[Token]:
    """Every token in order; joined they are the text again.

    Raises:
        UnfinishedSql: when a quote or a comment is never closed.
    """
    position = 0
    while position < len(sql):
        if sql.startswith("/*", position):
            end = _end_of_comment(sql, position)
            yield Token(Kind.SPACE, sql[position:end])
            position = end
            continue
        match = _PLAIN.match(sql, position)
        if match is None:
            msg = f"a quote that opens on line {sql.count(chr(10), 0, position) + 1} is never closed"
            raise UnfinishedSql(msg)
        group = next(name for name in _KINDS if match[name] is not None)
        yield Token(_KINDS[group], match[0])
        position = match.end()


def split_statements(script: str) -> tuple[str, ...]:
    """The statements between semicolons, without those that are only space. Raises UnfinishedSql."""
    statements: list[str] = []
    current: list[Token] = []
    for token in (*read_tokens(script), Token(Kind.OTHER, ";")):
        if token.text == ";" and token.kind is Kind.OTHER:
            if any(each.kind is not Kind.SPACE for each in current):
                statements.append("".join(each.text for each in current).strip())
            current = []
        else:
            current.append(token)
    return tuple(statements)


def normalise(sql: str) -> str:
    r"""The statement with ``?`` for every value, in one line, key words and names in lower case unless quoted.

    Lists of values are one ``?``, whatever their length. Raises UnfinishedSql.

    >>> normalise("SELECT *  FROM t -- all\nWHERE a = 'x' AND b IN (1, 2, 3) AND c = $1")
    'select * from t where a = ? and b in (?) and c = ?'
    """
    parts = []
    for token in read_tokens(sql):
        match token.kind:
            case Kind.SPACE:
                parts.append(" ")
            case Kind.STRING | Kind.NUMBER | Kind.PARAMETER:
                parts.append("?")
            case Kind.NAME:
                parts.append(token.text if token.text.endswith('"') else token.text.lower())
            case Kind.OTHER:
                parts.append(token.text)
    return _LIST.sub("(?)", " ".join("".join(parts).split())).rstrip("; ")


def fingerprint(sql: str) -> str:
    """Twelve hexadecimal digits that are the same for statements that differ in values, space and comments only."""
    return hashlib.sha256(normalise(sql).encode()).hexdigest()[:_FINGERPRINT_DIGITS]


def mask_values(sql: str, keep: frozenset[str] = frozenset()) -> str:
    """The text with ``?`` for strings (``'?'``) and numbers, save for those in ``keep``; parameters stay.

    >>> mask_values("(phone = '+54 9'::text) AND (id < 7)", frozenset({"7"}))
    "(phone = '?'::text) AND (id < 7)"
    """
    parts = []
    for token in read_tokens(sql):
        if token.text in keep or token.kind not in {Kind.STRING, Kind.NUMBER}:
            parts.append(token.text)
        else:
            parts.append("'?'" if token.kind is Kind.STRING else "?")
    return "".join(parts)


def literals(sql: str) -> frozenset[str]:
    """The strings and numbers that are written in the statement."""
    return frozenset(token.text for token in read_tokens(sql) if token.kind in {Kind.STRING, Kind.NUMBER})


def parameter_count(sql: str) -> int:
    """The highest number of a ``$n``; 0 without any."""
    return max((int(token.text[1:]) for token in read_tokens(sql) if token.kind is Kind.PARAMETER), default=0)


def _end_of_comment(sql: str, start: int) -> int:
    # Comments nest in PostgreSQL.
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(sql, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    msg = f"a comment that opens on line {sql.count(chr(10), 0, start) + 1} is never closed"
    raise UnfinishedSql(msg)
