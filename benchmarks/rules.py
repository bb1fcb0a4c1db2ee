"""How often the rules are wrong: ``nox -s rules`` writes the figures to ``benchmarks/RULES.md``.

Comparisons: hundreds of experiments of identical code against itself, and against work that is 10 % and 30 % more.
Objectives: thousands of verdicts over latencies whose true percentile is known. Ends with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import platform
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from statistics import median, stdev
from time import perf_counter_ns, process_time_ns

from cabanas import nlu
from cabanas.settings import Settings
from cabanas_perf.measurement.intervals import ratio_interval
from cabanas_perf.measurement.paired import (
    DEFAULT_MARGIN_RATIO,
    DEFAULT_PAIRS,
    DEFAULT_PAIRS_WAITING,
    Difference,
    judge_pairs,
)
from cabanas_perf.measurement.samples import Outcome, Sample, Samples
from cabanas_perf.measurement.summary import summarise
from cabanas_perf.runners.databases import open_backends
from cabanas_perf.runners.pairs import Turn, cross_ratios, interleave
from cabanas_perf.slo.objective import Indicator, Objective, parse_assertion
from cabanas_perf.slo.verdict import Judgement, Observation, Verdict, judge
from cabanas_perf.workloads.base import Via, Workload, WorkloadContext
from cabanas_perf.workloads.database import SPEC as DATABASE
from cabanas_perf.workloads.messages import REFERENCE_DATE, message_stream
from cabanas_perf.workloads.nlu import ACCOMMODATIONS

REPORT = Path(__file__).with_name("RULES.md")
SLOWDOWNS = (0.10, 0.30)
POWER_BARS = {0.10: 0.85, 0.30: 0.99}
FALSE_ALARM_BAR = 0.01
WRONG_VERDICT_BAR = 0.05

MESSAGES_A_TURN = 30  # about 1 ms
STATEMENTS_A_TURN = 1
SHIPPED = {("reading messages", "CPU"), ("database statements", "wall")}
"""The clock that each work is compared on; the bars are for these."""
MS = 1_000_000


@dataclass
class Tally:
    """What the experiments under one condition came to."""

    work: str
    clock: str
    condition: str
    verdicts: Counter[Difference] = field(default_factory=Counter)
    spreads: list[float] = field(default_factory=list)
    estimates: list[float] = field(default_factory=list)

    def add(self, ratios: Sequence[float]) -> None:
        verdict = judge_pairs(ratios)
        self.verdicts[verdict.difference] += 1
        self.estimates.append(verdict.estimate.ratio)
        self.spreads.append(stdev(map(math.log, ratios)))

    def share(self, *differences: Difference) -> float:
        return sum(self.verdicts[one] for one in differences) / self.verdicts.total()

    def row(self) -> str:
        low, high = (
            sorted(self.estimates)[len(self.estimates) // 40],
            sorted(self.estimates)[-len(self.estimates) // 40],
        )
        shares = (f"{self.verdicts[one]}" for one in Difference)
        return (
            f"| {self.work} | {self.clock} | {self.condition} | {self.verdicts.total()} | {' | '.join(shares)} "
            f"| {low:.3f} to {high:.3f} | {median(self.spreads) * 100:.1f} % |"
        )


class TwoClocks:
    """A side read on both clocks at once, so that one experiment serves both."""

    def __init__(self, work: Callable[[Sequence[object]], object]) -> None:
        self._work = work
        self.cpu_ns: list[int] = []

    async def turn(self, batch: Sequence[object]) -> Turn:
        wall_ns, cpu_ns = perf_counter_ns(), process_time_ns()
        self._work(batch)
        self.cpu_ns.append(process_time_ns() - cpu_ns)
        return Turn(perf_counter_ns() - wall_ns, ())


class Statements:
    """A side that asks the database."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload

    async def turn(self, batch: Sequence[object]) -> Turn:
        started_ns = perf_counter_ns()
        for request in batch:
            reply = await self._workload.send(request)
            assert reply.outcome is Outcome.OK
        return Turn(perf_counter_ns() - started_ns, ())


