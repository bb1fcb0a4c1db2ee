"""A stay: whole nights in one accommodation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Stay:
    """Nights from check-in up to, not including, check-out. At least one.

    Raises:
        ValueError: when check-out is not after check-in.
    """

    check_in: date
    check_out: date

    def __post_init__(self) -> None:
        if self.check_out <= self.check_in:
            msg = f"check_out {self.check_out} must be after check_in {self.check_in}"
            raise ValueError(msg)

    @property
    def nights(self) -> int:
        return (self.check_out - self.check_in).days

    def overlaps(self, other: Stay) -> bool:
        """True when at least one night belongs to both; a stay may begin on the day on which another ends."""
        return self.check_in < other.check_out and other.check_in < self.check_out
