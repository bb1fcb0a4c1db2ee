"""The one hook through which a request's time, and how its steps ended, are accounted for.

The core wraps each step of a request in ``with stage("name")``, each round trip and each wait for a connection in
``with call(...)``, and marks outcomes that are worth counting. Who wants to know opens a recording around the request;
with none open, a stage is one context-variable look-up and reads no clock. Calls are kept only where the recording
asks for them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from enum import StrEnum
from time import perf_counter_ns
from types import CodeType, FrameType, TracebackType
from typing import NamedTuple


class StageSpan(NamedTuple):
    """One passage through a named stage; both times in nanoseconds of `time.perf_counter_ns`."""

    name: str
    started_ns: int
    ended_ns: int


class CallKind(StrEnum):
    """What a request waits for outside of its own code."""

    DATABASE = "database"
    """A round trip to PostgreSQL; the connection was there already."""
    REDIS = "redis"
    POOL_WAIT = "pool_wait"
    """Getting a connection, opened now or lent by somebody else until then; or giving it back."""


class Call(NamedTuple):
    """One call; both times in nanoseconds of `time.perf_counter_ns`. A pool wait can lie inside a round trip."""

    kind: CallKind
    what: str
    """The statement's text without its arguments, the command's name, or what became of the connection."""
    started_ns: int
    ended_ns: int
    code_line: str
    """Whose call it was, as ``cabanas/services/hold_stay.py:107``."""
    failed: bool


@dataclass(slots=True)
class Recording:
    """What one request left: its spans in the order in which they ended, and its marks.

    Use as a context manager around the request.
    """

    spans: list[StageSpan] = field(default_factory=list)
    marks: list[tuple[str, str]] = field(default_factory=list)
    """What happened and how it ended, as ``("hold", "stay_unavailable")``."""
    calls: list[Call] | None = None
    """In the order in which they ended; None: not asked for."""
    running: list[tuple[int, int]] | None = None
    """When the request's tasks ran, rather than waited: for those who time the steps of tasks. None: not asked for."""
    _token: Token[Recording | None] | None = None

    @classmethod
    def in_detail(cls) -> Recording:
        """One that asks for everything."""
        return cls(calls=[], running=[])

    def __enter__(self) -> Recording:
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._token is not None
        _current.reset(self._token)


_current: ContextVar[Recording | None] = ContextVar("cabanas_stage_recording", default=None)


def current_recording() -> Recording | None:
    """The one that is open here, if any."""
    return _current.get()


def mark(what: str, outcome: str) -> None:
    """Tell the recording, if one is open, how something ended; both out of a few fixed words."""
    recording = _current.get()
    if recording is not None:
        recording.marks.append((what, outcome))


def add_spans(spans: Iterable[StageSpan]) -> None:
    """Add spans that were timed elsewhere, in another process say, to the recording, if one is open."""
    recording = _current.get()
    if recording is not None:
        recording.spans.extend(spans)


class stage:  # noqa: N801 - reads as a statement: `with stage("price"):`
    """Account for the time of the enclosed block under ``name``, failed passages included. Stages do not nest."""

    __slots__ = ("_name", "_recording", "_started_ns")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._recording = _current.get()
        if self._recording is not None:
            self._started_ns = perf_counter_ns()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._recording is not None:
            self._recording.spans.append(StageSpan(self._name, self._started_ns, perf_counter_ns()))


class call:  # noqa: N801 - reads as a statement: `with call(CallKind.REDIS, "SET"):`
    """Account for one call, failed ones included, with the line of code that makes it."""

    __slots__ = ("_calls", "_code_line", "_kind", "_started_ns", "_what")

    def __init__(self, kind: CallKind, what: str) -> None:
        self._kind = kind
        self._what = what

    def __enter__(self) -> None:
        recording = _current.get()
        self._calls = None if recording is None else recording.calls
        if self._calls is not None:
            self._code_line = _find_code_line()
            self._started_ns = perf_counter_ns()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._calls is not None:
            ended_ns = perf_counter_ns()
            failed = kind is not None
            self._calls.append(Call(self._kind, self._what, self._started_ns, ended_ns, self._code_line, failed))


_BETWEEN = frozenset({"asyncpg", "redis", "contextlib", "asyncio"})
"""Packages that stand between a call and the code whose call it is."""
_SEAMS = frozenset({__name__, "cabanas.db.pool", "cabanas.redis.pool"})


_files: dict[CodeType, str] = {}
"""The file of each piece of code that was met, from its package on; empty for what stands between."""


def _find_code_line() -> str:
    """The innermost line that is neither a library's nor a pool's."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        file = _files.get(frame.f_code)
        if file is None:
            file = _files[frame.f_code] = _name_file(frame.f_globals.get("__name__", ""))
        if file:
            return f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _name_file(module: str) -> str:
    if module in _SEAMS or module.partition(".")[0] in _BETWEEN:
        return ""
    return f"{module.replace('.', '/')}.py"
