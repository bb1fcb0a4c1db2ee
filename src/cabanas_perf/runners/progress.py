"""Who is told how a run gets on."""

from __future__ import annotations

from typing import Protocol


class ProgressListener(Protocol):
    """Told outside of what is timed."""

    def say(self, message: str) -> None: ...

    def begin(self, title: str, total: int, unit: str = "requests") -> None: ...

    def advance(self, count: int) -> None: ...
