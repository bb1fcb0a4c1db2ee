"""What is recorded of every request: its outcome and its times, in the buckets of the latency histogram.

A tally keeps sparse counts, so that recording costs a few dictionary look-ups, tallies of several processes add up
without loss, and what is new since the last report is small. `build_histogram` turns counts into the histogram.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from cabanas_perf.measurement.histogram import HIGHEST_NS, LatencyHistogram
from cabanas_perf.measurement.samples import Outcome, clean_kind
from cabanas_perf.measurement.units import NS_PER_S

Counts: TypeAlias = dict[int, int]
"""How often each bucket was hit, by the lowest nanosecond of the bucket."""

_SUB_BUCKET_BITS = 11
"""HdrHistogram with three digits splits each power of two into 1024, and counts values below 2048 one by one."""


class Phase(StrEnum):
    """When a request was due; only the steady phase is judged."""

    WARMUP = "warmup"
    STEADY = "steady"
    DRAIN = "drain"


@dataclass(slots=True)
class Cell:
    """The requests of one endpoint that were due in one second."""

    outcomes: Counter[tuple[Outcome, str]] = field(default_factory=Counter)
    response: Counts = field(default_factory=dict)
    """Of accepted requests, from when they were due until they were answered."""
    service: Counts = field(default_factory=dict)
    """Of accepted requests, from when they were sent until they were answered."""
    refused: Counts = field(default_factory=dict)
    """As `response`, of refused requests."""


CellKey: TypeAlias = tuple[str, Phase, int]
"""Endpoint, phase, and second since the start."""


class Tally:
    """Counts by endpoint, phase and second."""

    __slots__ = ("cells",)

    def __init__(self) -> None:
        self.cells: dict[CellKey, Cell] = {}

    def record(
        self, endpoint: str, phase: Phase, due_ns: int, *, service_ns: int, late_ns: int, outcome: Outcome, kind: str
    ) -> None:
        """Count one finished request, due so long after the start of the run, and sent so late."""
        key = (endpoint, phase, due_ns // NS_PER_S)
        cell = self.cells.get(key)
        if cell is None:
            cell = self.cells[key] = Cell()
        cell.outcomes[outcome, kind] += 1
        if outcome is Outcome.OK:
            _count(cell.service, service_ns)
            _count(cell.response, service_ns + late_ns)
        elif outcome is Outcome.REFUSED:
            _count(cell.refused, service_ns + late_ns)

    def add(self, other: Tally) -> None:
        """Add the other's counts to these."""
        for key, theirs in other.cells.items():
            ours = self.cells.setdefault(key, Cell())
            ours.outcomes.update(theirs.outcomes)
            for mine, new in (
                (ours.response, theirs.response),
                (ours.service, theirs.service),
                (ours.refused, theirs.refused),
            ):
                add_counts(mine, new)

    def take(self) -> Tally:
        """Everything counted since the last call; nothing of it stays here."""
        taken = Tally()
        taken.cells, self.cells = self.cells, {}
        return taken

    def select(self, endpoint: str | None = None, phase: Phase | None = None) -> Cell:
        """All matching cells as one; None matches everything."""
        total = Cell()
        for (of_endpoint, of_phase, _), cell in self.cells.items():
            if endpoint in {None, of_endpoint} and phase in {None, of_phase}:
                total.outcomes.update(cell.outcomes)
                add_counts(total.response, cell.response)
                add_counts(total.service, cell.service)
                add_counts(total.refused, cell.refused)
        return total

    def endpoints(self) -> list[str]:
        return sorted({endpoint for endpoint, _, _ in self.cells})

    @property
    def requests(self) -> int:
        return sum(cell.outcomes.total() for cell in self.cells.values())

    def to_json(self) -> list[Any]:
        """Nested lists that JSON can write and `from_json` reads."""
        return [
            [
                endpoint,
                phase.value,
                second,
                [[outcome.value, kind, times] for (outcome, kind), times in cell.outcomes.items()],
                *(list(_flatten(counts)) for counts in (cell.response, cell.service, cell.refused)),
            ]
            for (endpoint, phase, second), cell in self.cells.items()
        ]

    @classmethod
    def from_json(cls, rows: Iterable[Any]) -> Tally:
        """Tally that `to_json` wrote. Raises ValueError for anything else."""
        tally = cls()
        try:
            for endpoint, phase, second, outcomes, response, service, refused in rows:
                tally.cells[str(endpoint), Phase(phase), int(second)] = Cell(
                    Counter({(Outcome(outcome), clean_kind(kind)): int(times) for outcome, kind, times in outcomes}),
                    _unflatten(response),
                    _unflatten(service),
                    _unflatten(refused),
                )
        except (TypeError, AttributeError) as error:
            raise ValueError(f"not a tally: {error}") from error
        return tally


def bucket_of(value_ns: int) -> int:
    """Lowest nanosecond of the histogram bucket that holds the value; negative values count as 0.

    >>> bucket_of(2047), bucket_of(2049), bucket_of(4099)
    (2047, 2048, 4096)
    """
    value_ns = min(max(value_ns, 0), HIGHEST_NS)
    excess_bits = value_ns.bit_length() - _SUB_BUCKET_BITS
    return value_ns if excess_bits <= 0 else value_ns >> excess_bits << excess_bits


def _count(counts: Counts, value_ns: int) -> None:
    bucket = bucket_of(value_ns)
    counts[bucket] = counts.get(bucket, 0) + 1


def add_counts(counts: Counts, new: Mapping[int, int]) -> None:
    for bucket, times in new.items():
        counts[bucket] = counts.get(bucket, 0) + times


def build_histogram(counts: Mapping[int, int]) -> LatencyHistogram:
    """The histogram with these counts; the order in which they were added does not show."""
    histogram = LatencyHistogram()
    for bucket, times in sorted(counts.items()):
        histogram.record(bucket, times)
    return histogram


def _flatten(counts: Counts) -> Iterator[int]:
    for bucket, times in counts.items():
        yield bucket
        yield times


def _unflatten(flat: list[int]) -> Counts:
    return dict(zip(map(int, flat[::2]), map(int, flat[1::2]), strict=True))
