"""What one message says, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Analysis:
    """The reading of one guest message; every field is a fact the message states, never a guess.

    ``intents`` is never empty and drawn from `cabanas.nlu.intents.INTENTS`. The stay is
    ``[check_in, check_out)``; either end may be missing. ``nights`` is the length of the stay where both ends are
    known, else the stated length. ``accommodation`` is one of the names handed in.
    """

    intents: tuple[str, ...]
    check_in: date | None
    check_out: date | None
    nights: int | None
    guests: int | None
    accommodation: str | None
