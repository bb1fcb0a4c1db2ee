"""What the stubs know: recordings, payments, and what they were sent."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from cabanas_perf.stubs.behaviour import Behaviour


@dataclass(frozen=True, slots=True)
class Recording:
    """A voice note as the Graph API would have it."""

    data: bytes
    mime_type: str = "audio/ogg; codecs=opus"


@dataclass(slots=True)
class StubState:
    """Shared by both providers. ``behaviour`` may be exchanged at any time; ``sent`` grows until it is cleared."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    sent: list[dict[str, Any]] = field(default_factory=list)
    recordings: dict[str, Recording] = field(default_factory=dict)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    expired_addresses: int = 0
    """How many of the next addresses of recordings are gone when they are used."""
    requests: int = 0
    """How many requests to the providers came in, whatever became of them."""
    rng: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - made-up latencies
