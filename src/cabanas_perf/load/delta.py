"""What the generator's processes report while they run: one line of JSON each time, and how lines add up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from cabanas_perf.load.tally import Counts, Tally, add_counts


@dataclass(frozen=True, slots=True)
class Facts:
    """What one process of the generator knows of itself; totals since its start."""

    at_s: float = 0.0
    """Since the plan's start, on the process's own clock; negative before it."""
    started_at_s: float = 0.0
    """The plan's start on the wall clock, in seconds since 1970; for lining up with other records only."""
    users: int = 0
    issued: int = 0
    """Requests that were sent."""
    finished: int = 0
    """Requests that were answered, failed or timed out."""
    planned: int = 0
    """Arrivals that were due until now (open model)."""
    begun: int = 0
    """Arrivals whose first request was sent (open model)."""
    queued: int = 0
    """Arrivals that were due before a user was free to send them (open model)."""
    blocked_s: float = 0.0
    """How long the process, rather than the server, kept everything waiting."""
    cpu_s: float = 0.0
    clock_step_s: float = 0.0
    """The largest jump of the wall clock against the monotonic one."""
    user_errors: int = 0
    """Exceptions in user code."""
    fingerprint: str = ""
    done: bool = False
    """Nothing is left to send, and nothing is in flight."""
    final: bool = False
    """Its users have stopped; no further report differs from this one."""

    @property
    def in_flight(self) -> int:
        return self.issued - self.finished


@dataclass(frozen=True, slots=True)
class Delta:
    """What is new in one process since its last report."""

    process: str
    facts: Facts
    tally: Tally = field(default_factory=Tally)
    codes: tuple[str, ...] = ()
    """Reservations that were acknowledged."""
    lateness: Counts = field(default_factory=dict)
    """How late free users woke up for an arrival, in nanoseconds: the generator's own delay."""

    def to_line(self) -> str:
        return json.dumps(
            {
                "process": self.process,
                "facts": asdict(self.facts),
                "cells": self.tally.to_json(),
                "codes": self.codes,
                "lateness": list(self.lateness.items()),
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_line(cls, line: str) -> Delta:
        """Delta that `to_line` wrote. Raises ValueError for anything else."""
        try:
            fields: dict[str, Any] = json.loads(line)
            return cls(
                process=fields["process"],
                facts=Facts(**fields["facts"]),
                tally=Tally.from_json(fields["cells"]),
                codes=tuple(fields["codes"]),
                lateness={int(bucket): int(times) for bucket, times in fields["lateness"]},
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a report of the generator: {error}") from error


class Collected:
    """Everything that the generator reported so far."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.facts: dict[str, Facts] = {}
        """The latest of each process."""
        self.history: list[tuple[str, Facts]] = []
        self.codes: list[str] = []
        self.lateness: Counts = {}

    def add(self, delta: Delta) -> None:
        self.tally.add(delta.tally)
        self.facts[delta.process] = delta.facts
        self.history.append((delta.process, delta.facts))
        self.codes.extend(delta.codes)
        add_counts(self.lateness, delta.lateness)

    def add_all(self, deltas: Iterable[Delta]) -> None:
        for delta in deltas:
            self.add(delta)

    @property
    def issued(self) -> int:
        return sum(facts.issued for facts in self.facts.values())

    @property
    def in_flight(self) -> int:
        return sum(facts.in_flight for facts in self.facts.values())

    @property
    def planned(self) -> int:
        return sum(facts.planned for facts in self.facts.values())

    @property
    def begun(self) -> int:
        return sum(facts.begun for facts in self.facts.values())

    @property
    def elapsed_s(self) -> float:
        return max((facts.at_s for facts in self.facts.values()), default=0.0)
