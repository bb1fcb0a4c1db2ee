"""The profilers by name."""

from __future__ import annotations

from cabanas_perf.runners.profilers.base import Profiler, ProfilerName
from cabanas_perf.runners.profilers.cprofile import CProfile
from cabanas_perf.runners.profilers.py_spy import PySpy
from cabanas_perf.runners.profilers.pyinstrument_ import PyinstrumentProfiler

ALL = "all"
NONE = "none"

_PROFILERS: tuple[Profiler, ...] = (CProfile(), PyinstrumentProfiler(), PySpy())


def choose_profilers(name: str) -> tuple[Profiler, ...]:
    """The profiler of that name, `ALL` of them, or `NONE`. Raises ValueError for another name."""
    if name == ALL:
        return _PROFILERS
    if name == NONE:
        return ()
    wanted = ProfilerName(name)
    return tuple(profiler for profiler in _PROFILERS if profiler.name is wanted)
