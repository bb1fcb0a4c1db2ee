"""What a measured saving makes of a claimed one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cabanas_perf.report.record import LedgerVerdict, Optimization, SavingPoint


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict on a claim, and why."""

    verdict: LedgerVerdict
    reason: str


def judge_claim(low_ratio: float, high_ratio: float, point: SavingPoint) -> Ruling:
    """Hold a saving against the claim that it lies from ``low_ratio`` to ``high_ratio``.

    A change that answers differently is not the same work done faster, whatever it saves. Otherwise the interval
    decides: wholly on one side of the claim it is below or above it. Reaching into the claim it confirms it, where the
    saving itself lies inside and the interval proves that anything is saved at all; else it leaves the matter open.

    Raises:
        ValueError: for a claim whose ends are the wrong way round.
    """
    if low_ratio > high_ratio:
        raise ValueError(f"a claim from {low_ratio} to {high_ratio} has its ends the wrong way round")
    if not point.outputs_equal:
        return Ruling("changes the answer", "before and after do not answer alike")
    if point.saving_high_ratio < low_ratio:
        proven = point.saving_low_ratio > 0
        reason = "less is saved than claimed" if proven else _describe_nothing(point)
        return Ruling("below claim", reason)
    if point.saving_low_ratio > high_ratio:
        return Ruling("above claim", "more is saved than claimed")
    if point.saving_low_ratio <= 0:
        return Ruling("not measurable here", "the interval reaches from nothing into the claim; take more pairs")
    if not low_ratio <= point.saving_ratio <= high_ratio:
        return Ruling("not measurable here", "the interval reaches over an end of the claim; take more pairs")
    return Ruling("confirmed", "what was claimed is saved")


def _describe_nothing(point: SavingPoint) -> str:
    return "it costs time" if point.saving_high_ratio < 0 else "no saving is proven"


def saved_per_hour_ms(row: Optimization) -> float | None:
    """Milliseconds of one unit that an hour of the document's effort saves; None where nothing was measured.

    A saving that is not proven counts as none, and so does one that changes the answer.
    """
    if row.saved_ms is None or row.saving_low_ratio is None or not row.effort_h:
        return None
    worth = row.saving_low_ratio > 0 and row.verdict != "changes the answer"
    return row.saved_ms / row.effort_h if worth else 0.0


def by_worth(rows: Iterable[Optimization]) -> list[Optimization]:
    """The rows with the most saved for an hour of effort first, then those that could not be measured."""
    return sorted(rows, key=lambda row: (-(-1.0 if (worth := saved_per_hour_ms(row)) is None else worth), row.id))
