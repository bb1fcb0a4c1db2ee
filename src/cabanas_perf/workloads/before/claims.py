"""What the design document claims of its nine optimisations, as the file beside this module has it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Horizon = Literal["immediate", "short term", "medium term"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one section says; a saving from ``low_ratio`` to ``high_ratio``, both None where it gives no figure."""

    section: str
    statement: str
    low_ratio: float | None
    high_ratio: float | None


@dataclass(frozen=True, slots=True)
class ClaimedOptimization:
    """One of the nine; the first of ``claims`` is the one that the measured saving is held against."""

    id: str
    title: str
    effort_h: float
    horizon: Horizon
    unit: str
    """What the time is of that the claim is about."""
    contradiction: str
    claims: tuple[Claimed, ...]

    @property
    def headline(self) -> Claimed:
        return self.claims[0]


@dataclass(frozen=True, slots=True)
class ClaimedStep:
    """A row of the document's tables of expected improvements; times in milliseconds."""

    endpoint: str
    step: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    saving_ratio: float | None


@dataclass(frozen=True, slots=True)
class ClaimedBottleneck:
    """One of the document's principal bottlenecks; ``rank`` 1 is its first."""

    rank: int
    endpoint: str
    stage: str
    low_ms: float
    high_ms: float
    share_ratio: float | None


@dataclass(frozen=True, slots=True)
class DocumentClaims:
    optimizations: tuple[ClaimedOptimization, ...]
    steps: tuple[ClaimedStep, ...]
    bottlenecks: tuple[ClaimedBottleneck, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(one.id for one in self.optimizations)

    def optimization(self, optimization_id: str) -> ClaimedOptimization:
        """Raises KeyError when the document has no such optimisation."""
        for one in self.optimizations:
            if one.id == optimization_id:
                return one
        raise KeyError(optimization_id)

    def step(self, endpoint: str, step: str) -> ClaimedStep | None:
        return next((one for one in self.steps if (one.endpoint, one.step) == (endpoint, step)), None)


@cache
def load_claims() -> DocumentClaims:
    """Every claim."""
    text = (files(__package__) / "claims.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return DocumentClaims(
        optimizations=tuple(map(_read_optimization, found["optimization"])),
        steps=tuple(
            ClaimedStep(
                one["endpoint"],
                one["step"],
                one["p50_ms"],
                one["p95_ms"],
                one["p99_ms"],
                saving_ratio=one.get("saving"),
            )
            for one in found["cumulative"]
        ),
        bottlenecks=tuple(
            ClaimedBottleneck(
                one["rank"], one["endpoint"], one["stage"], one["low_ms"], one["high_ms"], share_ratio=one.get("share")
            )
            for one in found["bottleneck"]
        ),
    )


def _read_step(found: Mapping[str, Any]) -> ClaimedStep:
    return ClaimedStep(
        endpoint=found["endpoint"],
        step=found["step"],
        p50_ms=found["p50_ms"],
        p95_ms=found["p95_ms"],
        p99_ms=found["p99_ms"],
        saving_ratio=found.get("saving"),
    )


def _read_optimization(found: Mapping[str, Any]) -> ClaimedOptimization:
    return ClaimedOptimization(
        id=found["id"],
        title=found["title"],
        effort_h=found["effort_h"],
        horizon=found["horizon"],
        unit=found["unit"],
        contradiction=found["contradiction"],
        claims=tuple(
            Claimed(one["section"], one["statement"], one.get("low"), one.get("high")) for one in found["claims"]
        ),
    )
