"""Two variants measured as interleaved pairs: the same work for both, one right after the other.

A pair is crossed: one batch with one side first, at once another batch with the other side first (ABBA or BAAB, drawn
at random). Whoever comes second finds warm caches, and on a busy machine a scheduler that is less, or more, inclined
to let it finish. That makes identical code differ by any factor, always for the same position; crossed, it cancels.

For two callables, in the loop that is running already:

    run = await run_pairs(
        Variant("before", before.analyze), Variant("after", after.analyze),
        draw=lambda: next_texts(30), pairs=DEFAULT_PAIRS, seed=0, timer=Timer.CPU,
    )
    verdict = judge_pairs(run.ratios)            # measurement.paired: the median ratio, its interval, what it proves

Whoever measures elsewhere, in another process or inside a transaction, writes a `Side` and calls `interleave`.
"""

from __future__ import annotations

import inspect
import math
import operator
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Any, Protocol, cast

from cabanas_perf.measurement.clock import Clock, SystemClock
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.runners.measure import Advance
from cabanas_perf.runners.stop import Stop

_EXAMPLES_KEPT = 3

Equal = Callable[[Any, Any], bool]


class Timer(StrEnum):
    """Which clock tells the sides apart.

    The CPU clock, of all threads of the process, does not see the neighbours, nor any waiting: it is for work that
    only computes. Whatever waits, for a database, a lock or a pool, needs the wall clock, and more pairs.
    """

    CPU = "cpu"
    WALL = "wall"

    def read_ns(self, clock: Clock) -> int:
        return clock.cpu_ns() if self is Timer.CPU else clock.now_ns()


@dataclass(frozen=True, slots=True)
class Turn:
    """One side's work on one batch."""

    taken_ns: int
    outputs: Sequence[Any]
    """One for each input of the batch, in its order; empty where outputs are not to be compared."""


