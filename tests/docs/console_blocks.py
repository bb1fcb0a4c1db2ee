"""The commands of the documentation, as its pages write them.

A block of commands is fenced as ``console``; lines that begin with ``$ `` are commands, a backslash at a line's end
goes on with the next one, and everything else shows what was printed. Every command must end with 0 unless an HTML
comment right above the block says otherwise; `Notes` has the words that such a comment may use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^\s*```\s*(\w*)")
_NOTE = re.compile(r"^\s*<!--\s*test:\s*(.*?)\s*-->\s*$")
_EXITS = re.compile(r"exits (\d+(?: or \d+)*)")
_WITH = re.compile(r'with "(.+)" for "(.+)"')
_BESIDE = re.compile(r'beside "(.+)" on port (\d+)')
_UNTIL = re.compile(r'until "(.+)"')
_NOT_RUN = re.compile(r"not run, .{10,}")
_PROMPT = "$ "


class BadPage(Exception):
    """A page that the harness cannot follow; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What the comments above a block say of its commands.

    ``<!-- test: exits 3 -->``, or ``exits 0 or 3``: how every command of the block ends.
    ``<!-- test: with "-t 4s" for "-t 5m" -->``: what the test runs in place of a part that takes long.
    ``<!-- test: until "serving at" -->``: the command runs on; the test waits for the words, then sends SIGTERM.
    ``<!-- test: beside "cabanas-perf serve --port 8000" on port 8000 -->``: what runs meanwhile in another terminal;
    the test gives it a free port, and says that one in the block's commands too.
    ``<!-- test: not run, it needs a second machine -->``: why the test does not run the block.
    """

    exits: tuple[int, ...] = (0,)
    replacements: tuple[tuple[str, str], ...] = ()
    """Pairs of what the page says and what the test runs instead."""
    until: str | None = None
    beside: tuple[str, str] | None = None
    """A command, and the port at which it answers once it is ready."""
    not_run: str | None = None

    def adding(self, text: str) -> Notes | None:
        """These notes and one more; None when its words are unknown."""
        if match := _EXITS.fullmatch(text):
            return replace(self, exits=tuple(map(int, match[1].split(" or "))))
        if match := _WITH.fullmatch(text):
            return replace(self, replacements=(*self.replacements, (match[2], match[1])))
        if match := _UNTIL.fullmatch(text):
            return replace(self, until=match[1])
        if match := _BESIDE.fullmatch(text):
            return replace(self, beside=(match[1], match[2]))
        return replace(self, not_run=text) if _NOT_RUN.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page, as a shell takes it, and what its block's comments say."""

    page: str
    block: int
    """The line on which its block begins."""
    line: int
    text: str
    notes: Notes

    @property
    def to_run(self) -> str:
        """The text with the replacements of the notes."""
        text = self.text
        for written, run in self.notes.replacements:
            text = text.replace(written, run)
        return text


def list_pages(root: Path = ROOT) -> list[Path]:
    """README, CONTRIBUTING, SECURITY and everything below docs, in a stable order."""
    at_the_top = [root / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    return [path for path in (*at_the_top, *sorted((root / "docs").rglob("*.md"))) if path.is_file()]


def find_commands(page: str, text: str) -> Iterator[Command]:
    """The commands of a page's console blocks, in order.

    Raises:
        BadPage: for a comment in words that nobody knows, one with no console block below it, a replacement that
            replaces nothing, and a block without a command.
    """
    lines = enumerate(text.splitlines(), start=1)
    notes, noted_at = Notes(), 0
    for number, line in lines:
        if match := _NOTE.match(line):
            added = notes.adding(match[1])
            if added is None:
                _reject(page, number, f"nobody knows what {match[1]!r} means")
            notes, noted_at = added, number
        elif match := _FENCE.match(line):
            found = list(_read_block(page, number, lines, notes))
            if match[1] == "console":
                if not found:
                    _reject(page, number, f"a console block without a line that begins with {_PROMPT!r}")
                for written, _ in notes.replacements:
                    if not any(written in command.text for command in found):
                        _reject(page, number, f"the block does not say {written!r}")
                yield from found
            elif noted_at:
                _reject(page, number, "a test comment above a block that is no console block")
            notes, noted_at = Notes(), 0
        elif noted_at and line.strip():
            break
    if noted_at:
        _reject(page, noted_at, "a test comment that stands above no block")


def _read_block(page: str, block: int, lines: Iterator[tuple[int, str]], notes: Notes) -> Iterator[Command]:
    """Takes the lines of one block, its closing fence included."""
    for number, line in lines:
        if _FENCE.match(line):
            return
        text = line.strip()
        if not text.startswith(_PROMPT):
            continue
        text = text.removeprefix(_PROMPT)
        while text.endswith("\\"):
            _, more = next(lines, (0, ""))
            text = text.removesuffix("\\").rstrip() + " " + more.strip().removeprefix("> ").strip()
        yield Command(page, block, number, text, notes)


def _reject(page: str, line: int, problem: str) -> NoReturn:
    raise BadPage(f"{page}:{line}: {problem}")
