"""A payment of a deposit: what its provider says of it, and what that means for the reservation.

Events about one payment arrive late, twice and in any order. What is kept is therefore not the last event to arrive
but the newest state that the provider told of, and one fact that is never forgotten: that the payment was approved
once. The decision depends on those two alone, so every order of arrival ends in the same place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from cabanas.domain.reservation import Status

CURRENCY = "ARS"

DEPOSIT_RETURNED = "deposit_returned"
"""Why a reservation was cancelled that nobody asked to cancel."""

# Two states with the same time stamp: the one further along a payment's life is the newer.
_LIFE = (
    "pending",
    "in_process",
    "authorized",
    "rejected",
    "cancelled",
    "approved",
    "in_mediation",
    "refunded",
    "charged_back",
)
_HELD_BY_US = frozenset({"approved", "in_mediation"})
_WENT_BACK = frozenset({"refunded", "charged_back"})


@dataclass(frozen=True, slots=True)
class PaymentSnapshot:
    """What the provider says of a payment at one moment; money in ``currency`` with up to two decimals.

    ``reference`` is the reservation's code as the payer's checkout carried it; ``updated_at`` is aware.
    """

    provider_id: str
    status: str
    status_detail: str
    amount: Decimal
    refunded: Decimal
    currency: str
    reference: str | None
    updated_at: datetime

    def is_newer_than(self, status: str, updated_at: datetime) -> bool:
        """Whether this tells of a later state than one with that status and time."""
        return (self.updated_at, _rank(self.status)) > (updated_at, _rank(status))


class Standing(StrEnum):
    """What a payment is to us."""

    OPEN = "open"
    """Not paid, or not yet."""
    SETTLED = "settled"
    """The deposit is here."""
    INSUFFICIENT = "insufficient"
    """Paid, in another currency or less than the deposit."""
    RETURNED = "returned"
    """Paid once, and given back."""
    REFUND_DUE = "refund_due"
    """Paid for nights that can no longer be had: to be given back."""
    UNMATCHED = "unmatched"
    """Belongs to no reservation of ours."""


class Effect(StrEnum):
    """What a payment asks of its reservation."""

    NONE = "none"
    CONFIRM = "confirm"
    """Confirm it, whatever became of the hold, if the nights are free."""
    CANCEL = "cancel"
    """Cancel it: its deposit is gone."""


@dataclass(frozen=True, slots=True)
class PaidReservation:
    """The reservation that a payment refers to, as far as the decision needs it."""

    status: Status
    deposit_amount: Decimal
    cancelled_because: str | None
    settled_otherwise: bool
    """True when another payment settles it."""


@dataclass(frozen=True, slots=True)
class Decision:
    standing: Standing
    effect: Effect


def decide(
    snapshot: PaymentSnapshot, *, was_approved: bool, standing: Standing, reservation: PaidReservation | None
) -> Decision:
    """What the newest snapshot means for a payment that had ``standing`` so far.

    ``was_approved``: some snapshot, this one included, said approved. A confirmation needs that, pesos, and at least
    the deposit, less what was given back in part. A reservation that somebody cancelled is not brought back by a
    payment; one that was cancelled because its deposit went back is. A refund that was promised stays promised.
    """
    if reservation is None:
        return Decision(Standing.UNMATCHED, Effect.NONE)
    if snapshot.status in _WENT_BACK:
        goes = not reservation.settled_otherwise and reservation.status is not Status.CANCELLED
        return Decision(Standing.RETURNED, Effect.CANCEL if goes else Effect.NONE)
    if not was_approved or snapshot.status not in _HELD_BY_US:
        return Decision(Standing.OPEN, Effect.NONE)
    if snapshot.currency != CURRENCY or snapshot.amount - snapshot.refunded < reservation.deposit_amount:
        return Decision(Standing.INSUFFICIENT, Effect.NONE)
    return _decide_about_paid(standing, reservation)


def _decide_about_paid(standing: Standing, reservation: PaidReservation) -> Decision:
    by_request = reservation.status is Status.CANCELLED and reservation.cancelled_because != DEPOSIT_RETURNED
    if standing is Standing.REFUND_DUE or by_request:
        return Decision(Standing.REFUND_DUE, Effect.NONE)
    confirmed = reservation.status is Status.CONFIRMED
    return Decision(Standing.SETTLED, Effect.NONE if confirmed else Effect.CONFIRM)


def _rank(status: str) -> int:
    return _LIFE.index(status) if status in _LIFE else -1
