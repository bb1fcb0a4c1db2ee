"""What a rule found: where, how bad, on what evidence, and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    """It hurts at this size already, or will with a little more data."""
    WARNING = "warning"
    """Worth a look."""
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    severity: Severity
    path: tuple[int, ...]
    """The node's path in the plan."""
    node: str
    """The node's label."""
    message: str
    evidence: Mapping[str, float]
    """The figures that the rule judged, with units in their names."""
    advice: str
