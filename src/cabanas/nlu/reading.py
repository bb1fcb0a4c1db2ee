"""The entry point: fold once, tokenise once, then read stay, guests and intents off the same tape."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cabanas.nlu.accommodations import find_accommodation
from cabanas.nlu.analysis import Analysis
from cabanas.nlu.fallback import resolve_span
from cabanas.nlu.folding import fold, tokenise
from cabanas.nlu.grammar import compile_all
from cabanas.nlu.guests import read_guests
from cabanas.nlu.intents import ABOUT_A_STAY, LONG_TALK, find_signs, read_intents
from cabanas.nlu.lexicon import tape_of
from cabanas.nlu.stays import NO_STAY, read_stay


def analyze(text: str, *, reference_date: date, accommodations: Sequence[str] = ()) -> Analysis:
    """What ``text`` asks for, read as if it were written on ``reference_date``.

    Pure: the same text and day give the same answer, and no clock is read. Any string is answered. ``accommodations``
    are the names of the cabins that a message may mention.
    """
    folded = fold(text)
    tokens = tokenise(folded)
    tape = tape_of(tokens)
    present = frozenset(tape)
    signs = find_signs(tape, present)
    is_aside = len(tape) > LONG_TALK and signs.isdisjoint(ABOUT_A_STAY)
    stay = read_stay(tokens, tape, present, reference_date, is_aside=is_aside)
    names_stay = stay != NO_STAY
    return Analysis(
        read_intents(signs, tape, present, names_stay=names_stay),
        stay.check_in,
        stay.check_out,
        stay.nights,
        read_guests(tokens, tape, present, is_aside=is_aside and not names_stay),
        find_accommodation(folded, tuple(accommodations)) if accommodations else None,
    )


def warm_up() -> None:
    """Pay every first-time cost now: compile the patterns and load dateparser with its Spanish tables."""
    compile_all()
    resolve_span("en un mes y 10 dias", date(2025, 1, 1))
