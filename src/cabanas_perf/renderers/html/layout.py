"""The page's building blocks: sections, tables, cards, and words that carry a state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cabanas_perf.renderers.html.markup import Child, Html, element, join

Tone = Literal["good", "bad", "warn", "muted"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with a heading of its own, reachable from the navigation."""

    id: str
    title: str
    body: Html
    lead: str = ""

    def render(self) -> Html:
        heading = element("h2", self.title, id=f"{self.id}-heading")
        lead = element("p", self.lead, class_="lead") if self.lead else None
        return element("section", heading, lead, self.body, id=self.id, aria_labelledby=f"{self.id}-heading")


@dataclass(frozen=True, slots=True)
class Column:
    head: Child
    kind: Literal["text", "number", "picture"] = "number"


def build_table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Child]]) -> Html:
    """A table that scrolls sideways where the page is narrow; the first cell of a row is the row's heading."""
    head = element("tr", (element("th", each.head, scope="col", class_=_cell_class(each)) for each in columns))
    body = (
        element(
            "tr",
            (
                element("td" if nth else "th", cell, scope=None if nth else "row", class_=_cell_class(column))
                for nth, (column, cell) in enumerate(zip(columns, row, strict=True))
            ),
        )
        for row in rows
    )
    table = element(
        "table", element("caption", element("span", caption)), element("thead", head), element("tbody", body)
    )
    return element("div", table, class_="scroll", role="region", aria_label=caption, tabindex=0)


def _cell_class(column: Column) -> str | None:
    return None if column.kind == "text" else column.kind


def draw_badge(text: str, tone: Tone) -> Html:
    """A state in a word and a symbol; the colour only repeats them."""
    return element("span", text, class_=f"badge {tone}")


def build_facts(facts: Iterable[tuple[str, Child]]) -> Html:
    """Names with their values, as a strip; what has no value is left out."""
    known = [(name, value) for name, value in facts if value not in (None, "")]
    return element(
        "dl", (element("div", element("dt", name), element("dd", value)) for name, value in known), class_="facts"
    )


def build_card(title: str, *body: Child, note: str = "", class_: str = "") -> Html:
    head = element("h3", title, element("small", f" {note}") if note else None)
    return element("article", head, body, class_=f"card {class_}".rstrip())


def build_cards(cards: Iterable[Html]) -> Html:
    return element("div", cards, class_="cards")


def fold(summary: str, *body: Child, open_: bool = False) -> Html:
    """Something that opens on demand; printing opens it as well."""
    return element("details", element("summary", summary), body, open=open_)


def build_figure(caption: str, *body: Child) -> Html:
    return element("figure", element("figcaption", caption) if caption else None, body)


def list_notes(notes: Iterable[str]) -> Html | None:
    found = [element("li", note) for note in notes]
    return element("ul", found, class_="notes") if found else None


def build_legend(entries: Iterable[tuple[str, str]]) -> Html:
    """Classes of marks with what they mean."""
    keys = (element("li", element("i", class_=f"key {class_}", aria_hidden="true"), text) for class_, text in entries)
    return element("ul", join(keys), class_="legend")
