"""The whole comparison: checkouts, databases, rounds of processes, verdict, report."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import uvloop

import cabanas_perf
from cabanas.db.url import to_asyncpg_url
from cabanas_perf.measurement.paired import DEFAULT_MARGIN_RATIO, DEFAULT_PAIRS, Difference, Rule, judge_rounds
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.report import record
from cabanas_perf.report.build import build_report
from cabanas_perf.report.files import write_report
from cabanas_perf.runners.ab.checkouts import Checkout, open_checkouts
from cabanas_perf.runners.ab.side import WorkerSide, start_side
from cabanas_perf.runners.ab.worker import Brief
from cabanas_perf.runners.databases import Backends, open_backends
from cabanas_perf.runners.environment import describe_environment
from cabanas_perf.runners.errors import TargetNotReached
from cabanas_perf.runners.pairs import PairRun, Timer, interleave
from cabanas_perf.runners.profile import ProgressListener
from cabanas_perf.runners.run import Run, derive_seed
from cabanas_perf.runners.stop import Stop
from cabanas_perf.slo.exit_codes import exit_code_for
from cabanas_perf.slo.objective import Assertion, Indicator, Objective, Unit
from cabanas_perf.slo.verdict import BUILT_IN_SET, Judgement, Verdict
from cabanas_perf.workloads.base import WorkloadSpec

DEFAULT_ROUNDS = 5
_WARMUP_PAIRS = 2
_TURN_MS = {Timer.CPU: 4.0, Timer.WALL: 8.0}
"""How long a turn should take, so that the clock's own cost is none, and as many pairs as possible fit in."""
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
    pairs: int = DEFAULT_PAIRS
    rounds: int = DEFAULT_ROUNDS
    margin_ratio: float = DEFAULT_MARGIN_RATIO
    seed: int = 0
    folder: Path | None = None
    """Anywhere in the repository; None: the current folder."""

    @property
    def timer(self) -> Timer:
        """Who asks servers, or has work done by other processes, waits."""
        return Timer.WALL if self.workload.needs or self.workload.works_elsewhere else Timer.CPU

    def pairs_by_round(self) -> list[int]:
        """As even as can be."""
        each, left = divmod(self.pairs, self.rounds)
        return [each + (number < left) for number in range(self.rounds) if each + (number < left)]


@dataclass(frozen=True, slots=True)
class AbResult:
    report: record.Report
    path: Path


@dataclass(slots=True)
class _Measured:
    """What all rounds left behind."""

    batch: int = 0
    runs: list[tuple[int, PairRun]] = field(default_factory=list)
    """With the hash seed of both processes."""
    differing: Counter[str] = field(default_factory=Counter)
    """Answers that differ, by the field in which they do."""
    own_workload: list[str] = field(default_factory=list)
    """Sides that the running toolkit's workload does not fit."""
    failures: dict[str, int] = field(default_factory=lambda: {"base": 0, "head": 0})

    def compare(self, base: Mapping[str, Any], head: Mapping[str, Any]) -> bool:
        """Whether two answers are the same; counts where they differ, and what failed."""
        for side, answer in (("base", base), ("head", head)):
            self.failures[side] += str(answer.get("outcome", "")).startswith(("error", "timeout"))
        # Fields that only one of them knows of cannot differ.
        fields = [name for name in base.keys() & head.keys() if base[name] != head[name]]
        self.differing.update(fields)
        return not fields


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
    comparison = _build(options, base, head, measured)
    judgements = _judge(options, comparison, measured)
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
) -> _Measured:
    measured = _Measured()
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


def _build(options: AbOptions, base: Checkout, head: Checkout, measured: _Measured) -> record.Comparison:
    runs = [done for _, done in measured.runs]
    verdict = judge_rounds([done.ratios for done in runs], Rule(options.margin_ratio)) if runs else None
    estimate = None if verdict is None else verdict.estimate
    return record.Comparison(
        workload=options.workload.name,
        base=_build_side(base, [one for done in runs for one in done.base_ns], measured.batch),
        head=_build_side(head, [one for done in runs for one in done.head_ns], measured.batch),
        clock=options.timer.value,
        pairs=0 if estimate is None else estimate.pairs,
        batch=measured.batch,
        rounds=tuple(
            record.ComparedRound(hash_seed=hash_seed, base_ns=tuple(done.base_ns), head_ns=tuple(done.head_ns))
            for hash_seed, done in measured.runs
        ),
        ratio=None if estimate is None else estimate.ratio,
        ratio_low=None if estimate is None else estimate.low,
        ratio_high=None if estimate is None else estimate.high,
        margin_ratio=options.margin_ratio,
        largest_difference_ratio=None if estimate is None else estimate.largest_difference_ratio,
        difference=Difference.UNPROVEN if verdict is None else verdict.difference,
        pairs_needed=None if verdict is None else verdict.pairs_needed,
        outputs_compared=sum(done.compared for done in runs),
        outputs_different=sum(done.different for done in runs),
        notes=tuple(_notes(base, head, measured)),
    )


