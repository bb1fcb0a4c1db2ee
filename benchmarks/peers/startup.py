"""Starting up: what somebody waits for before the command says or does anything."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from benchmarks.peers.external import find_program
from benchmarks.peers.rows import Effort, Section, compare, percentile_bar

from cabanas_perf.runners.pairs import Turn, interleave

# An install leaves bytecode; a shell that forbids to write it would have every start compile the sources again.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_IMPORT = "import time; t = time.perf_counter(); import cabanas.nlu; print((time.perf_counter() - t) * 1000)"
_PROFILES = 7
_CAUSE = "what is imported before the first word"


class CommandSide:
    """A command, run from nothing to its end once for each input."""

    def __init__(self, *command: str) -> None:
        self._command = command

    async def turn(self, batch: Sequence[Any]) -> Turn:
        started_ns = time.perf_counter_ns()
        for _ in batch:
            _run(*self._command)
        return Turn(time.perf_counter_ns() - started_ns, ())


def run(effort: Effort) -> Section:
    ours = find_program("cabanas-perf") or "cabanas-perf"
    pairs = max(5, min(effort.pairs, 15))
    helped = _pairs(CommandSide(ours, "--help"), CommandSide(sys.executable, "-m", "locust", "--help"), pairs)
    bare = _pairs(CommandSide(ours, "--help"), CommandSide(sys.executable, "-c", ""), pairs)
    _run(sys.executable, "-c", _IMPORT)
    imports_ms = [float(_run(sys.executable, "-c", _IMPORT)) for _ in range(pairs)]
    with tempfile.TemporaryDirectory() as folder:
        profile = (ours, "profile", "nlu", "--requests", "1000", "--quiet", "--output", folder)
        _run(*profile)
        profiles_s = [_time_s(*profile) for _ in range(_PROFILES)]
    unit = "ms a start"
    return Section(
        title="Starting up",
        given="Each a new process on a warm disk cache, with bytecode, until it ends; wall time.",
        rows=(
            compare(f"Locust {version('locust')}, --help", unit, *helped, side="ours, --help"),
            compare("an interpreter that does nothing", unit, *bare, "the floor", side="ours, --help"),
            percentile_bar("cabanas-perf --help", "ms", 150, bare[0], 0.5, cause=_CAUSE),
            percentile_bar("import cabanas.nlu", "ms", 60, imports_ms, 0.5, cause=_CAUSE),
            percentile_bar("profile nlu --requests 1000", "s", 3, profiles_s, 0.5, cause=_CAUSE),
        ),
    )


def _pairs(ours: CommandSide, other: CommandSide, pairs: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of ours and of the other, and the ratios."""
    done = asyncio.run(interleave(other, ours, draw=lambda: [None], pairs=pairs, seed=0, warmup_pairs=1, equal=None))
    return [ns / 1e6 for ns in done.head_ns], [ns / 1e6 for ns in done.base_ns], done.ratios


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, env=_ENVIRONMENT).stdout


def _time_s(*command: str) -> float:
    started_s = time.perf_counter()
    _run(*command)
    return time.perf_counter() - started_s
