"""What every optimisation is measured with: interleaved pairs under one condition, as a point of its curve."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from cabanas_perf.measurement.clock import SystemClock
from cabanas_perf.measurement.paired import estimate_ratio
from cabanas_perf.report.record import SavingPoint
from cabanas_perf.runners.pairs import PairRun, Side, Timer, Turn, Variant, VariantSide, interleave
from cabanas_perf.runners.progress import ProgressListener
from cabanas_perf.runners.run import derive_seed
from cabanas_perf.runners.stop import Stop


class Stopped(Exception):
    """Somebody asked the run to stop; what is complete is reported."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one optimisation was measured to be.

    ``headline`` is the condition that the claim speaks of; None where nothing could be measured, for ``reason``.
    """

    points: tuple[SavingPoint, ...] = ()
    headline: str | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """What a point of a curve was measured under; ``at`` is its place on an axis."""

    name: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """Measures before against after."""

    optimization_id: str
    seed: int
    pairs: int | None
    """For each condition; None: as each asks for."""
    stop: Stop
    progress: ProgressListener

    async def compare(
        self,
        condition: Condition,
        before: Variant | Side,
        after: Variant | Side,
        *,
        draw: Callable[[], Sequence[Any]],
        pairs: int,
        timer: Timer,
        warmup_pairs: int = 2,
    ) -> SavingPoint:
        """One point; ``timer`` is the clock of a `Variant`, and says which one a `Side` of its own reads.

        Raises:
            Stopped: before the last pair.
        """
        wanted = self.pairs or pairs
        self.progress.begin(f"{self.optimization_id}, {condition.name}", wanted, "pairs")
        run = await interleave(
            _as_side(before, timer),
            _as_side(after, timer),
            draw=draw,
            pairs=wanted,
            seed=derive_seed(self.seed, f"{self.optimization_id} {condition.name}"),
            warmup_pairs=warmup_pairs,
            stop=self.stop,
            advance=self.progress.advance,
        )
        if not run.complete:
            raise Stopped
        return build_point(condition, run, timer)


def _as_side(given: Variant | Side, timer: Timer) -> Side:
    return VariantSide(given, timer, SystemClock()) if isinstance(given, Variant) else given


def build_point(condition: Condition, run: PairRun, timer: Timer) -> SavingPoint:
    """The record of a complete run. Raises ValueError when it has too few pairs for an interval."""
    estimate = estimate_ratio(run.ratios)
    if estimate.low is None or estimate.high is None or run.base_ms is None or run.head_ms is None:
        raise ValueError(f"{estimate.pairs} pairs give no interval")
    return SavingPoint(
        condition=condition.name,
        at=condition.at,
        clock=timer.value,
        pairs=estimate.pairs,
        before_ms=run.base_ms,
        after_ms=run.head_ms,
        saving_ratio=1 - estimate.ratio,
        saving_low_ratio=1 - estimate.high,
        saving_high_ratio=1 - estimate.low,
        outputs_equal=not run.different,
    )


Statistic = Callable[[Sequence[int]], float]
"""Of the latencies of requests that were under way together, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """A side whose inputs are groups of requests: those of a group are sent all at once.

    A turn takes what the statistic makes of a group's latencies, summed over the groups.
    """

    call: Callable[[Any], Awaitable[Any]]
    statistic: Statistic
    before: Callable[[], Awaitable[None]] | None = None
    """Called ahead of each turn, off the clock."""

    async def turn(self, batch: Sequence[Any]) -> Turn:
        if self.before is not None:
            await self.before()
        taken_ns, outputs = 0.0, []
        for group in batch:
            latencies_ns: list[int] = []
            outputs.append(await asyncio.gather(*(self._send(request, latencies_ns) for request in group)))
            taken_ns += self.statistic(latencies_ns)
        return Turn(round(taken_ns), outputs)

    async def _send(self, request: Any, latencies_ns: list[int]) -> Any:
        started_ns = perf_counter_ns()
        output = await self.call(request)
        latencies_ns.append(perf_counter_ns() - started_ns)
        return output
