"""The passes under profilers: one for each, apart from the pass that everything is judged by."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stacks import Shares, find_disagreements
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.renderers.speedscope import render_speedscope
from cabanas_perf.report import record
from cabanas_perf.report.files import format_stamp, reserve_path
from cabanas_perf.runners import profiled_service
from cabanas_perf.runners.measure import Pass
from cabanas_perf.runners.profilers.base import Profiler, ProfilerName, ProfilerRefused, Recorder
from cabanas_perf.runners.service_process import start_service

MakeRecorder = Callable[[], Recorder]
RunPass = Callable[[Profiler, str | None, MakeRecorder], Pass]
"""Makes one pass for a profiler, against the service at a base URL (None: in this process). The recorder is made inside
the pass's event loop.
"""


@dataclass(slots=True)
class ProfiledPasses:
    """What the profilers left."""

    profiles: list[record.Profile] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    """What was acknowledged meanwhile."""
    notes: list[str] = field(default_factory=list)
    """Profilers that could not be had, and why."""
    shares: dict[str, Shares] = field(default_factory=dict)

    def disagreements(self) -> tuple[record.Disagreement, ...]:
        return tuple(
            record.Disagreement(
                name=one.function.name,
                file=one.function.file,
                self_ratios=dict(one.self_ratios),
                gap_ratio=one.gap_ratio,
            )
            for one in find_disagreements(self.shares)
        )


@dataclass(frozen=True, slots=True)
class Profiling:
    """How one target is profiled, and what its unprofiled pass came to."""

    target: str
    folder: Path
    started_at: datetime
    plain: Pass
    works_here: bool
    """The slow-down is then one of CPU time, which other programs do not disturb; else of the wall clock."""
    service_environment: Mapping[str, str] | None = None
    """What to start a service with, to be profiled there; None: in this process."""

    def run(self, profilers: Iterable[Profiler], run_pass: RunPass) -> ProfiledPasses:
        """One pass for each profiler; one that cannot be had here leaves a note."""
        found = ProfiledPasses()
        for profiler in profilers:
            try:
                self._run_one(profiler, run_pass, found)
            except ProfilerRefused as error:
                found.notes.append(f"no profile by {profiler.name}: {error}")
        return found

    def _run_one(self, profiler: Profiler, run_pass: RunPass, found: ProfiledPasses) -> None:
        with tempfile.TemporaryDirectory(prefix="cabanas-profile-") as scratch:
            native = Path(scratch) / "profile"
            with self._opened(profiler, native) as (base_url, make_recorder):
                done = run_pass(profiler, base_url, make_recorder)
            found.references += done.references
            if not native.exists():
                raise ProfilerRefused("the pass ended before it saw anything")
            profiled = profiler.read(native)
            file, speedscope_file = self._keep(profiler, native)
        speedscope_file.write_text(
            render_speedscope(profiled.stacks, name=f"{self.target} by {profiler.name}"), encoding="utf-8"
        )
        clock, slowdown_ratio = self._slowdown(done)
        found.shares[profiler.name] = profiled.shares
        found.profiles.append(
            record.Profile(
                profiler=profiler.name,
                file=os.path.relpath(file),
                speedscope_file=os.path.relpath(speedscope_file),
                slowdown_ratio=slowdown_ratio,
                slowdown_clock=clock,
                requests=len(done.samples),
                samples=profiled.samples,
                top=tuple(profiled.top),
            )
        )

    @contextmanager
    def _opened(self, profiler: Profiler, native: Path) -> Iterator[tuple[str | None, MakeRecorder]]:
        """Where requests go, and what makes the recorder; at the end of the block the native file is there."""
        if self.service_environment is None:
            yield None, lambda: profiler.record_here(native)
            return
        program = ("-m", profiled_service.__name__, profiler.name, str(native))
        with start_service(self.service_environment, program=program) as service:
            yield service.base_url, lambda: profiler.record_service(native, service.pid)

    def _keep(self, profiler: Profiler, native: Path) -> tuple[Path, Path]:
        """Paths of the profile as users open it, and as speedscope does; the same one but for cProfile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = format_stamp(self.started_at)
        if profiler.name is not ProfilerName.CPROFILE:
            path = reserve_path(self.folder, f"{self.target}-{profiler.name}", stamp, ".speedscope.json")
            return path, path
        prof = reserve_path(self.folder, self.target, stamp, ".prof")
        shutil.copyfile(native, prof)
        return prof, reserve_path(self.folder, self.target, stamp, ".speedscope.json")

    def _slowdown(self, done: Pass) -> tuple[Literal["cpu", "wall"], float | None]:
        if self.works_here:
            plain_s, profiled_s = (one.cpu_s / max(1, len(one.samples)) for one in (self.plain, done))
            return "cpu", profiled_s / plain_s if plain_s else None
        plain, profiled = (
            LatencySummary.of(RawDistribution(one.samples.latencies_ns(Outcome.OK))) for one in (self.plain, done)
        )
        if plain is None or profiled is None or not plain.p50_ms:
            return "wall", None
        return "wall", profiled.p50_ms / plain.p50_ms
