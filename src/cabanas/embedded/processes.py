"""Processes of earlier runs, known by number only: are they there, are they ours, end them."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path


def command_line(pid: int) -> str:
    """Return the command line of a running process, words separated by spaces; empty when there is none."""
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            return (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    finished = subprocess.run(  # noqa: S603 - macOS has no /proc
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return finished.stdout.strip()


def find_working_in(directory: Path, mark: str) -> list[int]:
    """Return the processes below /proc whose current directory this is and whose command line has `mark`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        # Processes end while one looks at them, and those of other users may not be looked at.
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == directory and mark in command_line(int(process.name)):
                found.append(int(process.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def read_pid(path: Path) -> int | None:
    """Return the number on the first line of a pid file; None without file or number."""
    try:
        first, *_ = path.read_text().split(maxsplit=1)
        pid = int(first)
    except (OSError, ValueError):
        return None
    return pid if pid > 1 else None


def end_process(pid: int, mark: str, ladder: list[tuple[int, float]]) -> None:
    """Signal `pid` up the ladder of `(signal, seconds to wait)` while `mark` is in its command line."""
    for number, wait_s in [*ladder, (int(signal.SIGKILL), 5.0)]:
        if mark not in command_line(pid):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            os.kill(pid, signal.SIGCONT)  # a paused process acts on nothing but SIGKILL
        give_up = time.monotonic() + wait_s
        while mark in command_line(pid) and time.monotonic() < give_up:
            time.sleep(0.01)