def analyze_all(batch: Sequence[str]) -> None:
    for text in batch:
        nlu.analyze(text, reference_date=REFERENCE_DATE, accommodations=ACCOMMODATIONS)


def more(slowdown_ratio: float) -> Callable[[Sequence[str]], None]:
    """The same work and so much more of it."""

    def work(batch: Sequence[str]) -> None:
        analyze_all(batch)
        analyze_all(batch[: round(len(batch) * slowdown_ratio)])

    return work


async def compare_messages(experiments: int) -> Iterator[Tally]:
    """Reading messages, on both clocks; the slower sides really read more of them."""
    nlu.warm_up()
    texts = cycle([message.text for message in message_stream(0, 5_000, distinct=False)])
    tallies = []
    for slowdown in (0.0, *SLOWDOWNS):
        condition = f"+{slowdown:.0%}" if slowdown else "identical"
        cpu, wall = (Tally("reading messages", clock, condition) for clock in ("CPU", "wall"))
        for seed in range(experiments):
            base, head = TwoClocks(analyze_all), TwoClocks(more(slowdown))
            run = await interleave(
                base,
                head,
                draw=lambda: list(islice(texts, MESSAGES_A_TURN)),
                pairs=DEFAULT_PAIRS,
                seed=seed,
                warmup_pairs=1,
                equal=None,
            )
            wall.add(run.ratios)
            cpu.add(cross_ratios(base.cpu_ns[2:], head.cpu_ns[2:]))
        tallies += [cpu, wall]
        say(f"reading messages, {condition}: {dict(cpu.verdicts)} CPU, {dict(wall.verdicts)} wall")
    return iter(tallies)


@asynccontextmanager
async def open_database(database_url: str, redis_url: str):
    settings = Settings(database_url=database_url, redis_url=redis_url)
    context = WorkloadContext(via=Via.DIRECT, seed=0, total_requests=0, run_id="rules", settings=settings)
    async with DATABASE.open(context) as workload:
        yield workload


async def compare_statements(experiments: int, database_url: str, redis_url: str) -> Iterator[Tally]:
    """Waiting for the database, on the wall clock; the slower sides are the same turns with their time multiplied."""
    tallies = [Tally("database statements", "wall", "identical")]
    tallies += [Tally("database statements", "wall", f"+{slowdown:.0%}, by arithmetic") for slowdown in SLOWDOWNS]
    async with open_database(database_url, redis_url) as workload:
        for seed in range(experiments):
            run = await interleave(
                Statements(workload),
                Statements(workload),
                draw=lambda: workload.draw(STATEMENTS_A_TURN),
                pairs=DEFAULT_PAIRS_WAITING,
                seed=seed,
                warmup_pairs=1,
                equal=None,
            )
            for tally, slowdown in zip(tallies, (0.0, *SLOWDOWNS), strict=True):
                tally.add([ratio * (1 + slowdown) for ratio in run.ratios])
    say(f"database statements: {[dict(tally.verdicts) for tally in tallies]}")
    return iter(tallies)


def lognormal(rng: random.Random) -> float:
    return 20 * rng.lognormvariate(0, 1)


def bimodal(rng: random.Random) -> float:
    return rng.uniform(5, 8) if rng.random() < 0.94 else rng.uniform(200, 300)


def pareto(rng: random.Random) -> float:
    return 5 * rng.paretovariate(1.5)


TRUE_P95_MS = {lognormal: 20 * math.exp(1.6448536), bimodal: 200 + 100 / 6, pareto: 5 * 20 ** (1 / 1.5)}
"""From the inverse distribution functions."""
SAMPLE_SIZES = (20, 58, 59, 100, 200, 500, 1000)


