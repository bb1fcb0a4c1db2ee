"""What this machine has for the toolkit to work with."""

from __future__ import annotations

import importlib.util
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass

from cabanas.embedded import EmbeddedError, find_origins
from cabanas_perf.report.record import Environment, Noise
from cabanas_perf.runners.databases import Backends
from cabanas_perf.runners.environment import describe_environment

_NOISY_RATIO = 1.25


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for; a needed thing that is missing makes commands fail."""

    name: str
    found: bool
    needed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    environment: Environment
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        return all(finding.found for finding in self.findings if finding.needed)


async def diagnose() -> Diagnosis:
    """Look at the machine, and for the servers, the tools and the extras."""
    return Diagnosis(
        environment=await describe_environment(Backends(None, None, "not started"), embedded=True),
        findings=tuple(_look()),
    )


def _look() -> Iterator[Finding]:
    try:
        origins = find_origins()
    except EmbeddedError as error:
        yield Finding("embedded servers", False, True, str(error))
    else:
        yield Finding("embedded servers", True, True, str(origins))
    resolution_ns = time.get_clock_info("perf_counter").resolution * 1e9
    yield Finding("clock", resolution_ns <= 1000, True, f"resolution {resolution_ns:.0f} ns")
    for module, use in (("locust", "load tests"), ("pyinstrument", "call trees"), ("snakeviz", "looking at profiles")):
        found = importlib.util.find_spec(module) is not None
        yield Finding(module, found, True, use if found else f"missing: pip install {module}")
    audio = importlib.util.find_spec("faster_whisper") is not None
    yield Finding(
        "audio", audio, False, "voice notes" if audio else "no voice notes: pip install 'cabanas-perf[audio]'"
    )
    py_spy = shutil.which("py-spy")
    yield Finding("py-spy", py_spy is not None, False, py_spy or "no profiles from outside: pip install py-spy")


def describe_noise(noise: Noise) -> str:
    """The noise in words, with what it means for comparisons."""
    spread = (
        f"identical work differs by {noise.ratio_low:.2f} to {noise.ratio_high:.2f} times (90 % of {noise.pairs} pairs)"
    )
    if noise.ratio_high > _NOISY_RATIO:
        return f"{spread}: noisy, compare only what was measured in one run"
    return f"{spread}: quiet"
