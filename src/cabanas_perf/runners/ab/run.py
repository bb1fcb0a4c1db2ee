"""The whole comparison: checkouts, databases, rounds of processes, verdict, report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import uvloop

import cabanas_perf
from cabanas.db.url import to_asyncpg_url
from cabanas_perf.measurement.paired import DEFAULT_MARGIN_RATIO, DEFAULT_PAIRS, DEFAULT_PAIRS_WAITING, Rule
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.report import record
from cabanas_perf.report.build import build_report
from cabanas_perf.report.files import write_report
from cabanas_perf.runners.ab.checkouts import Checkout, open_checkouts
from cabanas_perf.runners.ab.outcome import Measured, build_comparison, judge_comparison
from cabanas_perf.runners.ab.side import WorkerSide, start_side
from cabanas_perf.runners.ab.worker import Brief
from cabanas_perf.runners.databases import Backends, open_backends
from cabanas_perf.runners.environment import describe_environment
from cabanas_perf.runners.errors import TargetNotReached
from cabanas_perf.runners.pairs import Timer, interleave
from cabanas_perf.runners.progress import ProgressListener
from cabanas_perf.runners.run import Run, derive_seed
from cabanas_perf.runners.stop import Stop
from cabanas_perf.slo.exit_codes import exit_code_for
from cabanas_perf.workloads.base import WorkloadSpec

DEFAULT_ROUNDS = {Timer.CPU: 5, Timer.WALL: 10}
"""On the wall clock it matters more whom a process shares its core with, so more processes take part."""
_WARMUP_PAIRS = 2
_TURN_MS = {Timer.CPU: 4.0, Timer.WALL: 0.5}
"""How long a turn should take at the least: so long that the clock's own cost is none. On the wall clock no longer than
that, for a long turn is more likely to be disturbed."""
_BATCH_MAX = 512
_RUNNING_TOOLKIT = str(Path(cabanas_perf.__file__).parent.parent)
_HASH_SEEDS = 1 << 32
_MIN_CABINS = 24


@dataclass(frozen=True, slots=True)
class AbOptions:
    """Which versions, at what, and how closely."""

    base: str
    head: str | None
    """None: the working tree."""
    workload: WorkloadSpec
    command: str
    output: Path
    pairs_wanted: int | None = None
    """None: as many as the clock needs."""
    rounds_wanted: int | None = None
    margin_ratio: float = DEFAULT_MARGIN_RATIO
    seed: int = 0
    folder: Path | None = None
    """Anywhere in the repository; None: the current folder."""

    @property
    def timer(self) -> Timer:
        """Who asks servers, or has work done by other processes, waits."""
        return Timer.WALL if self.workload.needs or self.workload.works_elsewhere else Timer.CPU

    @property
    def pairs(self) -> int:
        if self.pairs_wanted is not None:
            return self.pairs_wanted
        return DEFAULT_PAIRS if self.timer is Timer.CPU else DEFAULT_PAIRS_WAITING

    @property
    def rounds(self) -> int:
        return self.rounds_wanted or DEFAULT_ROUNDS[self.timer]

    def pairs_by_round(self) -> list[int]:
        """As even as can be."""
        each, left = divmod(self.pairs, self.rounds)
        return [each + (number < left) for number in range(self.rounds) if each + (number < left)]


@dataclass(frozen=True, slots=True)
class AbResult:
    report: record.Report
    path: Path


def run_ab(options: AbOptions, *, stop: Stop, progress: ProgressListener) -> AbResult:
    """Measure both versions, judge, and write the report.

    Raises:
        RunError: for a bad revision, outside a repository, and where servers cannot be had.
        TargetNotReached: when the workload does not run on one of the cores.
    """
    run = Run()
    with open_checkouts(options.base, options.head, folder=options.folder) as checkouts:
        base, head = checkouts
        progress.say(f"base {_describe(base)}; head {_describe(head)}")
        with open_backends(options.workload.needs, database_url=None, redis_url=None, writes=True) as backends:
            environment = uvloop.run(describe_environment(backends, embedded=True))
            measured = uvloop.run(_measure(options, checkouts, backends, run, stop, progress))
    comparison = build_comparison(
        options.workload.name, base, head, measured, timer=options.timer, rule=Rule(options.margin_ratio)
    )
    judgements = judge_comparison(comparison, measured.failures)
    complete = not stop
    report = build_report(
        run=run.describe(command=options.command, seed=options.seed, complete=complete),
        environment=environment,
        exit_code=exit_code_for(judgements, complete=complete, interrupted_by=stop.asked_by),
        judgements=judgements,
        comparisons=[comparison],
    )
    return AbResult(report, write_report(report, options.output))


def _describe(checkout: Checkout) -> str:
    return f"{checkout.name} ({checkout.commit[:10]}{', with changes' if checkout.dirty else ''})"


async def _measure(
    options: AbOptions,
    checkouts: tuple[Checkout, Checkout],
    backends: Backends,
    run: Run,
    stop: Stop,
    progress: ProgressListener,
) -> Measured:
    measured = Measured()
    sides = [
        await _prepare(options, checkout, place, run)
        for checkout, place in zip(checkouts, await _make_places(backends), strict=True)
    ]
    measured.own_workload = [side.checkout.name for side in sides if side.brief.toolkit != _RUNNING_TOOLKIT]
    progress.begin(f"comparing {options.workload.title}", options.pairs, "pairs")
    for number, pairs in enumerate(options.pairs_by_round()):
        if stop:
            break
        seed = derive_seed(options.seed, f"round {number}")
        hash_seed = seed % _HASH_SEEDS
        # Fresh processes, which hash alike and draw alike.
        async with sides[0].start(seed, hash_seed) as base, sides[1].start(seed, hash_seed) as head:
            await asyncio.gather(base.wait_until_ready(), head.wait_until_ready())
            if not number:
                measured.batch = await _choose_batch(base, head, options.timer)
            batch = range(measured.batch)
            done = await interleave(
                base,
                head,
                draw=lambda batch=batch: batch,  # type: ignore[misc]
                pairs=pairs,
                seed=seed,
                warmup_pairs=_WARMUP_PAIRS,
                equal=measured.compare,
                stop=stop,
                advance=progress.advance,
            )
        if done.ratios:
            measured.runs.append((hash_seed, done))
    return measured


@dataclass(frozen=True, slots=True)
class _PreparedSide:
    """A version with its database, and the toolkit whose workload drives it."""

    checkout: Checkout
    place: Mapping[str, str]
    brief: Brief

    def start(self, seed: int, hash_seed: int) -> AbstractAsyncContextManager[WorkerSide]:
        environment = {**self.place, "PYTHONHASHSEED": str(hash_seed)}
        return start_side(self.checkout.name, replace(self.brief, seed=seed), environment)


async def _prepare(options: AbOptions, checkout: Checkout, place: Mapping[str, str], run: Run) -> _PreparedSide:
    """Migrate and seed the side's database, and see that the workload runs: the toolkit's, or the checkout's own."""
    brief = Brief(
        source=str(checkout.source),
        toolkit=_RUNNING_TOOLKIT,
        workload=options.workload.name,
        clock=options.timer.value,
        seed=options.seed,
        run_id=run.id,
        cabins=max(_MIN_CABINS, 2 * options.pairs),
        prepare=bool(place),
    )
    own = replace(brief, toolkit=brief.source)
    problem: TargetNotReached | None = None
    for one in dict.fromkeys((brief, own)):
        try:
            async with start_side(checkout.name, one, place) as side:
                await side.wait_until_ready()
                return _PreparedSide(checkout, place, replace(one, prepare=False))
        except TargetNotReached as error:
            problem = problem or error
    assert problem is not None
    raise problem


