"""A reservation: how it may be asked for, and the states that it goes through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from cabanas.domain.contact import find_contact_problems, normalise_phone
from cabanas.domain.errors import FieldProblem, InvalidRequest
from cabanas.domain.stay import Stay


class Status(StrEnum):
    PRE_RESERVED = "pre_reserved"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


ALLOWED_TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PRE_RESERVED: frozenset({Status.CONFIRMED, Status.CANCELLED, Status.EXPIRED}),
    Status.CONFIRMED: frozenset({Status.CANCELLED}),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
}


class Channel(StrEnum):
    """Where a reservation came from."""

    WHATSAPP = "whatsapp"
    WEB = "web"
    PHONE = "phone"
    EMAIL = "email"


_CHANNELS = frozenset(Channel)
MAX_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class StayLimits:
    """What the house accepts: nights in one stay, and days ahead of today that a stay may begin."""

    max_nights: int = 60
    max_days_ahead: int = 730


@dataclass(frozen=True, slots=True)
class StayWish:
    """What somebody asks for: the right types, nothing checked yet."""

    accommodation_id: int
    check_in: date
    check_out: date
    guests: int
    channel: str
    contact_name: str
    contact_phone: str
    contact_email: str | None = None


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """A well-formed wish to hold a stay, made by `parse_wish`; the phone is in E.164 form."""

    accommodation_id: int
    stay: Stay
    guests: int
    channel: Channel
    contact_name: str
    contact_phone: str
    contact_email: str | None


def parse_wish(wish: StayWish, limits: StayLimits) -> HoldRequest:
    """Check everything that needs neither the clock nor the accommodation.

    Raises:
        InvalidRequest: with one problem for each field that is wrong.
    """
    name, phone = wish.contact_name.strip(), normalise_phone(wish.contact_phone)
    problems = find_contact_problems(name, phone, wish.contact_email)
    if not 1 <= wish.accommodation_id <= MAX_ID:
        problems.append(FieldProblem("accommodation_id", f"must be a number from 1 to {MAX_ID}"))
    if wish.guests < 1:
        problems.append(FieldProblem("guests", "must be at least 1"))
    if wish.channel not in _CHANNELS:
        problems.append(FieldProblem("channel", f"must be one of {', '.join(Channel)}"))
    if wish.check_out <= wish.check_in:
        problems.append(FieldProblem("check_out", f"must be after check_in {wish.check_in}"))
    elif (wish.check_out - wish.check_in).days > limits.max_nights:
        problems.append(FieldProblem("check_out", f"a stay has at most {limits.max_nights} nights"))
    if problems or phone is None:
        raise InvalidRequest(*problems)
    return HoldRequest(
        accommodation_id=wish.accommodation_id,
        stay=Stay(wish.check_in, wish.check_out),
        guests=wish.guests,
        channel=Channel(wish.channel),
        contact_name=name,
        contact_phone=phone,
        contact_email=wish.contact_email,
    )


def check_against_house(request: HoldRequest, *, today: date, capacity: int, limits: StayLimits) -> None:
    """Check what depends on the business day and on the accommodation.

    Raises:
        InvalidRequest: for a stay in the past or too far ahead, or more guests than beds.
    """
    problems = []
    if request.stay.check_in < today:
        problems.append(FieldProblem("check_in", f"must not be in the past; today is {today}"))
    elif request.stay.check_in > today + timedelta(days=limits.max_days_ahead):
        problems.append(FieldProblem("check_in", f"must be within {limits.max_days_ahead} days of {today}"))
    if request.guests > capacity:
        problems.append(FieldProblem("guests", f"this accommodation sleeps at most {capacity}"))
    if problems:
        raise InvalidRequest(*problems)


@dataclass(frozen=True, slots=True)
class HeldStay:
    """What a guest is told when a stay was held; ``expires_at`` is aware, money has two decimals."""

    code: str
    accommodation_id: int
    stay: Stay
    guests: int
    total_price: Decimal
    deposit_amount: Decimal
    expires_at: datetime
    status: Status = Status.PRE_RESERVED
