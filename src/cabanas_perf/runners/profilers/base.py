"""What every profiler can do, and what it answers with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from cabanas_perf.measurement.stacks import Frame, Shares, Stacks, rank_functions
from cabanas_perf.report.record import ProfiledFunction

TOP = 15

_IN_C = frozenset({"", "<built-in>"})
_NOT_WORKING = frozenset({"[await]", "[out-of-context]"})
_LOOPS = frozenset({"run", "select", "poll", "run_until_complete", "run_forever", "_run_once"})
"""What runs an event loop; its own time is where nothing else ran."""
_LOOP_FILES = _IN_C | {"asyncio/runners.py", "asyncio/base_events.py", "uvicorn/server.py"}


class ProfilerName(StrEnum):
    CPROFILE = "cprofile"
    PYINSTRUMENT = "pyinstrument"
    PY_SPY = "py-spy"


class ProfilerRefused(Exception):
    """The profiler cannot look at the process; the text says why, in words for the user."""


class Recorder(Protocol):
    """Records one pass. It is made before the workload is opened, inside the event loop that the pass runs in."""

    def begin(self) -> None:
        """Set-up and warm-up are over."""

    def end(self) -> None:
        """Write what was seen; nothing that comes later is in it."""


@dataclass(frozen=True, slots=True)
class Profiled:
    """What a profiler saw."""

    stacks: Stacks
    top: Sequence[ProfiledFunction]
    shares: Shares
    """Of the time in which the program worked rather than waited."""
    samples: int | None = None


class Profiler(Protocol):
    """A way to see where the time goes. Its own file format lies between recording and reading, since what records can
    be another process.
    """

    @property
    def name(self) -> ProfilerName: ...

    @property
    def samples(self) -> bool:
        """Whether it looks now and then, so that short passes show it little."""
        ...

    def record_here(self, file: Path) -> Recorder:
        """For a pass in this thread. Raises ProfilerRefused."""
        ...

    def record_service(self, file: Path, pid: int) -> Recorder:
        """For a pass against a service started by `profiled_service`; the file is there once that has ended.

        Raises ProfilerRefused.
        """
        ...

    def read(self, file: Path) -> Profiled: ...


def working(stacks: Stacks) -> Stacks:
    """The stacks as a profiler has them that sees Python's functions at work: without those that wait in an event
    loop or for another task, and with the time of what is written in C as its callers'.
    """
    kept: defaultdict[tuple[Frame, ...], float] = defaultdict(float)
    for stack, seconds in stacks.items():
        if stack and not _waits(stack[-1]):
            depth = len(stack)
            while depth and stack[depth - 1].file in _IN_C:
                depth -= 1
            kept[stack[:depth]] += seconds
    return dict(kept)


def _waits(frame: Frame) -> bool:
    return frame.name in _NOT_WORKING or (frame.function.name in _LOOPS and frame.file in _LOOP_FILES)


def build_top(stacks: Stacks) -> tuple[ProfiledFunction, ...]:
    """Records of the functions with the most time of their own."""
    return tuple(
        ProfiledFunction(
            name=one.frame.name,
            file=one.frame.file,
            line=one.frame.line,
            self_ratio=one.self_ratio,
            total_ratio=min(1.0, one.total_ratio),
        )
        for one in rank_functions(stacks, TOP)
    )


def make_frame(name: str, file: str, line: int) -> Frame:
    """The frame with its file from the package on; nobody's home folder belongs into a report."""
    parts = Path(file).parts
    for root in ("site-packages", "src", "lib-dynload"):
        if root in parts:
            return Frame(name, "/".join(parts[len(parts) - parts[::-1].index(root) :]), line)
    return Frame(name, "/".join(parts[-2:]), line)
