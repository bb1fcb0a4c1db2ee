"""Two versions measured against each other, in interleaved pairs."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.measurement.paired import Difference
from cabanas_perf.report.record.base import Count, NonNegative, Record


class ComparedSide(Record):
    """One of the two versions."""

    name: str
    """As it was asked for, such as a branch; "working tree" for the checkout as it is on disk."""
    commit: str | None = None
    dirty: bool = False
    """It holds changes that no commit has."""
    p50_ms: NonNegative | None = None
    """The median time of one request, by the clock of the comparison."""


class ComparedRound(Record):
    """The pairs of one pair of processes; the same code in other processes may run a little faster or slower."""

    hash_seed: Count
    base_ns: tuple[Count, ...]
    """What each turn took; two turns of each side make a pair."""
    head_ns: tuple[Count, ...]


class Comparison(Record):
    """One workload on two versions. Ratios are head by base: above 1 the head is slower."""

    workload: str
    base: ComparedSide
    head: ComparedSide
    clock: Literal["wall", "cpu"]
    pairs: Count
    batch: Count
    """Requests in a turn; a pair is two turns of each side."""
    rounds: tuple[ComparedRound, ...] = ()
    ratio: NonNegative | None = None
    """The median of the pairs' ratios; the interval has 5 % on each side."""
    ratio_low: NonNegative | None = None
    ratio_high: NonNegative | None = None
    margin_ratio: NonNegative
    """A difference counts when the whole interval lies further from 1 than this."""
    largest_difference_ratio: NonNegative | None = None
    """The largest difference, in either direction, that the interval leaves open."""
    difference: Difference
    pairs_needed: Count | None = None
    """In all, for an answer, as far as these pairs tell."""
    outputs_compared: Count = 0
    outputs_different: Count = 0
    notes: tuple[str, ...] = ()
