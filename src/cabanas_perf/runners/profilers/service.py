"""Profiles of a service in a process of its own, which `profiled_service` runs."""

from __future__ import annotations

import os
import signal

START_SIGNAL = signal.SIGUSR1


class ServiceRecorder:
    """Lets the service begin to profile itself; it ends when the service does, which then writes the file."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def begin(self) -> None:
        os.kill(self._pid, START_SIGNAL)

    def end(self) -> None:
        pass
