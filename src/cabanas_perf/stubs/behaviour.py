"""How a stub behaves: how long it takes, how often it fails, how often it refuses. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import Enum
from typing import Any

DOCUMENT_LATENCY_MS = (400.0, 800.0)
"""What the design document expects of the provider."""


class Verdict(Enum):
    """What a stub does with one request."""

    ANSWER = "answer"
    FAIL = "fail"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Latency is uniform from ``latency_min_ms`` to ``latency_max_ms``; the ratios, 0 to 1, are of all requests.

    The bytes of a recording take ``download_factor`` times as long as any other answer. With the default, and the
    question where they lie before it, a download takes the 2 to 4 s that the design document expects.

    A failure is ``fail_status``, a fault of the provider that may pass; a refusal is 400, which will not.

    Raises:
        ValueError: for times or ratios that make no sense.
    """

    latency_min_ms: float = DOCUMENT_LATENCY_MS[0]
    latency_max_ms: float = DOCUMENT_LATENCY_MS[1]
    download_factor: float = 4.0
    fail_ratio: float = 0.0
    fail_status: int = 500
    refuse_ratio: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.latency_min_ms <= self.latency_max_ms:
            raise ValueError("latencies must be 0 <= latency_min_ms <= latency_max_ms")
        if self.download_factor < 0:
            raise ValueError("download_factor must not be negative")
        if min(self.fail_ratio, self.refuse_ratio) < 0 or self.fail_ratio + self.refuse_ratio > 1:
            raise ValueError("fail_ratio and refuse_ratio must be 0 to 1, and together at most 1")
        if not 400 <= self.fail_status <= 599:
            raise ValueError("fail_status must be 400 to 599")

    @classmethod
    def taking(cls, latency_ms: float) -> Behaviour:
        """One that always takes the same time and always answers."""
        return cls(latency_min_ms=latency_ms, latency_max_ms=latency_ms)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Behaviour:
        """Raises ValueError, naming what is not known or is no number."""
        names = [field.name for field in fields(cls)]
        for name, value in given.items():
            if name not in names:
                raise ValueError(f"{name} is not known; there are {', '.join(names)}")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{name} must be a number")  # noqa: TRY004 - one kind of error for all of it
        return replace(cls(), **given)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def draw_latency_s(self, rng: random.Random) -> float:
        return rng.uniform(self.latency_min_ms, self.latency_max_ms) / 1000

    def draw_verdict(self, rng: random.Random) -> Verdict:
        draw = rng.random()
        if draw < self.fail_ratio:
            return Verdict.FAIL
        return Verdict.REFUSE if draw < self.fail_ratio + self.refuse_ratio else Verdict.ANSWER
