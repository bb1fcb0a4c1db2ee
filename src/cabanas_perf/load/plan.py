"""What the load generator is told: everything that its processes need to know, and nothing secret."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cabanas_perf.load.arrivals import RateStage, Spacing
from cabanas_perf.load.mix import Stream
from cabanas_perf.load.tally import Phase

PLAN_VARIABLE = "CABANAS_PERF_LOAD_PLAN"
"""Names the file with the plan, in the environment of the generator's processes."""


class Model(StrEnum):
    CLOSED = "closed"
    """Each virtual user waits for its answer, then thinks: the load gives way to a slow server."""
    OPEN = "open"
    """Requests arrive at their rate whatever the server does, and are timed from when they were due."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """One run of the generator."""

    marker: str
    """Contact name of the reservations that the run makes."""
    scenario: str
    model: Model
    mix: tuple[Stream, ...]
    user_files: tuple[str, ...]
    users: int
    """Virtual users (closed), or the most requests in flight at once (open)."""
    spawn_rate_per_s: float
    warmup_s: float
    steady_s: float
    timeout_s: float
    """What a client waits for an answer; also how long the last ones are waited for."""
    stages: tuple[RateStage, ...] = ()
    """The arrival rate over warm-up and steady phase (open)."""
    spacing: Spacing = Spacing.CONSTANT
    seed: int = 0
    workers: int = 1
    """Processes that send load; with more than one, a further one collects."""
    results: str = ""
    """The file that the generator reports to."""

    @property
    def duration_s(self) -> float:
        return self.warmup_s + self.steady_s

    def phase_of(self, at_s: float) -> Phase:
        """Phase of a request that was due then, in seconds since the start."""
        if at_s < self.warmup_s:
            return Phase.WARMUP
        return Phase.STEADY if at_s < self.duration_s else Phase.DRAIN

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> LoadPlan:
        return cls(
            **{
                **fields,
                "model": Model(fields["model"]),
                "spacing": Spacing(fields["spacing"]),
                "mix": tuple(Stream(**stream) for stream in fields["mix"]),
                "stages": tuple(RateStage(**stage) for stage in fields["stages"]),
                "user_files": tuple(fields["user_files"]),
            }
        )


def write_plan(plan: LoadPlan, path: Path) -> None:
    path.write_text(json.dumps(plan.to_json()), encoding="utf-8")


def read_plan(path: Path) -> LoadPlan:
    return LoadPlan.from_json(json.loads(path.read_text(encoding="utf-8")))


def fingerprint_generator(user_files: Iterable[str]) -> str:
    """What must be alike in all processes of one run: the versions of the generator's parts, and the user files."""
    digest = hashlib.sha256()
    for part in ("cabanas-perf", "locust", "gevent", "geventhttpclient"):
        digest.update(f"{part} {version(part)}\n".encode())
    for path in user_files:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]
