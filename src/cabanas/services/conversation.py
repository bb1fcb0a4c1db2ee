"""What a guest has said so far, and what to do next. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

from cabanas.domain.stay import Stay

MAX_OFFERED = 3
"""Accommodations named in one offer."""
_MAX_NIGHTS = 366
_MAX_GUESTS = 1000

_NUMBER = re.compile(r"\W*(?:(?:la|el|opci[oó]n|n[uú]mero|nro)\W+)*(\d{1,3})\W*", re.IGNORECASE)
_YES = re.compile(
    r"\W*(s[ií]+|dale|ok(ay|ey)?|bueno|listo|perfecto|genial|de una|confirmo|confirmado|esa|por favor|👍)\b.*|\W*👍.*",
    re.IGNORECASE | re.DOTALL,
)
_ENOUGH = re.compile(
    r"\W*(no\W*|no,? )?((muchas|mil) )?gracias\b.*|\W*(no|nada|chau|adi[oó]s|hasta luego)\W*",
    re.IGNORECASE | re.DOTALL,
)
_ANY_OF_THEM = re.compile(r".*\b(cualquiera|la que sea|la primera|la m[aá]s barata)\b.*", re.IGNORECASE | re.DOTALL)


class Reading(Protocol):
    """What the language understanding says of one message, as `cabanas.nlu.analyze` answers it."""

    @property
    def intents(self) -> tuple[str, ...]: ...
    @property
    def check_in(self) -> date | None: ...
    @property
    def check_out(self) -> date | None: ...
    @property
    def nights(self) -> int | None: ...
    @property
    def guests(self) -> int | None: ...
    @property
    def accommodation(self) -> str | None: ...


class Question(StrEnum):
    """What the guest was asked last."""

    DATES = "dates"
    NIGHTS = "nights"
    GUESTS = "guests"
    CABIN = "cabin"


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that still counts of what was said. ``offered`` are names, in the order in which they were given."""

    check_in: date | None = None
    check_out: date | None = None
    nights: int | None = None
    guests: int | None = None
    accommodation: str | None = None
    booking: bool = False
    """True once the guest said that they want to book, not only to know."""
    asked: Question | None = None
    offered: tuple[str, ...] = ()

    @property
    def stay(self) -> Stay | None:
        return Stay(self.check_in, self.check_out) if self.check_in and self.check_out else None

    def without_dates(self) -> Memory:
        return replace(self, check_in=None, check_out=None, nights=None)

    def asking(self, question: Question | None, offered: tuple[str, ...] = ()) -> Memory:
        """The same, with another question open."""
        return replace(self, asked=question, offered=offered)

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Memory:
        return cls(
            check_in=_parse_day(found["check_in"]),
            check_out=_parse_day(found["check_out"]),
            nights=found["nights"],
            guests=found["guests"],
            accommodation=found["accommodation"],
            booking=found["booking"],
            asked=Question(found["asked"]) if found["asked"] else None,
            offered=tuple(found["offered"]),
        )


class Step(StrEnum):
    """What the conversation needs next."""

    CANCEL = "cancel"
    DESCRIBE = "describe"
    GREET = "greet"
    PUZZLED = "puzzled"
    PART = "part"
    """They thanked, or said no: nothing more is to be asked."""
    ASK_DATES = "ask_dates"
    PAST_DATES = "past_dates"
    ASK_NIGHTS = "ask_nights"
    ASK_GUESTS = "ask_guests"
    TOO_MANY_GUESTS = "too_many_guests"
    LOOK = "look"
    """Everything is known: see what is free."""


class Choice(StrEnum):
    """What to do about what is free."""

    BOOK = "book"
    OFFER = "offer"
    OFFER_OTHERS = "offer_others"
    """The one they asked for is not free, or too small."""
    NOTHING_FREE = "nothing_free"


def absorb(memory: Memory, reading: Reading, text: str) -> Memory:
    """What is known after one more message. A bare number or a "sí" answers the question that was asked last."""
    answered = _read_answer(memory, text)
    if answered is not None:
        return answered
    memory = _absorb_dates(memory, reading)
    if reading.guests is not None and 1 <= reading.guests <= _MAX_GUESTS:
        memory = replace(memory, guests=reading.guests)
    if reading.accommodation is not None:
        chosen = memory.asked is Question.CABIN
        memory = replace(memory, accommodation=reading.accommodation, booking=memory.booking or chosen)
    if "reservar" in reading.intents:
        memory = replace(memory, booking=True)
    return memory


