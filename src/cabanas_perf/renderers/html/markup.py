"""Markup that is escaped by construction: text is only ever text, and elements are the only way to make tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

_VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")
_RAW_TEXT = re.compile(r"</(?=script|style)|<!--", re.IGNORECASE)


class Html(str):
    """Text that is markup already. Only this module turns strings into it."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"


def element(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """One element. Strings among the children are text and get escaped, `Html` stays, None is left out; children may
    be nested in iterables. Underscores in the names of attributes stand for hyphens, one at the end is dropped; an
    attribute of None or False is left out, one of True has no value.

    >>> element("p", "a < b", element("b", "!"), class_="note", hidden=True)
    '<p class="note" hidden>a &lt; b<b>!</b></p>'
    """
    opening = f"<{tag}{''.join(map(_attribute, attributes, attributes.values()))}>"
    return Html(opening if tag in _VOID else f"{opening}{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    """Children one after the other, as in `element`."""
    return Html("".join(map(_render, children)))


def raw_text(tag: str, text: str, **attributes: Attribute) -> Html:
    """A script or a style, whose text is not unescaped by browsers.

    Raises:
        ValueError: when the text could end the element or hide its end.
    """
    if _RAW_TEXT.search(text):
        raise ValueError(f"the text of a <{tag}> may not hold one of </script, </style, <!--")
    opening = f"<{tag}{''.join(map(_attribute, attributes, attributes.values()))}>"
    return Html(f"{opening}{text}</{tag}>")


def _render(child: Child) -> str:
    if isinstance(child, Html):
        return child
    if child is None:
        return ""
    if isinstance(child, str):
        return escape(child, quote=False)
    if isinstance(child, int):
        return str(child)
    return "".join(map(_render, child))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(shown):
        raise ValueError(f"{name!r} does not name an attribute")
    return f" {shown}" if value is True else f' {shown}="{escape(_text(value))}"'


def _text(value: str | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
