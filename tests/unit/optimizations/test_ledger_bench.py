"""How a point of the ledger comes about: pairs, statistics of requests sent at once, rows."""

import asyncio

import pytest

from cabanas_perf.measurement.stages import Estimate, StageSummary
from cabanas_perf.runners.optimizations.bench import AtOnce, Bench, Condition, Measured, Stopped
from cabanas_perf.runners.optimizations.bottlenecks import rank_bottlenecks
from cabanas_perf.runners.optimizations.cumulative import claimed_only, measure_endpoint
from cabanas_perf.runners.optimizations.endpoints import BEFORE, Endpoint
from cabanas_perf.runners.optimizations.ledger import LedgerOptions, build_row
from cabanas_perf.runners.pairs import Timer, Turn
from cabanas_perf.runners.stop import Stop
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.workloads.base import Need
from cabanas_perf.workloads.before.claims import load_claims


class Silence:
    def __init__(self):
        self.titles = []

    def say(self, message): ...

    def begin(self, title, total, unit="requests"):
        self.titles.append((title, total, unit))

    def advance(self, count): ...


class Taking:
    """A side whose turns take as long as it says, and answer with what it says."""

    def __init__(self, taken_ns, answer=lambda item: item):
        self._taken_ns = taken_ns
        self._answer = answer

    async def turn(self, batch):
        return Turn(self._taken_ns * len(batch), [self._answer(item) for item in batch])


def a_bench(*, pairs=None, stop=None):
    return Bench("O4", seed=0, pairs=pairs, stop=stop or Stop(), progress=Silence())


async def compare(bench, before, after):
    return await bench.compare(
        Condition("7 nights", 7.0), before, after, draw=lambda: [1, 2], pairs=8, timer=Timer.WALL
    )


async def test_a_point_says_what_the_pairs_took_and_saved():
    bench = a_bench()
    point = await compare(bench, Taking(4_000_000), Taking(1_000_000))
    assert (point.before_ms, point.after_ms) == (4, 1)
    assert (point.saving_ratio, point.saving_low_ratio, point.saving_high_ratio) == (0.75, 0.75, 0.75)
    assert (point.condition, point.at, point.pairs, point.clock, point.outputs_equal) == (
        "7 nights",
        7,
        8,
        "wall",
        True,
    )
    assert bench.progress.titles == [("O4, 7 nights", 8, "pairs")]


async def test_a_loss_is_a_negative_saving():
    point = await compare(a_bench(), Taking(1_000_000), Taking(1_500_000))
    assert point.saving_ratio == pytest.approx(-0.5)


async def test_the_bounds_of_a_saving_are_those_of_the_ratio_the_other_way_round():
    taken_ns = iter(range(500, 10_000, 10))

    class Slowing(Taking):
        async def turn(self, batch):
            return Turn(next(taken_ns), list(batch))

    point = await compare(a_bench(), Taking(1000), Slowing(0))
    # Eight pairs have their smallest and their greatest ratio for bounds.
    assert point.saving_low_ratio < point.saving_ratio < point.saving_high_ratio


async def test_other_answers_are_seen():
    point = await compare(a_bench(), Taking(10), Taking(10, lambda item: item if item == 1 else None))
    assert not point.outputs_equal


async def test_the_user_sets_how_many_pairs():
    point = await compare(a_bench(pairs=6), Taking(10), Taking(10))
    assert point.pairs == 6


async def test_a_stop_gives_no_point():
    stop = Stop()
    stop.asked_by = ExitCode.INTERRUPTED
    with pytest.raises(Stopped):
        await compare(a_bench(stop=stop), Taking(10), Taking(10))


async def test_requests_at_once_are_under_way_together_and_their_statistic_counts():
    under_way, most, turns = 0, 0, []

    async def call(request):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return request * 2

    async def note_turn():
        turns.append(under_way)

    side = AtOnce(call, lambda latencies_ns: len(latencies_ns) * 1000, before=note_turn)
    turn = await side.turn([[1, 2, 3], [4, 5, 6]])
    assert (turn.taken_ns, turn.outputs) == (6000, [[2, 4, 6], [8, 10, 12]])
    assert most == 3
    assert turns == [0]