class Side(Protocol):
    """One of the two that are compared."""

    async def turn(self, batch: Sequence[Any]) -> Turn:
        """Work through the batch, timing nothing else."""
        ...


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An input that the two sides answered differently."""

    input: Any
    base: Any
    head: Any


@dataclass(slots=True)
class PairRun:
    """What the pairs left behind, in the order in which they ran; warm-up pairs are not among them."""

    base_ns: list[int] = field(default_factory=list)
    """What each turn of the first side took, the whole batch; two turns make a pair."""
    head_ns: list[int] = field(default_factory=list)
    inputs: int = 0
    """How many inputs each side worked through."""
    compared: int = 0
    """Outputs that were compared, those of the warm-up included."""
    different: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)
    """The first few. They hold inputs and outputs as they are, so they may not go into a report unseen."""
    complete: bool = False
    """False when a stop was asked for before the last pair."""

    @property
    def ratios(self) -> list[float]:
        """Second side by first, one for each pair."""
        return cross_ratios(self.base_ns, self.head_ns)

    @property
    def base_ms(self) -> float | None:
        """The median time of one input of the first side; None without pairs."""
        return self._per_input_ms(self.base_ns)

    @property
    def head_ms(self) -> float | None:
        return self._per_input_ms(self.head_ns)

    def _per_input_ms(self, turns_ns: Sequence[int]) -> float | None:
        return ns_to_ms(median(turns_ns)) * len(turns_ns) / self.inputs if turns_ns and self.inputs else None


def cross_ratios(base_ns: Sequence[int], head_ns: Sequence[int]) -> list[float]:
    """The ratio of each pair: the geometric mean of its two turns' ratios, in which a factor that favours either
    position cancels.

    >>> cross_ratios([10, 30], [30, 10])
    [1.0]
    """
    turns = [head / base for base, head in zip(base_ns, head_ns, strict=True)]
    return [math.sqrt(first * second) for first, second in zip(turns[::2], turns[1::2], strict=True)]


@dataclass(frozen=True, slots=True)
class Variant:
    """A callable for one input, plain or ``async``; what it returns is the output that is compared.

    An input may be anything: where the question is how a hundred callers at once fare, one input is all hundred.
    ``before`` is called with each batch ahead of the variant's turn, off the clock: to put back what a turn of either
    side changed. It may be ``async`` too.
    """

    name: str
    call: Callable[[Any], Any]
    before: Callable[[Sequence[Any]], Any] | None = None


class VariantSide:
    """A variant in this process, timed by one clock."""

    def __init__(self, variant: Variant, timer: Timer, clock: Clock) -> None:
        self._variant = variant
        self._timer = timer
        self._clock = clock
        call = variant.call
        self._waits = inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)

    async def turn(self, batch: Sequence[Any]) -> Turn:
        if self._variant.before is not None:
            prepared = self._variant.before(batch)
            if inspect.isawaitable(prepared):
                await prepared
        return await self._turn_waiting(batch) if self._waits else self._turn_plain(batch)

    def _turn_plain(self, batch: Sequence[Any]) -> Turn:
        call, read_ns, clock = self._variant.call, self._timer.read_ns, self._clock
        started_ns = read_ns(clock)
        outputs = [call(item) for item in batch]
        return Turn(read_ns(clock) - started_ns, outputs)

    async def _turn_waiting(self, batch: Sequence[Any]) -> Turn:
        call = cast("Callable[[Any], Awaitable[Any]]", self._variant.call)
        read_ns, clock = self._timer.read_ns, self._clock
        started_ns = read_ns(clock)
        outputs = [await call(item) for item in batch]
        return Turn(read_ns(clock) - started_ns, outputs)


async def run_pairs(
    base: Variant,
    head: Variant,
    *,
    draw: Callable[[], Sequence[Any]],
    pairs: int,
    seed: int,
    timer: Timer,
    warmup_pairs: int = 2,
    equal: Equal | None = operator.eq,
    clock: Clock | None = None,
    stop: Stop | None = None,
    advance: Advance = lambda _: None,
) -> PairRun:
    """Compare two callables in the running loop; see `interleave`.

    A batch should keep a side busy for a few milliseconds: much less, and the clock's own cost is compared.
    """
    clock = clock or SystemClock()
    sides = VariantSide(base, timer, clock), VariantSide(head, timer, clock)
    return await interleave(
        *sides, draw=draw, pairs=pairs, seed=seed, warmup_pairs=warmup_pairs, equal=equal, stop=stop, advance=advance
    )


async def interleave(
    base: Side,
    head: Side,
    *,
    draw: Callable[[], Sequence[Any]],
    pairs: int,
    seed: int,
    warmup_pairs: int = 2,
    equal: Equal | None = operator.eq,
    stop: Stop | None = None,
    advance: Advance = lambda _: None,
) -> PairRun:
    """As many pairs as were asked for, never more and never fewer unless ``stop`` is set: a number that depends on
    what was seen would prove whatever one waits for.

    ``draw`` makes a batch for each half of a pair, off the clock, and both sides get it; ``seed`` draws which side is
    first in the first half. The first ``warmup_pairs`` are not counted, but their outputs are compared as well. With
    ``equal`` None no outputs are.

    Raises ValueError when a turn took no time at all, so that there is no ratio, when a batch is empty, or when the
    sides return outputs in different numbers.
    """
    run = PairRun()
    rng = random.Random(seed)  # noqa: S311 - so that a run can be repeated
    for number in range(-warmup_pairs, pairs):
        if stop:
            return run
        base_first = rng.random() < 0.5
        halves = [await _take_turns(base, head, draw(), first, run, equal) for first in (base_first, not base_first)]
        if number < 0:
            continue
        for base_ns, head_ns, inputs in halves:
            run.base_ns.append(base_ns)
            run.head_ns.append(head_ns)
            run.inputs += inputs
        advance(1)
    run.complete = True
    return run


async def _take_turns(
    base: Side, head: Side, batch: Sequence[Any], base_first: bool, run: PairRun, equal: Equal | None
) -> tuple[int, int, int]:
    """What either side took for the batch, in nanoseconds, and how many inputs it had."""
    if not batch:
        raise ValueError("a pair needs inputs")
    if base_first:
        base_turn, head_turn = await base.turn(batch), await head.turn(batch)
    else:
        head_turn, base_turn = await head.turn(batch), await base.turn(batch)
    if equal is not None:
        _compare(run, batch, base_turn.outputs, head_turn.outputs, equal)
    if base_turn.taken_ns <= 0 or head_turn.taken_ns <= 0:
        raise ValueError("a turn took no time: the batch is too small for this clock")
    return base_turn.taken_ns, head_turn.taken_ns, len(batch)


def _compare(
    run: PairRun, batch: Sequence[Any], base_outputs: Sequence[Any], head_outputs: Sequence[Any], equal: Equal
) -> None:
    if len(base_outputs) != len(head_outputs):
        raise ValueError(f"the sides answered {len(base_outputs)} and {len(head_outputs)} times to the same batch")
    for item, base_output, head_output in zip(batch, base_outputs, head_outputs, strict=False):
        run.compared += 1
        if not equal(base_output, head_output):
            run.different += 1
            if len(run.mismatches) < _EXAMPLES_KEPT:
                run.mismatches.append(Mismatch(item, base_output, head_output))
