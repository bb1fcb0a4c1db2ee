"""The service under cProfile: ``python -m cabanas_perf.runners.profiled_service FILE api ...``.

Profiling begins with SIGUSR1, so that neither start-up nor warm-up is in the profile, and ends with the process.
"""

from __future__ import annotations

import cProfile
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cabanas.__main__ import main

_START = signal.SIGUSR1


@contextmanager
def profile_from_here(pid: int) -> Iterator[None]:
    """Let the service with that process id begin to profile; it ends when the service does."""
    os.kill(pid, _START)
    yield


def serve_profiled(path: Path, argv: list[str]) -> int:
    """Run the service's command line ``argv`` and write the profile to ``path``; answers with its exit code."""
    profiler = cProfile.Profile()
    # The handler runs in the main thread, which is where the requests are answered.
    signal.signal(_START, lambda *_: profiler.enable())
    try:
        return main(argv)
    finally:
        profiler.disable()
        profiler.dump_stats(path)


if __name__ == "__main__":
    sys.exit(serve_profiled(Path(sys.argv[1]), sys.argv[2:]))
