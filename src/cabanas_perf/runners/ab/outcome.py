"""What the rounds of a comparison come to: the record, and the judgement that the exit code follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from cabanas_perf.measurement.paired import Difference, Rule, judge_rounds
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.report import record
from cabanas_perf.runners.ab.checkouts import Checkout
from cabanas_perf.runners.pairs import PairRun, Timer
from cabanas_perf.slo.objective import Assertion, Indicator, Objective, Unit
from cabanas_perf.slo.verdict import BUILT_IN_SET, Judgement, Verdict


@dataclass(slots=True)
class Measured:
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
        fields = [name for name in base if name in head and base[name] != head[name]]
        self.differing.update(fields)
        return not fields


def build_comparison(
    workload: str, base: Checkout, head: Checkout, measured: Measured, *, timer: Timer, rule: Rule
) -> record.Comparison:
    """The record, with what the pairs prove by the rule."""
    runs = [done for _, done in measured.runs]
    verdict = judge_rounds([done.ratios for done in runs], rule) if runs else None
    estimate = None if verdict is None else verdict.estimate
    return record.Comparison(
        workload=workload,
        base=_build_side(base, [one for done in runs for one in done.base_ns], measured.batch),
        head=_build_side(head, [one for done in runs for one in done.head_ns], measured.batch),
        clock=timer.value,
        pairs=0 if estimate is None else estimate.pairs,
        batch=measured.batch,
        rounds=tuple(
            record.ComparedRound(hash_seed=hash_seed, base_ns=tuple(done.base_ns), head_ns=tuple(done.head_ns))
            for hash_seed, done in measured.runs
        ),
        ratio=None if estimate is None else estimate.ratio,
        ratio_low=None if estimate is None else estimate.low,
        ratio_high=None if estimate is None else estimate.high,
        margin_ratio=rule.margin_ratio,
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


def _notes(base: Checkout, head: Checkout, measured: Measured) -> Iterator[str]:
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


def judge_comparison(comparison: record.Comparison, failures: Mapping[str, int]) -> list[Judgement]:
    """Whether the head is not slower than the margin allows, which `faster` and `no difference` both are; and, where
    requests failed, on which side.
    """
    limit = 1 + comparison.margin_ratio
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
    if any(failures.values()):
        judgements.append(_judge_failures(comparison.workload, failures))
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