def next_step(
    memory: Memory, reading: Reading, text: str, *, learned: bool, today: date, largest_capacity: int
) -> Step:
    """What to do about a message; ``learned``: it told something new about the stay."""
    aside = None if learned else _read_aside(reading, text)
    if aside is not None:
        return aside
    if memory.check_in is None:
        return Step.ASK_DATES
    if memory.check_in < today:
        return Step.PAST_DATES
    if memory.check_out is None:
        return Step.ASK_NIGHTS
    if memory.guests is None:
        return Step.ASK_GUESTS
    return Step.TOO_MANY_GUESTS if memory.guests > largest_capacity else Step.LOOK


def choose(memory: Memory, free: Sequence[str]) -> tuple[Choice, tuple[str, ...]]:
    """What to do when those accommodations are free, and which of them it is about; one when it is to be booked."""
    if not free:
        return Choice.NOTHING_FREE, ()
    if memory.accommodation is None:
        if memory.booking and len(free) == 1:
            return Choice.BOOK, (free[0],)
        return Choice.OFFER, tuple(free[:MAX_OFFERED])
    if memory.accommodation not in free:
        return Choice.OFFER_OTHERS, tuple(free[:MAX_OFFERED])
    return (Choice.BOOK if memory.booking else Choice.OFFER), (memory.accommodation,)


def _read_aside(reading: Reading, text: str) -> Step | None:
    """What a message is about that tells nothing of the stay; None when it goes on with what was said before."""
    by_intent = {"cancelar": Step.CANCEL, "servicios": Step.DESCRIBE}
    for intent, step in by_intent.items():
        if intent in reading.intents:
            return step
    wants_to_know = {"reservar", "disponibilidad", "precio"} & set(reading.intents)
    if wants_to_know:
        return None
    if _ENOUGH.fullmatch(text):
        return Step.PART
    return Step.GREET if "saludo" in reading.intents else Step.PUZZLED


def _read_answer(memory: Memory, text: str) -> Memory | None:
    number = _NUMBER.fullmatch(text)
    value = int(number.group(1)) if number else None
    if memory.asked is Question.GUESTS and value:
        return replace(memory, guests=value)
    if memory.asked is Question.NIGHTS and value and memory.check_in is not None:
        return _with_nights(memory, value)
    if memory.asked is not Question.CABIN or not memory.offered:
        return None
    if value is not None and 1 <= value <= len(memory.offered):
        return replace(memory, accommodation=memory.offered[value - 1], booking=True)
    if (len(memory.offered) == 1 and _YES.fullmatch(text)) or _ANY_OF_THEM.fullmatch(text):
        return replace(memory, accommodation=memory.offered[0], booking=True)
    return None


def _absorb_dates(memory: Memory, reading: Reading) -> Memory:
    if reading.nights is not None and 1 <= reading.nights <= _MAX_NIGHTS:
        memory = replace(memory, nights=reading.nights)
    elif reading.check_in is not None and reading.check_out is not None:
        memory = replace(memory, nights=None)
    if reading.check_in is not None:
        memory = replace(memory, check_in=reading.check_in, check_out=reading.check_out)
    elif reading.check_out is not None:
        memory = replace(memory, check_out=reading.check_out, nights=None)
    elif reading.nights is not None:
        memory = replace(memory, check_out=None)
    if memory.check_in is None:
        return memory
    if memory.check_out is None and memory.nights is not None:
        return _with_nights(memory, memory.nights)
    if memory.check_out is not None and memory.check_out <= memory.check_in:
        return replace(memory, check_out=None, nights=None)
    if memory.check_out is not None:
        return replace(memory, nights=(memory.check_out - memory.check_in).days)
    return memory


def _with_nights(memory: Memory, nights: int) -> Memory:
    assert memory.check_in is not None
    try:
        return replace(memory, nights=nights, check_out=memory.check_in + timedelta(days=nights))
    except OverflowError:
        return replace(memory, nights=None, check_out=None)


def _parse_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def known(memory: Memory) -> tuple[object, ...]:
    """What is known of the stay, to see whether a message told something new."""
    return (memory.check_in, memory.check_out, memory.nights, memory.guests, memory.accommodation, memory.booking)
