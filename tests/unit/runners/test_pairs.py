from functools import partial

import pytest

from cabanas_perf.measurement.clock import ManualClock
from cabanas_perf.measurement.paired import Difference, judge_pairs
from cabanas_perf.runners.pairs import Mismatch, PairRun, Timer, Turn, Variant, interleave, run_pairs
from cabanas_perf.runners.stop import Stop
from cabanas_perf.slo.exit_codes import ExitCode

PAIRS = 20


def batches(size=4):
    numbers = iter(range(10_000))
    return lambda: [next(numbers) for _ in range(size)]


def busy(clock, duration_ns, name="busy", answer=lambda item: item):
    def call(item):
        clock.work(duration_ns)
        return answer(item)

    return Variant(name, call)


def waiting(clock, duration_ns, name="waiting"):
    async def call(item):
        clock.wait(duration_ns)
        return item

    return Variant(name, call)


def compare(base, head, clock, **changes):
    wanted = {"draw": batches(), "pairs": PAIRS, "seed": 3, "timer": Timer.CPU} | changes
    return run_pairs(base, head, clock=clock, **wanted)


class Recorder:
    """A side that notes when it had its turn."""

    def __init__(self, name, log, taken_ns=1_000):
        self.name, self.log, self.taken_ns = name, log, taken_ns

    async def turn(self, batch):
        self.log.append((self.name, tuple(batch)))
        return Turn(self.taken_ns, list(batch))


async def test_the_ratio_is_head_by_base():
    clock = ManualClock()
    run = await compare(busy(clock, 1_000_000), busy(clock, 1_300_000), clock)
    assert run.ratios == pytest.approx([1.3] * PAIRS)
    assert (run.base_ms, run.head_ms) == (1.0, 1.3)
    assert judge_pairs(run.ratios).difference is Difference.SLOWER
    assert run.complete


async def test_both_sides_get_the_same_batch_and_each_batch_serves_half_a_pair():
    log = []
    await interleave(Recorder("base", log), Recorder("head", log), draw=batches(), pairs=PAIRS, seed=1)
    assert len(log) == 4 * (PAIRS + 2)
    for first, second in zip(log[::2], log[1::2], strict=True):
        assert first[1] == second[1]
        assert {first[0], second[0]} == {"base", "head"}
    assert len({batch for _, batch in log}) == 2 * (PAIRS + 2)


async def test_a_pair_is_crossed_and_the_seed_draws_which_way():
    async def orders(seed):
        log = []
        await interleave(Recorder("base", log), Recorder("head", log), draw=batches(), pairs=PAIRS, seed=seed)
        names = [name[0] for name, _ in log]
        return ["".join(names[start : start + 4]) for start in range(0, len(names), 4)]

    once, again, otherwise = await orders(1), await orders(1), await orders(2)
    assert set(once) == {"bhhb", "hbbh"}
    assert once == again != otherwise


async def test_a_factor_that_favours_a_position_cancels():
    """Code that is the same, on a machine where whoever comes second takes three times as long."""
    log = []

    class Second(Recorder):
        async def turn(self, batch):
            turn = await super().turn(batch)
            return Turn(turn.taken_ns * (3 if len(self.log) % 2 == 0 else 1), turn.outputs)

    run = await interleave(Second("base", log), Second("head", log), draw=batches(), pairs=PAIRS, seed=7)
    assert sorted(set(run.base_ns)) == [1_000, 3_000]
    assert run.ratios == pytest.approx([1.0] * PAIRS)
    assert judge_pairs(run.ratios).difference is Difference.NONE


@pytest.mark.parametrize("make", [busy, waiting])
async def test_the_wall_clock_sees_waiting_and_the_cpu_clock_does_not(make):
    clock = ManualClock()
    base, head = make(clock, 1_000), make(clock, 2_000)
    run = await compare(base, head, clock, timer=Timer.WALL)
    assert run.ratios == [2.0] * PAIRS
    if make is waiting:
        with pytest.raises(ValueError, match="took no time"):
            await compare(base, head, clock, timer=Timer.CPU)


