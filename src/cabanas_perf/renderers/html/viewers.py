"""Other people's viewers, each a page of its own inside the report: packed, with the data apart, run in a sandbox.

Assets stay as they were published (`renderers/vendor`); what must differ for an offline page differs here.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cabanas_perf.renderers.html.markup import Html, element, raw_text

_VENDOR = files("cabanas_perf.renderers") / "vendor"
_STATIC = files("cabanas_perf.renderers.html") / "static"
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_SCRIPT_END = re.compile(r"</(?=script)", re.IGNORECASE)
_DATA_MARK = "{{data}}"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A page that shows one piece of data; ``scripts`` run in their order, each in a tag of its own."""

    name: str
    body: Html
    styles: tuple[str, ...]
    scripts: tuple[str, ...]

    def render(self) -> str:
        """The page, with a mark where the data goes."""
        data = raw_text("script", _DATA_MARK, type="application/json", id="data")
        head = element(
            "head",
            element("meta", charset="utf-8"),
            element("title", self.name),
            (raw_text("style", style) for style in self.styles),
        )
        body = element("body", self.body, data, (raw_text("script", script) for script in self.scripts))
        return f"<!doctype html>{element('html', head, body, lang='en')}"

    def render_with(self, json_text: str) -> str:
        """The page with the data in its place."""
        # An end tag inside a string would end the element that holds the data.
        return self.render().replace(_DATA_MARK, json_text.replace("</", r"<\/"))


@cache
def load_speedscope() -> Viewer:
    css = _FONT_FACE.sub("", _read_vendor("speedscope-1.25.0/speedscope-GHPHNKXC.css"))
    js = _read_vendor("speedscope-1.25.0/speedscope-Y2522XSH.js")
    return Viewer("speedscope", Html(""), (css,), (read_static("speedscope_frame.js"), js))


@cache
def load_pev2() -> Viewer:
    return Viewer(
        "pev2",
        element("div", id="app", class_="d-flex flex-column vh-100"),
        (_read_vendor("bootstrap-5.3.9/bootstrap.min.css"), _read_vendor("pev2-1.21.0/pev2.css")),
        (
            read_static("pev2_frame.js"),
            _read_vendor("vue-3.5.45/vue.runtime.global.prod.js"),
            _read_vendor("pev2-1.21.0/pev2.umd.js"),
        ),
    )


def _read_vendor(path: str) -> str:
    # An end tag inside a string of JavaScript would end the element that holds the script.
    return _SCRIPT_END.sub(r"<\/", (_VENDOR / path).read_text(encoding="utf-8"))


def read_static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class ViewerData:
    """One thing to look at: its name in the list, and its JSON."""

    name: str
    text: str


VIEWERS: Mapping[str, Callable[[], Viewer]] = {"speedscope": load_speedscope, "pev2": load_pev2}


def place_viewer(name: str, data: Sequence[ViewerData], *, title: str, label: str) -> Html:
    """Room for a viewer, with its data packed beside it; the page's script fills it when it comes into view."""
    ids = [f"{name}-data-{nth}" for nth in range(len(data))]
    choice = element(
        "label",
        f"{label} ",
        element("select", (element("option", each.name, value=id_) for id_, each in zip(ids, data, strict=True))),
    )
    return element(
        "div",
        choice if len(data) > 1 else None,
        element("div", element("p", "The picture opens here when scripts may run."), class_="viewer-stage"),
        element(
            "p",
            "This browser cannot unpack the picture; what it shows stands beside it as text.",
            class_="viewer-excuse",
        ),
        (_place_packed(id_, _escape_json(each.text)) for id_, each in zip(ids, data, strict=True)),
        class_="viewer",
        data_page=f"{name}-page",
        data_first=ids[0],
        data_title=title,
    )


def place_page(name: str) -> Html:
    """The viewer itself, packed, once for a whole report."""
    return raw_text("script", _pack_page(name), type="application/octet-stream", id=f"{name}-page")


def _place_packed(id_: str, text: str) -> Html:
    return raw_text("script", pack(text), type="application/octet-stream", id=id_)


def _escape_json(text: str) -> str:
    # Between script tags; no character of JSON's own is touched.
    return text.replace("<", "\\u003c")


@cache
def _pack_page(name: str) -> str:
    return pack(VIEWERS[name]().render())


def pack(text: str) -> str:
    """Gzip in base64, the same for the same text."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")


def hash_script(script: str) -> str:
    """What a content security policy calls a script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest()).decode('ascii')}'"
