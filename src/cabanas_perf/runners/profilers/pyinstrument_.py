"""pyinstrument: looks at the stack every millisecond, from inside, and knows which task awaits what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pyinstrument import Profiler as Pyinstrument
from pyinstrument.session import Session

from cabanas_perf.measurement.stacks import Frame, Shares, Stacks, self_ratios
from cabanas_perf.runners.profilers.base import Profiled, ProfilerName, Recorder, build_top, make_frame, working
from cabanas_perf.runners.profilers.service import ServiceRecorder

_INTERVAL_S = 0.001


class PyinstrumentProfiler:
    name = ProfilerName.PYINSTRUMENT
    samples = True

    def record_here(self, file: Path) -> Recorder:
        return PyinstrumentRecorder(file)

    def record_service(self, file: Path, pid: int) -> Recorder:  # noqa: ARG002 - the service knows the file
        return ServiceRecorder(pid)

    def read(self, file: Path) -> Profiled:
        session = Session.load(file)
        stacks = build_stacks(session.frame_records)
        busy = working(stacks)
        samples = len(session.frame_records)
        looks = round(samples * sum(busy.values()) / (sum(stacks.values()) or 1.0))
        return Profiled(stacks, build_top(busy), Shares(self_ratios(busy), looks), samples)


class PyinstrumentRecorder:
    """Follows the context that it is made in: every task that is started from there, a workload's worker too.

    ``in_context`` false: follows the thread whatever it does, for a service whose tasks come from elsewhere.
    """

    def __init__(self, file: Path, *, in_context: bool = True) -> None:
        self._file = file
        self._profiler = Pyinstrument(_INTERVAL_S, async_mode="enabled" if in_context else "disabled")
        if in_context:
            # Tasks inherit what is set when they are made, and a worker is made long before the pass begins.
            self._profiler.start()

    def begin(self) -> None:
        self._profiler.reset()  # type: ignore[no-untyped-call]
        self._profiler.start()

    def end(self) -> None:
        if self._profiler.is_running:
            self._profiler.stop()
        if self._profiler.last_session is not None:
            self._profiler.last_session.save(self._file)


def build_stacks(records: Iterable[tuple[list[str], float]]) -> Stacks:
    """Stacks out of a session's records: frames as ``name NUL file NUL line SOH attributes``, outermost first."""
    stacks: defaultdict[tuple[Frame, ...], float] = defaultdict(float)
    for infos, seconds in records:
        stacks[tuple(map(_read_frame, infos))] += seconds
    return dict(stacks)


def _read_frame(info: str) -> Frame:
    name, _, where = info.partition("\x01")[0].partition("\x00")
    file, _, line = where.partition("\x00")
    return make_frame(name, file, int(line)) if file else Frame(name, "", 0)