@dataclass
class VerdictTally:
    shape: str
    samples: int
    repeats: int = 0
    wrongly_met: int = 0
    wrongly_missed: int = 0
    met: int = 0
    """Of an objective that any latency meets."""

    def row(self) -> str:
        figures = (f"{n / self.repeats:.1%}" for n in (self.wrongly_met, self.wrongly_missed, self.met))
        return f"| {self.shape} | {self.samples} | {self.repeats} | {' | '.join(figures)} |"

    @property
    def allowed(self) -> float:
        """5 % and three standard errors of a simulation of so many repeats."""
        return WRONG_VERDICT_BAR + 3 * math.sqrt(WRONG_VERDICT_BAR * (1 - WRONG_VERDICT_BAR) / self.repeats)


def judge_p95(latencies_ms: Sequence[float], limit_ms: float) -> Judgement:
    assertion = parse_assertion(f"p95 < {limit_ms:.6f}ms", Indicator.LATENCY)
    samples = Samples(Sample(0, int(ms * MS), Outcome.OK) for ms in latencies_ms)
    (judgement,) = judge(
        [Objective("it", "nlu", Indicator.LATENCY, assertion)],
        {"nlu": Observation(summarise("nlu", samples))},
        {"it"},
        any_failure_misses=False,
    )
    return judgement


def simulate_verdicts(repeats: int) -> Iterator[VerdictTally]:
    for draw, true_ms in TRUE_P95_MS.items():
        for samples in SAMPLE_SIZES:
            tally, rng = VerdictTally(draw.__name__, samples), random.Random(f"{draw.__name__} {samples}")
            for _ in range(repeats):
                latencies_ms = [draw(rng) for _ in range(samples)]
                tally.repeats += 1
                # Limits a hair's breadth to the wrong and to the right side of the truth: the hardest there are.
                tally.wrongly_met += judge_p95(latencies_ms, true_ms * 0.999999).verdict is Verdict.MET
                tally.wrongly_missed += judge_p95(latencies_ms, true_ms * 1.000001).verdict is Verdict.MISSED
                tally.met += judge_p95(latencies_ms, 1e6).verdict is Verdict.MET
            yield tally


