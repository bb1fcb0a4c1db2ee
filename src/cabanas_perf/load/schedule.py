"""The arrivals of one process, handed out to the users that are free to send them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter_ns

from cabanas_perf.load.arrivals import Arrival
from cabanas_perf.load.tally import Counts, bucket_of
from cabanas_perf.measurement.units import NS_PER_S, ns_to_s


@dataclass(frozen=True, slots=True)
class Slot:
    """An arrival that a user took on."""

    due_ns: int
    stream: int
    queued: bool
    """No user was free when it was due."""


class Schedule:
    """Hands out arrivals in order. One whose time is past goes to the next free user, and none is ever dropped."""

    def __init__(
        self, arrivals: Iterable[Arrival], *, started_ns: int, now_ns: Callable[[], int] = perf_counter_ns
    ) -> None:
        self._arrivals = list(arrivals)
        self._next = 0
        self._started_ns = started_ns
        self._now_ns = now_ns
        self._waiting = 0
        self.begun = 0
        self.queued = 0
        self._lateness: Counts = {}

    def reserve(self) -> Slot | None:
        """The next arrival; None when all are handed out."""
        if self._next == len(self._arrivals):
            return None
        arrival = self._arrivals[self._next]
        self._next += 1
        self._waiting += 1
        due_ns = self._started_ns + round(arrival.at_s * NS_PER_S)
        queued = due_ns <= self._now_ns()
        self.queued += queued
        return Slot(due_ns, arrival.stream, queued)

    def wait_s(self, slot: Slot) -> float:
        """Seconds until the slot is due."""
        return max(0.0, ns_to_s(slot.due_ns - self._now_ns()))

    def begin(self, slot: Slot) -> None:
        """Take note that the user sets out."""
        self._waiting -= 1
        self.begun += 1
        if not slot.queued:
            bucket = bucket_of(self._now_ns() - slot.due_ns)
            self._lateness[bucket] = self._lateness.get(bucket, 0) + 1

    def due(self) -> int:
        """How many arrivals were due until now."""
        return bisect_right(
            self._arrivals, ns_to_s(self._now_ns() - self._started_ns), key=lambda arrival: arrival.at_s
        )

    def take_lateness(self) -> Counts:
        """How late free users woke up, since the last call."""
        taken, self._lateness = self._lateness, {}
        return taken

    @property
    def done(self) -> bool:
        """True when every arrival was handed out and begun."""
        return self._next == len(self._arrivals) and not self._waiting
