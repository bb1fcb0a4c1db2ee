"""What is wrong with an SLO file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an SLO file an objective's field stands; unknown parts are None."""

    path: Path
    line: int | None = None
    objective_id: str | None = None
    field: str | None = None

    def __str__(self) -> str:
        where = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        objective = None if self.objective_id is None else f"objective {self.objective_id!r}"
        what = ", ".join(filter(None, (objective, self.field)))
        return f"{where}: {what}" if what else where


class SloError(Exception):
    """An SLO file that cannot be used; the text says where, what stands there and what to write instead."""

    def __init__(self, problem: str, *, fix: str, place: Place | None = None) -> None:
        self.problem = problem
        self.fix = fix
        self.place = place
        text = f"{problem}; {fix}"
        super().__init__(text if place is None else f"{place}: {text}")