async def _make_places(backends: Backends) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The environment in which each side finds its servers: one PostgreSQL, with a database for each; one Redis."""
    if backends.database_url is None:
        return {}, {}
    assert backends.redis_url is not None
    connection = await asyncpg.connect(to_asyncpg_url(backends.database_url))
    places = []
    try:
        for side in ("base", "head"):
            await connection.execute(f"CREATE DATABASE ab_{side}")
            parts = urlsplit(backends.database_url)
            places.append(
                {
                    "DATABASE_URL": urlunsplit(parts._replace(path=f"/ab_{side}")),
                    "REDIS_URL": backends.redis_url,
                    "CABANAS_REDIS_PREFIX": f"ab-{side}:",
                }
            )
    finally:
        await connection.close()
    return places[0], places[1]


async def _choose_batch(base: WorkerSide, head: WorkerSide, timer: Timer) -> int:
    """So many requests that the base takes about `_TURN_MS` for them; both sides draw the same in the meantime."""
    batch = 1
    while batch < _BATCH_MAX:
        # The first turn of a size pays for what is loaded on first use.
        turns = [(await base.turn(range(batch)), await head.turn(range(batch))) for _ in range(3)]
        taken_ms = ns_to_ms(median(base_turn.taken_ns for base_turn, _ in turns))
        if taken_ms >= _TURN_MS[timer]:
            break
        batch = min(_BATCH_MAX, max(batch + 1, round(batch * min(8.0, _TURN_MS[timer] / max(taken_ms, 0.001)))))
    return batch
