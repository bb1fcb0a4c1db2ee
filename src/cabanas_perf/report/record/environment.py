"""The machine and the servers that a run had."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Count, NonNegative, Record


class Server(Record):
    """PostgreSQL or Redis as the run found it."""

    version: str
    embedded: bool
    settings: dict[str, str] = {}


class Noise(Record):
    """How far identical work differed on this machine: A/A ratios, 90 % of them between the two."""

    pairs: Count
    clock: Literal["wall", "cpu"]
    ratio_low: NonNegative
    ratio_high: NonNegative


class Environment(Record):
    platform: str
    cpu: str
    cores: Count
    memory_bytes: Count | None = None
    python: str
    versions: dict[str, str] = {}
    """Of the parts that matter, by distribution name."""
    postgresql: Server | None = None
    redis: Server | None = None
    load_average: tuple[float, float, float] | None = None
    noise: Noise | None = None
