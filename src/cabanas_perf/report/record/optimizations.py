"""The ledger of optimisations: claimed beside measured."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Count, Record


class Optimization(Record):
    """A claimed saving beside the measured one, both as a share of the time before."""

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
    verdict: Literal["confirmed", "below claim", "above claim", "changes the answer", "not measurable here"]
    reason: str = ""
