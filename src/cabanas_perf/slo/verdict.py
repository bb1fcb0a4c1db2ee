"""Judges what was measured against what was promised.

`met` and `missed` need the whole interval on one side of the target. Everything else is `inconclusive`, first
of all the absence of data: a promise that nobody looked at was not kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from cabanas_perf.measurement.distribution import Distribution, mean_ns, percentile_ns
from cabanas_perf.measurement.intervals import (
    MEAN_MIN_SAMPLES,
    Interval,
    mean_interval,
    percentile_interval,
    ratio_interval,
)
from cabanas_perf.measurement.sample_size import samples_needed, samples_needed_for_mean
from cabanas_perf.measurement.samples import FAILURES, Outcome
from cabanas_perf.measurement.summary import Summary
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.slo.objective import (
    ALL_WORKLOADS,
    Assertion,
    Indicator,
    Objective,
    Unit,
)

BUILT_IN_SET = "built-in"
"""The set of the judgements that no file asks for."""

_MAX_MIN_SAMPLES = 299
"""0.99 ** 299 < 0.05"""
_DECIMALS = 10
_TOO_FEW = "too few samples"


class Verdict(Enum):
    MET = "met"
    MISSED = "missed"
    INCONCLUSIVE = "inconclusive"
    """No data, or too few to have the whole interval on one side."""
    NOT_IN_SCOPE = "not_in_scope"
    """The run declared before it started that it cannot judge this."""


@dataclass(frozen=True, slots=True)
class RatioEstimate:
    """A ratio whose interval somebody else computed, such as a word error rate; all between 0 and 1 or
    above.
    """

    observed: float
    low: float | None
    high: float | None
    samples: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What a run knows about one workload; None is "not looked at"."""

    summary: Summary | None = None
    wer: RatioEstimate | None = None
    queries: int | None = None
    """The most statements that one request sent."""
    plan_errors: int | None = None
    calls_per_sample: int = 1
    """Above 1 each latency is the mean of so many calls."""
    missing: str = ""
    """Why data is missing, in words for the user."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and what it rests on. `observed` and the interval are in the unit of the objective's
    target.
    """

    objective: Objective
    verdict: Verdict
    reason: str
    observed: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    samples: int = 0
    missing_samples: int | None = None
    """How many more would settle it at the least; None when it is settled, or when more of the same would
    not.
    """


@dataclass(frozen=True, slots=True)
class _Estimate:
    """A statistic with its interval, in the unit of the target."""

    observed: float
    interval: Interval
    samples: int
    samples_needed: int | None


def judge(
    objectives: Iterable[Objective],
    observations: Mapping[str, Observation],
    in_scope: Collection[str],
    *,
    any_failure_misses: bool,
) -> tuple[Judgement, ...]:
    """One judgement for each objective, in their order.

    `observations` are keyed by workload, `in_scope` holds objective ids. With `any_failure_misses`, as in a
    profile, each workload with failed requests adds one more judgement, which is missed.
    """
    judgements = [
        _judge_one(objective, observations)
        if objective.id in in_scope
        else Judgement(objective, Verdict.NOT_IN_SCOPE, "not part of this run")
        for objective in objectives
    ]
    if any_failure_misses:
        judgements += [
            _failures(summary)
            for observation in observations.values()
            if (summary := observation.summary) is not None and summary.errors
        ]
    return tuple(judgements)


def _judge_one(objective: Objective, observations: Mapping[str, Observation]) -> Judgement:
    if objective.workload == ALL_WORKLOADS:
        return _judge_ratio_of_all(objective, observations)
    observation = observations.get(objective.workload, Observation())
    match objective.indicator:
        case Indicator.LATENCY | Indicator.ACK_LATENCY:
            return _judge_latency(objective, observation)
        case Indicator.ERROR_RATE | Indicator.ACCEPTED_RATIO:
            summaries = [] if observation.summary is None else [observation.summary]
            return _judge_ratio(objective, summaries, observation.missing)
        case Indicator.WER:
            return _judge_wer(objective, observation)
        case Indicator.QUERIES:
            return _judge_count(objective, observation.queries, observation)
        case Indicator.PLAN_ERRORS:
            return _judge_count(objective, observation.plan_errors, observation)


