"""What is wrong with a scenario or an option of a load run."""

from __future__ import annotations


class ScenarioError(Exception):
    """A load run that cannot be done as written; the text says what stands where, `fix` what to write instead."""

    def __init__(self, problem: str, *, fix: str) -> None:
        self.fix = fix
        super().__init__(problem)
