"""Columns in the conditions that EXPLAIN prints: enough to name candidates for an index, no SQL parser."""

from __future__ import annotations

import re

_STRING = re.compile(r"'(?:[^']|'')*'")
_CAST = re.compile(
    r"::(?:\"[^\"]+\"|(?:character varying|double precision|(?:timestamp|time) with(?:out)? time zone|[a-z_]\w*))"
    r"(?:\(\d+\))?(?:\[\])*"
)
_COLUMN = r"(?:\w+\.)?(?P<column>[a-z_]\w*)"
_COMPARED = re.compile(rf"\(*{_COLUMN}\)* (?P<operator>=|<>|<=|>=|<|>|&&|@>|<@|~~\*?|!~~\*?|~\*?) ")
_IDENTIFIER = re.compile(r"(?<![\w.'$])(?:[a-z_]\w*\.)?([a-z_]\w*)(?!\w*\()(?=[^\w(.]|$)")
_SORT_KEY = re.compile(rf"^\(*{_COLUMN}\)*(?P<direction> DESC)?(?: NULLS (?:FIRST|LAST))?(?: COLLATE .*)?$")
_KEYWORDS = frozenset({"and", "or", "not", "any", "all", "is", "null", "true", "false", "subplan", "initplan", "like"})


def strip_casts(condition: str) -> str:
    """The condition with its literals emptied and its casts taken off.

    >>> strip_casts("((reservation_status)::text = 'confirmed'::text)")
    "((reservation_status) = '')"
    """
    return _CAST.sub("", _STRING.sub("''", condition))


def compared_columns(condition: str, operators: frozenset[str] | None = None) -> tuple[str, ...]:
    """Columns that stand bare on the left of a comparison, in order; of ``operators`` only when given.

    A column inside a function call is not among them: no plain index serves that.

    >>> compared_columns("((lower(name) = 'x'::text) AND (guest_phone = '1'::text) AND (r.total > '5'::numeric))")
    ('guest_phone', 'total')
    """
    found = []
    text = re.sub(r"\w+\([^()]*\)", "f()", strip_casts(condition))
    for match in _COMPARED.finditer(text):
        column = match["column"]
        if column not in _KEYWORDS and (operators is None or match["operator"] in operators):
            found.append(column)
    return tuple(dict.fromkeys(found))


def mentioned_columns(condition: str) -> frozenset[str]:
    """Every bare word of the condition that can be a column, inside function calls too.

    >>> sorted(mentioned_columns("(lower((r.name)::text) = 'x'::text)"))
    ['name']
    """
    return frozenset(_IDENTIFIER.findall(strip_casts(condition))) - _KEYWORDS


def is_wrapped(condition: str, column: str) -> bool:
    """Whether the column stands inside a function call or an arithmetic expression, or is cast to another type.

    >>> is_wrapped("(lower(contact_phone) = 'x'::text)", "contact_phone")
    True
    >>> is_wrapped("(contact_phone = 'x'::text)", "contact_phone")
    False
    """
    text = _STRING.sub("''", condition)
    return column not in compared_columns(condition) or bool(re.search(rf"\(\(?(?:\w+\.)?{column}\)?::", text))


def sort_columns(keys: tuple[str, ...]) -> tuple[str, ...] | None:
    """``column`` or ``column DESC`` for each sort key, without the tables' names; None when one is an expression.

    >>> sort_columns(("r.check_in DESC", "id"))
    ('check_in DESC', 'id')
    >>> sort_columns(("lower(name)",)) is None
    True
    """
    columns = []
    for key in keys:
        match = _SORT_KEY.match(strip_casts(key))
        if match is None:
            return None
        columns.append(f"{match['column']}{match['direction'] or ''}")
    return tuple(columns)
