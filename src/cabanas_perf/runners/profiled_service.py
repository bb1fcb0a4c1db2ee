"""The service under a profiler: ``python -m cabanas_perf.runners.profiled_service PROFILER FILE api ...``.

Profiling begins with a signal, so that neither start-up nor warm-up is in the profile, and ends with the process. A
profiler that looks from outside finds the door open.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from cabanas.__main__ import main
from cabanas_perf.runners.profilers.base import ProfilerName, Recorder
from cabanas_perf.runners.profilers.service import START_SIGNAL


def serve_profiled(profiler: ProfilerName, file: Path, argv: list[str]) -> int:
    """Run the service's command line ``argv`` and write the profile to ``file``; answers with its exit code."""
    recorder = _make_recorder(profiler, file)
    if recorder is None:
        return main(argv)
    began = False

    def begin(*_: object) -> None:
        nonlocal began
        began = True
        recorder.begin()

    # The handler runs in the main thread, which is where the requests are answered.
    signal.signal(START_SIGNAL, begin)
    try:
        return main(argv)
    finally:
        if began:
            recorder.end()


def _make_recorder(profiler: ProfilerName, file: Path) -> Recorder | None:
    """The one that profiles from inside; None when somebody else does it from outside."""
    # Each only when it is asked for: what a profiler brings along would be in the service's memory.
    match profiler:
        case ProfilerName.CPROFILE:
            from cabanas_perf.runners.profilers.cprofile import CProfileRecorder  # noqa: PLC0415

            return CProfileRecorder(file)
        case ProfilerName.PYINSTRUMENT:
            from cabanas_perf.runners.profilers.pyinstrument_ import PyinstrumentRecorder  # noqa: PLC0415

            return PyinstrumentRecorder(file, in_context=False)
        case ProfilerName.PY_SPY:
            from cabanas_perf.runners.profilers.py_spy import allow_observers  # noqa: PLC0415

            allow_observers()
            return None


if __name__ == "__main__":
    sys.exit(serve_profiled(ProfilerName(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
