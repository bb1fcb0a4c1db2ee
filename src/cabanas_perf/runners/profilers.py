"""Profilers around the second pass. What they slow down is printed, and no percentile comes from there."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from cabanas_perf.report.record import ProfiledFunction

_TOP = 15


class Profiler(StrEnum):
    CPROFILE = "cprofile"
    NONE = "none"


@contextmanager
def record_cprofile(path: Path) -> Iterator[None]:
    """Profile the block in this thread and write ``path``, which pstats and snakeviz open."""
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        yield
    finally:
        profiler.disable()
        profiler.dump_stats(path)


def read_top(path: Path) -> tuple[ProfiledFunction, ...]:
    """The functions with the most time of their own, most first."""
    stats = pstats.Stats(str(path))
    total_s: float = stats.total_tt  # type: ignore[attr-defined]  # missing from the stubs
    if not total_s:
        return ()
    rows = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:_TOP]  # type: ignore[attr-defined]
    return tuple(
        ProfiledFunction(
            name=name,
            file=_short(file),
            line=line,
            calls=calls,
            self_ratio=own_s / total_s,
            total_ratio=min(1.0, with_callees_s / total_s),
        )
        for (file, line, name), (_, calls, own_s, with_callees_s, _callers) in rows
    )


def _short(file: str) -> str:
    """The file from its package on; nobody's home folder belongs into a report."""
    parts = Path(file).parts
    for root in ("site-packages", "src"):
        if root in parts:
            return "/".join(parts[len(parts) - parts[::-1].index(root) :])
    return "/".join(parts[-2:])
