"""How noisy this machine is: identical work timed against itself."""

from __future__ import annotations

from collections.abc import Callable

from cabanas_perf.measurement.clock import Clock
from cabanas_perf.measurement.percentiles import percentile_of_sorted
from cabanas_perf.report.record import Noise

_PAIRS = 30
_ROUNDS = 12_000


def measure_noise(clock: Clock, *, pairs: int = _PAIRS, work: Callable[[], object] | None = None) -> Noise:
    """Ratios of the wall time of identical pieces of work, one right after the other; a few milliseconds each."""
    run = work or _spin
    permille = []
    for _ in range(pairs):
        first, second = _time_ns(clock, run), _time_ns(clock, run)
        permille.append(1000 * second // max(first, 1))
    permille.sort()
    return Noise(
        pairs=pairs,
        clock="wall",
        ratio_low=percentile_of_sorted(permille, 0.05) / 1000,
        ratio_high=percentile_of_sorted(permille, 0.95) / 1000,
    )


def _time_ns(clock: Clock, work: Callable[[], object]) -> int:
    started_ns = clock.now_ns()
    work()
    return clock.now_ns() - started_ns


def _spin() -> int:
    return sum(i * i % 7 for i in range(_ROUNDS))
