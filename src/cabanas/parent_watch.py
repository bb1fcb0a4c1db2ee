"""A process that was started to serve a command ends with that command, however the command ended."""

from __future__ import annotations

import os
import signal
import threading
import time

VARIABLE = "CABANAS_EXIT_WITH_PARENT"
_POLL_S = 0.5


def exit_with_parent() -> None:
    """When `VARIABLE` is set, end this process (SIGTERM, the graceful way) as soon as its parent is gone."""
    if os.environ.get(VARIABLE):
        threading.Thread(target=_watch, args=(os.getppid(),), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
