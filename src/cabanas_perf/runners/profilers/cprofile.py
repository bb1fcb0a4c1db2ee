"""cProfile: every call is counted and timed, which slows code of many small functions most."""

from __future__ import annotations

import cProfile
import pstats
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cabanas_perf.measurement.stacks import Frame, Function, Shares, Stacks
from cabanas_perf.report.record import ProfiledFunction
from cabanas_perf.runners.profilers.base import TOP, Profiled, ProfilerName, Recorder, make_frame
from cabanas_perf.runners.profilers.service import ServiceRecorder

_BUILT_IN = "~"
"""pstats' file of what is written in C."""
_WAITING = re.compile(r"'(?:poll|select|acquire|control)' of|time\.sleep|posix\.wait")
_LEAST_SHARE = 1e-4
"""Branches of the tree of calls below this share of the time are left to their callers."""
_DEEPEST = 100

_Key = tuple[str, int, str]
"""pstats' name of a function: file, line, name."""


class CProfile:
    name = ProfilerName.CPROFILE
    samples = False

    def record_here(self, file: Path) -> Recorder:
        return CProfileRecorder(file)

    def record_service(self, file: Path, pid: int) -> Recorder:  # noqa: ARG002 - the service knows the file
        return ServiceRecorder(pid)

    def read(self, file: Path) -> Profiled:
        stats = pstats.Stats(str(file))
        entries: Mapping[_Key, Any] = stats.stats  # type: ignore[attr-defined]  # missing from the stubs
        return Profiled(build_stacks(entries), _read_top(entries), Shares(_read_self_ratios(entries), None))


class CProfileRecorder:
    """Profiles this thread between `begin` and `end`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._profiler = cProfile.Profile()

    def begin(self) -> None:
        self._profiler.enable()

    def end(self) -> None:
        self._profiler.disable()
        self._profiler.dump_stats(self._file)


def _read_top(entries: Mapping[_Key, Any]) -> tuple[ProfiledFunction, ...]:
    """The functions with the most time of their own, most first."""
    total_s = sum(own_s for _, _, own_s, _, _ in entries.values())
    if not total_s:
        return ()
    rows = sorted(entries.items(), key=lambda item: -item[1][2])[:TOP]
    return tuple(
        ProfiledFunction(
            name=frame.name,
            file=frame.file,
            line=frame.line,
            calls=calls,
            self_ratio=own_s / total_s,
            total_ratio=min(1.0, with_callees_s / total_s),
        )
        for frame, (_, calls, own_s, with_callees_s, _) in ((_frame(key), entry) for key, entry in rows)
    )


def _read_self_ratios(entries: Mapping[_Key, Any]) -> dict[Function, float]:
    """Own shares as a profiler sees them that looks at Python's frames only: what is written in C is its callers'."""
    seconds: defaultdict[Function, float] = defaultdict(float)
    for key, (_, _, own_s, _, callers) in entries.items():
        if key[0] != _BUILT_IN or not callers:
            if not _WAITING.search(key[2]):
                seconds[_frame(key).function] += own_s
        elif not _WAITING.search(key[2]):
            for caller, (_, _, own_for_caller_s, _) in callers.items():
                seconds[_frame(caller).function] += own_for_caller_s
    whole_s = sum(seconds.values())
    return {function: one_s / whole_s for function, one_s in seconds.items()} if whole_s else {}


def build_stacks(entries: Mapping[_Key, Any]) -> Stacks:
    """Stacks out of who called whom.

    cProfile keeps pairs of caller and callee, not stacks. A function's time is divided among the stacks that lead to
    it as its callers' times are, which is exact where its calls take alike whoever made them.
    """
    total_s = sum(own_s for _, _, own_s, _, _ in entries.values())
    callees: defaultdict[_Key, list[tuple[_Key, float]]] = defaultdict(list)
    roots = []
    for key, (_, _, _, with_callees_s, callers) in entries.items():
        from_callers_s = 0.0
        for caller, (_, _, _, within_caller_s) in callers.items():
            if caller != key:
                callees[caller].append((key, within_caller_s))
                from_callers_s += within_caller_s
        if with_callees_s - from_callers_s > _LEAST_SHARE * total_s:
            roots.append((key, with_callees_s - from_callers_s))
    stacks: defaultdict[tuple[Frame, ...], float] = defaultdict(float)

    def descend(key: _Key, seconds: float, above: tuple[_Key, ...]) -> Iterator[tuple[tuple[_Key, ...], float]]:
        stack = (*above, key)
        own_s = entries[key][2]
        below = [(callee, within_s) for callee, within_s in callees[key] if callee not in stack]
        known_s = own_s + sum(within_s for _, within_s in below)
        kept_s = 0.0
        if known_s and len(stack) < _DEEPEST:
            for callee, within_s in below:
                part_s = seconds * within_s / known_s
                if part_s > _LEAST_SHARE * total_s:
                    kept_s += part_s
                    yield from descend(callee, part_s, stack)
        yield stack, seconds - kept_s

    for root, seconds in roots:
        for stack, own_s in descend(root, seconds, ()):
            if own_s > 0:
                stacks[tuple(map(_frame, stack))] += own_s
    return dict(stacks)


def _frame(key: _Key) -> Frame:
    file, line, name = key
    return Frame(name, "", 0) if file == _BUILT_IN else make_frame(name, file, line)
