"""The ledger of optimisations: claimed beside measured."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Count, NonNegative, Record

LedgerVerdict = Literal["confirmed", "below claim", "above claim", "changes the answer", "not measurable here"]
Horizon = Literal["immediate", "short term", "medium term"]


class Claim(Record):
    """What one section of the design document says of an optimisation. Savings are shares of the time before."""

    section: str
    statement: str
    low_ratio: float | None = None
    high_ratio: float | None = None


class SavingPoint(Record):
    """One condition that an optimisation was measured under: before and after, interleaved and paired.

    The interval is the two-sided 95 % one. A negative saving is a loss.
    """

    condition: str
    at: float | None = None
    """The condition as a number, for an axis: nights, cabins, a hit rate."""
    clock: Literal["wall", "cpu"]
    pairs: Count
    before_ms: NonNegative
    """Median time of one request, or of one call of what is optimised."""
    after_ms: NonNegative
    saving_ratio: float
    saving_low_ratio: float
    saving_high_ratio: float
    outputs_equal: bool
    """Before and after gave the same answers to the same inputs."""


class Optimization(Record):
    """A claimed saving beside the measured one, both as a share of the time before.

    The saving is that of the headline condition; `points` has every condition, the headline among them.
    """

    id: str
    title: str
    claim: str
    claimed_low_ratio: float | None = None
    claimed_high_ratio: float | None = None
    saving_ratio: float | None = None
    saving_low_ratio: float | None = None
    saving_high_ratio: float | None = None
    pairs: Count = 0
    conditions: str = ""
    verdict: LedgerVerdict
    reason: str = ""
    effort_h: NonNegative | None = None
    """By the design document."""
    horizon: Horizon | None = None
    claims: tuple[Claim, ...] = ()
    """Every place of the document that says something of it."""
    contradiction: str = ""
    """Where those places do not agree, in words; empty where they do."""
    points: tuple[SavingPoint, ...] = ()
    outputs_equal: bool | None = None
    """None where nothing could be measured."""
    unit: str = ""
    """What one time is of: one message read, one stay priced, one request."""
    saved_ms: float | None = None
    """Of one `unit`, at the headline condition: the saving's share of its median time before."""
    notes: tuple[str, ...] = ()


class CumulativeStep(Record):
    """One endpoint after a group of optimisations: the document's table beside the same requests measured."""

    endpoint: str
    step: str
    """Which optimisations are in: "before", or as "O1-O3"."""
    samples: Count = 0
    claimed_p50_ms: NonNegative | None = None
    claimed_p95_ms: NonNegative | None = None
    claimed_p99_ms: NonNegative | None = None
    p50_ms: NonNegative | None = None
    p95_ms: NonNegative | None = None
    p99_ms: NonNegative | None = None
    claimed_saving_ratio: float | None = None
    """As the document's last column has it."""
    saving_ratio: float | None = None
    """Of the paired time against the before; the interval is the two-sided 95 % one."""
    saving_low_ratio: float | None = None
    saving_high_ratio: float | None = None
    reason: str = ""
    """Why it was not measured."""


class Bottleneck(Record):
    """A stage of an endpoint, ranked by what it was measured to take, beside what the document believed of it."""

    endpoint: str
    stage: str
    p50_ms: NonNegative | None = None
    share_ratio: NonNegative | None = None
    """Of the endpoint's time, measured."""
    document_rank: Count | None = None
    """Its place among the document's five principal bottlenecks."""
    document_low_ms: NonNegative | None = None
    document_high_ms: NonNegative | None = None
    document_share_ratio: NonNegative | None = None
    reason: str = ""
    """Why it was not measured."""


class Ledger(Record):
    """What the ledger says beside its rows, which are the report's `optimizations`."""

    cumulative: tuple[CumulativeStep, ...] = ()
    bottlenecks: tuple[Bottleneck, ...] = ()
    """The greatest measured share first."""