def check_missing_samples(cases: int) -> tuple[int, int]:
    """Cases where fewer slow ones were seen than allowed, and in how many the number of missing samples was right:
    met when so many fast ones come, and not with one less.
    """
    rng, checked, right = random.Random(0), 0, 0
    while checked < cases:
        n = rng.randrange(1, 400)
        slow = rng.randrange(0, n // 20 + 1)
        seen = [10.0] * (n - slow) + [3_000.0] * slow
        judgement = judge_p95(seen, 3_000)
        if judgement.verdict is not Verdict.INCONCLUSIVE or judgement.missing_samples is None:
            continue
        checked += 1
        enough = judge_p95(seen + [10.0] * judgement.missing_samples, 3_000).verdict is Verdict.MET
        short = judge_p95(seen + [10.0] * (judgement.missing_samples - 1), 3_000).verdict is Verdict.INCONCLUSIVE
        right += enough and short
    return checked, right


def missed_bars(tallies: Sequence[Tally], verdicts: Sequence[VerdictTally], missing: tuple[int, int]) -> Iterator[str]:
    for tally in tallies:
        if (tally.work, tally.clock) not in SHIPPED:
            continue
        if tally.condition == "identical":
            alarms = tally.share(Difference.SLOWER, Difference.FASTER)
            if alarms > FALSE_ALARM_BAR:
                yield f"{tally.work}, {tally.clock}: {alarms:.1%} false alarms"
        else:
            slowdown = next(one for one in SLOWDOWNS if tally.condition.startswith(f"+{one:.0%}"))
            power = tally.share(Difference.SLOWER)
            if power < POWER_BARS[slowdown]:
                yield f"{tally.work}, {tally.clock}, {tally.condition}: found in {power:.1%}"
    for verdict in verdicts:
        if max(verdict.wrongly_met, verdict.wrongly_missed) / verdict.repeats > verdict.allowed:
            yield f"P95 of {verdict.samples} {verdict.shape} latencies: too many wrong verdicts"
        if verdict.met != (verdict.repeats if verdict.samples >= 59 else 0):
            yield f"P95 of {verdict.samples} {verdict.shape} latencies: met {verdict.met} times"
    if missing[0] != missing[1]:
        yield f"missing samples: right in {missing[1]} of {missing[0]} cases"


def rows(tallies: Sequence[Tally] | Sequence[VerdictTally]) -> str:
    return "\n".join(tally.row() for tally in tallies)


def render(tallies: Sequence[Tally], verdicts: Sequence[VerdictTally], missing: tuple[int, int]) -> str:
    experiments = min(tally.verdicts.total() for tally in tallies)
    worst = ratio_interval(0, experiments).high
    assert worst is not None
    low, high = 1 / (1 + DEFAULT_MARGIN_RATIO), 1 + DEFAULT_MARGIN_RATIO
    powers = "; ".join(f"at least {bar:.0%} of +{slowdown:.0%} called slower" for slowdown, bar in POWER_BARS.items())
    return f"""# How often the rules are wrong

Written by `nox -s rules` on {len(os.sched_getaffinity(0))} cores of {platform.machine()}, Python \
{platform.python_version()}, with a load average of {os.getloadavg()[1]:.1f}.

## Did it get slower

The rule of `ab`: so many crossed pairs, fixed in advance; the median of their ratios, with an interval of 5 % on
each side; `slower` when the whole interval lies above {high:.2f}, `faster` when below {low:.3f}, `no difference` when
between the two, else `inconclusive`.

- Reading messages: {DEFAULT_PAIRS} pairs of turns of {MESSAGES_A_TURN} messages, about 1 ms. The slower sides really
  read more of them. They are compared on the CPU clock; the wall clock's figures, from the same turns, show why.
- Database statements: {DEFAULT_PAIRS_WAITING} pairs of turns of {STATEMENTS_A_TURN} statement, over a socket, on the
  wall clock. The slower sides are replayed: the measured turns of identical ones, with their time multiplied.

| work | clock | head against base | experiments | slower | faster | no difference | inconclusive \
| 95 % of the estimates | spread of a pair |
| --- | --- | --- | --: | --: | --: | --: | --: | --- | --: |
{rows(tallies)}

Bars: at most {FALSE_ALARM_BAR:.0%} of identical code called different; {powers}. Where none of {experiments}
experiments cried wolf, the true share is below {worst:.2%}.

## Is the objective met

Verdicts on a P95 by the exact binomial rule, over latencies whose true P95 is known. Wrongly met: the limit lies a
millionth below the truth. Wrongly missed: a millionth above. Last column: a limit that every latency keeps.

| latencies | samples | repeats | wrongly met | wrongly missed | met when all are fast |
| --- | --: | --: | --: | --: | --: |
{rows(verdicts)}

Bars: at most {WRONG_VERDICT_BAR:.0%} wrong (and three standard errors of the simulation); never met below 59 samples,
as 0.95 ^ 58 = {0.95**58:.4f} and 0.95 ^ 59 = {0.95**59:.4f}.

Missing samples: in {missing[1]} of {missing[0]} inconclusive cases as many more fast samples as were said to be missing
made it met, and one less did not.
"""


def say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=2_000)
    parser.add_argument("--output", type=Path, default=REPORT)
    wanted = parser.parse_args()
    verdicts = list(simulate_verdicts(wanted.repeats))
    missing = check_missing_samples(wanted.repeats)
    say(f"missing samples: right in {missing[1]} of {missing[0]}")
    tallies = list(asyncio.run(compare_messages(wanted.experiments)))
    with open_backends(DATABASE.needs, database_url=None, redis_url=None, writes=False) as backends:
        assert backends.database_url is not None
        assert backends.redis_url is not None
        tallies += asyncio.run(compare_statements(wanted.experiments, backends.database_url, backends.redis_url))
    wanted.output.write_text(render(tallies, verdicts, missing), encoding="utf-8")
    problems = list(missed_bars(tallies, verdicts, missing))
    for problem in problems:
        say(f"bar missed: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