async def test_plain_and_async_variants_can_meet():
    clock = ManualClock()
    run = await compare(busy(clock, 1_000), waiting(clock, 3_000), clock, timer=Timer.WALL)
    assert run.ratios == [3.0] * PAIRS
    assert run.different == 0


async def test_an_object_whose_call_is_async_is_awaited():
    clock = ManualClock()

    class Caller:
        async def __call__(self, item):
            clock.wait(5_000)
            return item

    run = await compare(Variant("object", Caller()), waiting(clock, 5_000), clock, timer=Timer.WALL)
    assert (run.different, run.ratios) == (0, [1.0] * PAIRS)


async def test_a_partial_of_an_async_function_is_awaited():
    async def call(clock, item):
        clock.wait(7_000)
        return item

    clock = ManualClock()
    run = await compare(Variant("partial", partial(call, clock)), waiting(clock, 7_000), clock, timer=Timer.WALL)
    assert (run.different, run.ratios) == (0, [1.0] * PAIRS)


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_what_comes_before_a_turn_is_off_the_clock_and_sees_the_batch(asynchronous):
    clock, seen = ManualClock(), []

    def prepare(batch):
        seen.append(tuple(batch))
        clock.work(50_000)

    async def prepare_slowly(batch):
        prepare(batch)

    plain = busy(clock, 1_000)
    prepared = Variant("prepared", plain.call, before=prepare_slowly if asynchronous else prepare)
    run = await compare(plain, prepared, clock)
    assert run.ratios == [1.0] * PAIRS
    assert len(set(seen)) == 2 * (PAIRS + 2)


async def test_outputs_that_differ_are_counted_and_the_first_ones_kept():
    clock = ManualClock()
    run = await compare(busy(clock, 1_000), busy(clock, 1_000, answer=lambda item: item if item % 4 else -1), clock)
    assert run.compared == 8 * (PAIRS + 2)
    # One input of each batch, zero answered as -1 like the other multiples of four.
    assert run.different == 2 * (PAIRS + 2)
    assert run.mismatches == [Mismatch(0, 0, -1), Mismatch(4, 4, -1), Mismatch(8, 8, -1)]


async def test_the_caller_says_what_counts_as_equal():
    clock = ManualClock()
    base, head = busy(clock, 1_000), busy(clock, 1_000, answer=lambda item: item + 0.25)
    nearly = await compare(base, head, clock, equal=lambda one, other: abs(one - other) < 0.5)
    ignored = await compare(base, head, clock, equal=None)
    assert (nearly.compared, nearly.different) == (8 * (PAIRS + 2), 0)
    assert (ignored.compared, ignored.different) == (0, 0)


async def test_sides_that_answer_in_different_numbers_cannot_be_compared():
    class Silent(Recorder):
        async def turn(self, batch):
            return Turn(1, [])

    with pytest.raises(ValueError, match="4 and 0 times"):
        await interleave(Recorder("base", []), Silent("head", []), draw=batches(), pairs=1, seed=0)


async def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="needs inputs"):
        await interleave(Recorder("base", []), Recorder("head", []), draw=list, pairs=1, seed=0)


async def test_a_stop_ends_the_run_between_pairs():
    stop, clock = Stop(), ManualClock()

    def advance(_):
        stop.asked_by = ExitCode.INTERRUPTED

    run = await compare(busy(clock, 1_000), busy(clock, 1_000), clock, stop=stop, advance=advance)
    assert len(run.ratios) == 1
    assert not run.complete


async def test_the_warm_up_is_not_counted():
    clock, calls = ManualClock(), []

    def cold_at_first(item):
        clock.work(1_000 if len(calls) >= 16 else 100_000)
        calls.append(item)
        return item

    run = await compare(busy(clock, 1_000), Variant("cold", cold_at_first), clock, warmup_pairs=2)
    assert run.ratios == [1.0] * PAIRS


def test_without_pairs_there_are_no_medians():
    assert PairRun().base_ms is PairRun().head_ms is None