def _judge_latency(objective: Objective, observation: Observation) -> Judgement:
    distribution = _distribution(objective, observation.summary)
    if distribution is None or not distribution.count:
        return _no_data(objective, observation.missing, needed=_needed_from_nothing(objective.assertion))
    assertion = objective.assertion
    if observation.calls_per_sample > 1 and assertion.statistic != "mean":
        reason = f"each sample is the mean of {observation.calls_per_sample} calls, which says nothing of a single one"
        return Judgement(objective, Verdict.INCONCLUSIVE, reason, samples=distribution.count)
    if assertion.quantile is not None:
        return _settle(objective, _estimate_percentile(assertion, assertion.quantile, distribution))
    if assertion.statistic == "mean":
        return _settle(objective, _estimate_mean(assertion, distribution))
    return _judge_max(objective, distribution)


def _distribution(objective: Objective, summary: Summary | None) -> Distribution | None:
    if summary is None:
        return None
    if objective.indicator is Indicator.ACK_LATENCY:
        latency = summary.ack_latency
    elif objective.outcome is Outcome.REFUSED:
        latency = summary.refused_latency
    else:
        latency = summary.latency
    return None if latency is None else latency.distribution


def _estimate_percentile(assertion: Assertion, quantile: float, distribution: Distribution) -> _Estimate:
    interval = percentile_interval(distribution, quantile)
    bad = sum(times for value_ns, times in distribution.counts() if not assertion.holds(ns_to_ms(value_ns)))
    return _Estimate(
        observed=ns_to_ms(percentile_ns(distribution, quantile)),
        interval=_in_ms(interval),
        samples=distribution.count,
        samples_needed=samples_needed(limit_ratio=_share_above(quantile), bad=bad, n=distribution.count),
    )


def _estimate_mean(assertion: Assertion, distribution: Distribution) -> _Estimate:
    mean_ms = ns_to_ms(mean_ns(distribution))
    interval = _in_ms(mean_interval(distribution))
    return _Estimate(
        observed=mean_ms,
        interval=interval,
        samples=distribution.count,
        samples_needed=samples_needed_for_mean(
            mean=mean_ms,
            bound=interval.high if mean_ms < assertion.target else interval.low,
            target=assertion.target,
            n=distribution.count,
        ),
    )


def _judge_max(objective: Objective, distribution: Distribution) -> Judgement:
    """Judge the slowest request of the run itself: one above the target misses.

    That none was proves nothing about the next ones, so `met` takes as many samples as show, at 5 %, that
    fewer than one request in a hundred is slower.
    """
    observed_ms = ns_to_ms(distribution.at_rank(distribution.count))
    samples = distribution.count
    missing = _MAX_MIN_SAMPLES - samples
    if not objective.assertion.holds(observed_ms):
        return Judgement(objective, Verdict.MISSED, "a request was slower", observed_ms, samples=samples)
    if missing > 0:
        return Judgement(
            objective,
            Verdict.INCONCLUSIVE,
            _TOO_FEW,
            observed_ms,
            samples=samples,
            missing_samples=missing,
        )
    return Judgement(objective, Verdict.MET, "no request was slower", observed_ms, samples=samples)


def _judge_ratio_of_all(objective: Objective, observations: Mapping[str, Observation]) -> Judgement:
    summaries = [each.summary for each in observations.values() if each.summary is not None]
    return _judge_ratio(objective, summaries, missing="")