async def test_every_step_of_an_endpoint_gets_the_same_batches():
    seen = {BEFORE: [], "O1-O3": []}

    def sending(step, latency_ns):
        async def send(batch):
            seen[step].append(tuple(batch))
            return [latency_ns + position for position in range(len(batch))]

        return send

    numbers = iter(range(10_000))
    endpoint = Endpoint(
        "nlu",
        lambda count: [next(numbers) for _ in range(count)],
        {BEFORE: sending(BEFORE, 90_000_000), "O1-O3": sending("O1-O3", 9_000_000)},
    )
    before, after = await measure_endpoint(a_bench(pairs=6), endpoint, load_claims())
    assert seen[BEFORE] == seen["O1-O3"]
    assert len(seen[BEFORE]) == 7  # the warm-up and six rounds
    assert (before.samples, before.saving_ratio, before.claimed_p50_ms) == (60, None, 90)
    assert after.saving_ratio == pytest.approx(0.9)
    assert after.saving_low_ratio <= after.saving_ratio <= after.saving_high_ratio
    assert (after.p50_ms, after.p99_ms) == (pytest.approx(9, rel=1e-3), pytest.approx(9, rel=1e-3))
    assert (after.claimed_p95_ms, after.claimed_saving_ratio) == (65, 0.5)


def test_an_endpoint_that_was_not_measured_keeps_its_claims_and_says_why():
    steps = claimed_only("webhook-audio", load_claims(), "no second model")
    assert [(step.step, step.claimed_p95_ms, step.p95_ms) for step in steps] == [
        ("before", 12300, None),
        ("O1-O9", 8200, None),
    ]
    assert {step.reason for step in steps} == {"no second model"}


def test_bottlenecks_are_ranked_by_their_measured_share():
    measured = [
        ("prereservation", StageSummary("price", 10, 0.1, 0.2, 0.01, Estimate(50, 100))),
        ("prereservation", StageSummary("send", 10, 600, 790, 0.98, None)),
        ("nlu", StageSummary("find_dates", 10, 30, 40, 0.5, None)),
    ]
    rows = rank_bottlenecks(measured, load_claims(), reason="not run")
    assert [(row.stage, row.document_rank) for row in rows[:3]] == [("send", None), ("find_dates", 1), ("price", 5)]
    assert {row.document_rank: row.reason for row in rows[3:]} == {2: "not run", 3: "not run", 4: "not run"}
    assert (rows[1].document_low_ms, rows[1].document_share_ratio) == (30, 0.5)


async def test_a_row_is_judged_at_the_condition_of_the_claim():
    point = await compare(a_bench(), Taking(4_000_000), Taking(2_500_000))
    other = await compare(a_bench(), Taking(4_000_000), Taking(10))
    measured = Measured((other.model_copy(update={"condition": "60 nights"}), point), "7 nights", notes=("n",))
    row = build_row(load_claims().optimization("O4"), measured)
    assert (row.verdict, row.conditions, row.saving_ratio, row.saved_ms) == ("confirmed", "7 nights", 0.375, 1.5)
    assert (len(row.points), len(row.claims), row.effort_h, row.horizon) == (2, 3, 3, "short term")


def test_a_row_that_nobody_could_measure_keeps_its_claims_and_says_why():
    row = build_row(load_claims().optimization("O7"), Measured(reason="one model only"))
    assert (row.verdict, row.reason, row.saving_ratio, row.saved_ms) == (
        "not measurable here",
        "one model only",
        None,
        None,
    )
    assert row.claimed_low_ratio == 0.4


@pytest.mark.parametrize(
    ("ids", "cumulative", "needs"),
    [
        (("O1", "O2", "O3", "O4", "O7"), False, frozenset()),
        (("O1",), True, frozenset(Need)),
        (("O5",), False, frozenset(Need)),
        (("O6",), False, frozenset(Need)),
        (("O8",), False, frozenset(Need)),
        (("O9",), False, frozenset(Need)),
    ],
)
def test_servers_are_started_only_for_what_needs_them(tmp_path, ids, cumulative, needs):
    assert LedgerOptions(ids, "", tmp_path, cumulative).needs == needs
