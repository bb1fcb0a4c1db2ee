"""py-spy: reads the stacks from outside of the process, which is hardly slowed down and is told nothing."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections import defaultdict
from pathlib import Path

from cabanas_perf.measurement.stacks import Frame, Shares, self_ratios
from cabanas_perf.runners.profilers.base import (
    Profiled,
    ProfilerName,
    ProfilerRefused,
    Recorder,
    build_top,
    make_frame,
    working,
)

_RATE_HZ = 1000
_OTHER_THREAD = "_bootstrap"
_READY = "Sampling process"
_TIMEOUT_S = 30.0
_PR_SET_PTRACER = 0x59616D61
_PR_SET_PTRACER_ANY = ctypes.c_ulong(-1).value
_HOW_TO_GET_IT = "py-spy is not installed; try: pip install py-spy"


class PySpy:
    name = ProfilerName.PY_SPY
    samples = True

    def record_here(self, file: Path) -> Recorder:
        allow_observers()
        return PySpyRecorder(file, os.getpid())

    def record_service(self, file: Path, pid: int) -> Recorder:
        return PySpyRecorder(file, pid)

    def read(self, file: Path) -> Profiled:
        counts = read_folded(file.read_text(encoding="utf-8"))
        # Requests are answered in the main thread; others watch and wait, and not every system tells that apart.
        stacks = {stack: count / _RATE_HZ for stack, count in counts.items() if stack[0].function.name != _OTHER_THREAD}
        busy = working(stacks)
        looks = round(sum(busy.values()) * _RATE_HZ)
        return Profiled(stacks, build_top(busy), Shares(self_ratios(busy), looks), sum(counts.values()))


class PySpyRecorder:
    """Looks at a process between `begin` and `end`. Threads that wait are left out."""

    def __init__(self, file: Path, pid: int) -> None:
        self._file = file
        self._pid = pid
        self._program = _check_may_look(pid)
        self._process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        options = ("--rate", str(_RATE_HZ), "--format", "raw", "--function", "--full-filenames")
        process = subprocess.Popen(  # noqa: S603 - a program of this interpreter's, or of the user's path
            [self._program, "record", "--pid", str(self._pid), *options, "--output", str(self._file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        # Nothing of the pass may go by before it looks.
        for line in process.stdout:
            if _READY in line:
                break
        self._process = process

    def end(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.communicate(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def _check_may_look(pid: int) -> str:
    """The program, after one look at the process: a refusal is better had before anything is under way."""
    program = _find_program()
    if program is None:
        raise ProfilerRefused(_HOW_TO_GET_IT)
    looked = subprocess.run(  # noqa: S603 - as below
        [program, "dump", "--pid", str(pid)], capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
    )
    if looked.returncode:
        reason = next((line for line in looked.stderr.splitlines() if line.strip()), "no reason given")
        reason = reason.removeprefix("Error: ").rstrip(".")
        raise ProfilerRefused(f"py-spy may not look at the process ({reason}); try it as root or with sudo")
    return program


def allow_observers() -> None:
    """Let processes that are not this one's parents read its memory, where Linux keeps them from it (Yama)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _PR_SET_PTRACER_ANY, 0, 0, 0)


def read_folded(text: str) -> dict[tuple[Frame, ...], int]:
    """Samples by stack, from lines of frames as ``name (file:line)`` between semicolons, and the count behind them."""
    counts: defaultdict[tuple[Frame, ...], int] = defaultdict(int)
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        counts[tuple(map(_read_frame, stack.split(";")))] += int(count)
    return dict(counts)


def _read_frame(text: str) -> Frame:
    name, _, where = text.rpartition(" (")
    file, _, line = where.rstrip(")").rpartition(":")
    return make_frame(name, file, int(line)) if line.isdigit() else Frame(text, "", 0)


def _find_program() -> str | None:
    """The one of this installation, else of the path."""
    return shutil.which("py-spy", path=sysconfig.get_path("scripts")) or shutil.which("py-spy")