def _judge_ratio(objective: Objective, summaries: Collection[Summary], missing: str) -> Judgement:
    target = objective.assertion.target
    refused = sum(summary.refused for summary in summaries)
    if objective.indicator is Indicator.ERROR_RATE:
        bad = hits = sum(summary.errors for summary in summaries)
        n = sum(summary.requests for summary in summaries)
        limit = target
    else:
        bad, hits = refused, sum(summary.ok for summary in summaries)
        n = hits + refused
        limit = round(1 - target, _DECIMALS)
    if not n:
        return _no_data(objective, missing, needed=samples_needed(limit_ratio=limit, bad=0, n=0))
    needed = samples_needed(limit_ratio=limit, bad=bad, n=n)
    return _settle(objective, _Estimate(hits / n, ratio_interval(hits, n), n, needed))


def _judge_wer(objective: Objective, observation: Observation) -> Judgement:
    wer = observation.wer
    if wer is None or not wer.samples:
        return _no_data(objective, observation.missing, needed=None)
    return _settle(objective, _Estimate(wer.observed, Interval(wer.low, wer.high), wer.samples, None))


def _judge_count(objective: Objective, count: int | None, observation: Observation) -> Judgement:
    """Judge an exact count, which needs no interval but does need to have been taken."""
    if count is None:
        return _no_data(objective, observation.missing, needed=None)
    met = objective.assertion.holds(count)
    return Judgement(
        objective,
        Verdict.MET if met else Verdict.MISSED,
        "counted exactly",
        float(count),
        samples=1 if observation.summary is None else observation.summary.requests,
    )


def _settle(objective: Objective, estimate: _Estimate) -> Judgement:
    assertion, interval = objective.assertion, estimate.interval
    worst, best = (interval.high, interval.low) if assertion.wants_less else (interval.low, interval.high)
    missing = None
    if worst is not None and assertion.holds(worst):
        verdict, reason = Verdict.MET, "the whole interval is within the target"
    elif best is not None and not assertion.holds(best):
        verdict, reason = Verdict.MISSED, "the whole interval is beyond the target"
    else:
        verdict = Verdict.INCONCLUSIVE
        if estimate.samples_needed is not None:
            missing = max(1, estimate.samples_needed - estimate.samples)
        reason = "the samples lie on the target" if missing is None else _TOO_FEW
    return Judgement(
        objective,
        verdict,
        reason,
        observed=estimate.observed,
        interval_low=interval.low,
        interval_high=interval.high,
        samples=estimate.samples,
        missing_samples=missing,
    )


def _no_data(objective: Objective, missing: str, *, needed: int | None) -> Judgement:
    reason = f"no data: {missing}" if missing else "no data"
    return Judgement(objective, Verdict.INCONCLUSIVE, reason, missing_samples=needed)


def _failures(summary: Summary) -> Judgement:
    kinds = [
        f"{name} {n}"
        for name, n in summary.outcomes.items()
        if name.partition("/")[0] in {failure.value for failure in FAILURES}
    ]
    objective = Objective(
        id=f"{summary.workload}-failures",
        workload=summary.workload,
        indicator=Indicator.ERROR_RATE,
        assertion=Assertion("no failures", "count", None, "<=", 0, Unit.COUNT),
        set_name=BUILT_IN_SET,
    )
    reason = f"{summary.errors} of {summary.requests} requests failed: {', '.join(kinds)}"
    return Judgement(objective, Verdict.MISSED, reason, observed=float(summary.errors), samples=summary.requests)


def _needed_from_nothing(assertion: Assertion) -> int | None:
    if assertion.quantile is not None:
        return samples_needed(limit_ratio=_share_above(assertion.quantile), bad=0, n=0)
    return MEAN_MIN_SAMPLES if assertion.statistic == "mean" else _MAX_MIN_SAMPLES


def _share_above(quantile: float) -> float:
    # 1 - 0.9 is below 0.1 in binary, enough to put ten slow requests of a hundred on the wrong side.
    return round(1 - quantile, _DECIMALS)


def _in_ms(interval: Interval) -> Interval:
    return Interval(
        low=None if interval.low is None else ns_to_ms(interval.low),
        high=None if interval.high is None else ns_to_ms(interval.high),
    )
