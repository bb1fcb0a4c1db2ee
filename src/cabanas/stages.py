"""The one hook through which a request's time, and how its steps ended, are accounted for.

The core wraps each step of a request in ``with stage("name")``, and marks outcomes that are worth counting. Who wants
to know opens a recording around the request; with none open, a stage is one context-variable look-up and reads no
clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from time import perf_counter_ns
from types import TracebackType
from typing import NamedTuple


class StageSpan(NamedTuple):
    """One passage through a named stage; both times in nanoseconds of `time.perf_counter_ns`."""

    name: str
    started_ns: int
    ended_ns: int


@dataclass(slots=True)
class Recording:
    """What one request left: its spans in the order in which they ended, and its marks.

    Use as a context manager around the request.
    """

    spans: list[StageSpan] = field(default_factory=list)
    marks: list[tuple[str, str]] = field(default_factory=list)
    """What happened and how it ended, as ``("hold", "stay_unavailable")``."""
    _token: Token[Recording | None] | None = None

    def __enter__(self) -> Recording:
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._token is not None
        _current.reset(self._token)


_current: ContextVar[Recording | None] = ContextVar("cabanas_stage_recording", default=None)


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
