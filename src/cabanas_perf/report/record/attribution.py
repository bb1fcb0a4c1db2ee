"""Where the time of requests went: one of them span by span, all of them by kind."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Count, NonNegative, Record


class WaterfallSpan(Record):
    """Milliseconds since the request began. A span inside another one's time is a part of it."""

    name: str
    """Of a stage; of a statement its first words; of a Redis command its name; of a wait what was waited for."""
    kind: Literal["stage", "database", "redis", "pool_wait"]
    start_ms: NonNegative
    end_ms: NonNegative
    depth: Count = 0
    """How many spans of the waterfall it lies inside."""
    code_line: str | None = None
    """Where in the service it comes from, as `cabanas/services/hold_stay.py:107`."""


class Waterfall(Record):
    """One accepted request, that of the median latency."""

    latency_ms: NonNegative
    """From its first to its last moment, as its spans were timed."""
    spans: tuple[WaterfallSpan, ...]
    """In the order in which they began."""


class AttributionPart(Record):
    """Time of one kind; the parts of all kinds together are the requests' time."""

    kind: Literal["database", "redis", "pool_wait", "cpu", "waiting", "unexplained"]
    ms_per_request: NonNegative
    share_ratio: NonNegative
    """Of the time of all requests, 0 to 1."""
    calls_per_request: NonNegative | None = None
    """Round trips or waits; None for kinds that are not calls."""


class Attribution(Record):
    """The mean accepted request, without overlap: each moment belongs to one kind.

    `database` and `redis` are round trips, `pool_wait` is waiting for a connection and giving it back, `cpu` is the
    program's own work inside a stage, `waiting` the rest of the stages: on a provider, on a timer, on other requests.
    `unexplained` is outside every stage and call.
    """

    requests: Count
    ms_per_request: NonNegative
    parts: tuple[AttributionPart, ...]
