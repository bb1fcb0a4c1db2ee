"""Who sends the load: user classes and their weights, as in ``ReservationUser:70,WhatsAppWebhookUser:20``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cabanas_perf.load.errors import ScenarioError

_ENTRY = re.compile(
    r"\s*(?P<user_class>[A-Za-z_]\w*)(?:\.(?P<endpoint>[a-z][a-z-]*))?\s*:\s*(?P<weight>\d+(?:\.\d+)?)\s*"
)


@dataclass(frozen=True, slots=True)
class Stream:
    """One user class, or those of its tasks that carry the tag `endpoint`, and its share of the load by weight."""

    user_class: str
    weight: float
    endpoint: str | None = None

    @property
    def name(self) -> str:
        return self.user_class if self.endpoint is None else f"{self.user_class}.{self.endpoint}"


def parse_mix(text: str) -> tuple[Stream, ...]:
    """Streams from ``CLASS[.ENDPOINT]:WEIGHT,...``.

    >>> parse_mix("ReservationUser:70, ReservationUser.health:30")[1]
    Stream(user_class='ReservationUser', weight=30.0, endpoint='health')

    Raises:
        ScenarioError: for anything else, a class that is there twice, and weights of zero.
    """
    streams = [_parse_entry(entry) for entry in text.split(",")]
    check_mix(streams)
    return tuple(streams)


def _parse_entry(entry: str) -> Stream:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise ScenarioError(
            f"{entry.strip()!r} is not a user class with its weight",
            fix="write them as ReservationUser:70,WhatsAppWebhookUser:20",
        )
    return Stream(match["user_class"], float(match["weight"]), match["endpoint"])


def check_mix(streams: Iterable[Stream]) -> None:
    """Raise ScenarioError when a stream is there twice, or has no weight."""
    seen: set[str] = set()
    for stream in streams:
        if stream.name in seen:
            raise ScenarioError(f"{stream.name} is there twice", fix="add its weights up and name it once")
        if stream.weight <= 0:
            raise ScenarioError(f"{stream.name} has no weight", fix="leave it out, or give it a weight above 0")
        seen.add(stream.name)