def _build_side(checkout: Checkout, turns_ns: Sequence[int], batch: int) -> record.ComparedSide:
    return record.ComparedSide(
        name=checkout.name,
        commit=checkout.commit,
        dirty=checkout.dirty,
        p50_ms=ns_to_ms(median(turns_ns)) / batch if turns_ns else None,
    )


def _notes(base: Checkout, head: Checkout, measured: _Measured) -> Iterator[str]:
    if base.commit == head.commit and not head.dirty:
        yield "base and head are the same commit: what differs is noise"
    if changed := base.dependencies ^ head.dependencies:
        names = ", ".join(sorted(changed))
        yield f"the project files ask for different dependencies ({names}); both sides ran with those installed here"
    for name in measured.own_workload:
        yield f"{name} was driven by its own version of the workload, as the running one does not fit its core"
    if measured.differing:
        fields = ", ".join(f"{name} {count}" for name, count in measured.differing.most_common())
        yield f"answers differ, by field: {fields}"
    for side, count in measured.failures.items():
        if count:
            yield f"{count} requests of the {side} failed"


def _judge(options: AbOptions, comparison: record.Comparison, measured: _Measured) -> list[Judgement]:
    """Not slower than the margin allows, which `faster` and `no difference` both are; and nothing failed."""
    limit = 1 + options.margin_ratio
    assertion = Assertion(f"head <= {limit:.0%} of base", "median ratio", None, "<=", limit, Unit.RATIO)
    objective = Objective(
        f"{comparison.workload}-not-slower", comparison.workload, Indicator.LATENCY, assertion, set_name=BUILT_IN_SET
    )
    judgements = [
        Judgement(
            objective,
            *_decide(comparison, limit),
            observed=comparison.ratio,
            interval_low=comparison.ratio_low,
            interval_high=comparison.ratio_high,
            samples=comparison.pairs,
            missing_samples=_missing_pairs(comparison, limit),
        )
    ]
    if any(measured.failures.values()):
        judgements.append(_judge_failures(comparison.workload, measured.failures))
    return judgements


def _decide(comparison: record.Comparison, limit: float) -> tuple[Verdict, str]:
    low, high = comparison.ratio_low, comparison.ratio_high
    if low is None or high is None:
        return Verdict.INCONCLUSIVE, "too few pairs for an interval"
    if comparison.difference is Difference.SLOWER:
        return Verdict.MISSED, "the whole interval lies beyond the margin"
    if high <= limit:
        return Verdict.MET, "the whole interval lies within the margin"
    if low > limit:
        return Verdict.INCONCLUSIVE, "slower in some rounds and not in others: it depends on the process"
    return Verdict.INCONCLUSIVE, "the interval reaches over the margin"


def _missing_pairs(comparison: record.Comparison, limit: float) -> int | None:
    needed = comparison.pairs_needed
    settled = comparison.ratio_high is not None and comparison.ratio_high <= limit
    return None if needed is None or settled else max(1, needed - comparison.pairs)


def _judge_failures(workload: str, failures: Mapping[str, int]) -> Judgement:
    """Requests that only the head failed miss; where the base fails too there is nothing to compare."""
    assertion = Assertion("count <= 0", "count", None, "<=", 0, Unit.COUNT)
    objective = Objective(f"{workload}-failures", workload, Indicator.ERROR_RATE, assertion, set_name=BUILT_IN_SET)
    verdict = Verdict.INCONCLUSIVE if failures["base"] else Verdict.MISSED
    reason = f"failed requests: {failures['base']} of the base, {failures['head']} of the head"
    return Judgement(objective, verdict, reason, observed=float(failures["head"]))
