"""What can go wrong with a reservation, in the words of the trade. No error here knows of HTTP or SQL."""

from __future__ import annotations

from dataclasses import dataclass


class CabanasError(Exception):
    """Root of every error that the service raises on purpose."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong with one field of a request, and how to put it right."""

    field: str
    message: str


class InvalidRequest(CabanasError):
    """The request asks for something that can never be granted as written."""

    def __init__(self, *problems: FieldProblem) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))


class AccommodationNotFound(CabanasError):
    def __init__(self, accommodation_id: int) -> None:
        self.accommodation_id = accommodation_id
        super().__init__(f"there is no accommodation {accommodation_id}")


class ReservationNotFound(CabanasError):
    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"there is no reservation {code}")


class StayUnavailable(CabanasError):
    """Another reservation holds at least one of the nights."""


class InvalidTransition(CabanasError):
    """The reservation's state does not allow what was asked."""

    def __init__(self, code: str, state: str, wanted: str) -> None:
        self.state = state
        super().__init__(f"reservation {code} is {state} and cannot become {wanted}")


class HoldExpired(InvalidTransition):
    """The hold ended before it was confirmed."""


class IdempotencyKeyInFlight(CabanasError):
    """A request with this key is being worked on at this moment."""


class IdempotencyKeyReused(CabanasError):
    """The key was used before with another request."""
