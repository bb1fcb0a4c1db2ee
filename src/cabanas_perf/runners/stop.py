"""Stopping a run in good order: the first signal ends the measurement, a second one ends the command."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cabanas_perf.slo.exit_codes import ExitCode

_EXIT_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


class Stop:
    """Whether somebody asked the run to stop."""

    def __init__(self) -> None:
        self.asked_by: ExitCode | None = None

    def __bool__(self) -> bool:
        return self.asked_by is not None

    def ask(self, number: int, _: FrameType | None) -> None:
        if self.asked_by is not None:
            raise KeyboardInterrupt
        self.asked_by = _EXIT_CODES[signal.Signals(number)]


@contextmanager
def listen_for_stop() -> Iterator[Stop]:
    """A `Stop` that SIGINT and SIGTERM set for the block. For the main thread only."""
    stop = Stop()
    before = {number: signal.signal(number, stop.ask) for number in _EXIT_CODES}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
