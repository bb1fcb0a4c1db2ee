"""What is promised: an indicator of a workload, a statistic of it, and the bar.

The grammar of `assert`: STATISTIC OPERATOR NUMBER UNIT, for instance `p95 < 3s`, `p99.9 <= 500ms`, `mean <
10ms`, `max < 2s`, `rate < 1%`, `rate >= 0.8`, `count <= 5`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.slo.errors import SloError

DEFAULT_SET = "default"
STRICT_SET = "strict"
ALL_WORKLOADS = "all"
"""As an objective's workload: every request of the run together."""


class Indicator(Enum):
    LATENCY = "latency_ms"
    """Until the answer; for the WhatsApp webhook until the reply was sent."""
    ACK_LATENCY = "ack_latency_ms"
    """Until the webhook call was acknowledged."""
    ERROR_RATE = "error_rate"
    """Errors and timeouts among all requests."""
    ACCEPTED_RATIO = "accepted_ratio"
    """Accepted requests among accepted and refused ones."""
    WER = "wer"
    """Word error rate of transcriptions."""
    QUERIES = "queries"
    """The most statements that one request sent to the database."""
    PLAN_ERRORS = "plan_errors"
    """Findings of severity error in the plans of the statements."""


class RunKind(Enum):
    """What kind of run can judge an objective."""

    PROFILE = "profile"
    LOAD = "load"


MEASURED_BY = {
    RunKind.PROFILE: frozenset(
        {
            Indicator.LATENCY,
            Indicator.ACK_LATENCY,
            Indicator.ERROR_RATE,
            Indicator.ACCEPTED_RATIO,
            Indicator.WER,
            Indicator.QUERIES,
        }
    ),
    RunKind.LOAD: frozenset({Indicator.LATENCY, Indicator.ACK_LATENCY, Indicator.ERROR_RATE, Indicator.ACCEPTED_RATIO}),
}
"""The indicators that a run of each kind measures; objectives of others are not in its scope."""


class Unit(Enum):
    """The unit of a target and of everything compared with it."""

    MS = "ms"
    RATIO = "ratio"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Assertion:
    """A parsed `assert`; `quantile` (0 to 1) is set for percentiles only, `target` is in `unit`."""

    text: str
    statistic: str
    quantile: float | None
    operator: str
    target: float
    unit: Unit

    def holds(self, value: float) -> bool:
        """Whether a value, in `unit`, is on the good side of the target."""
        if self.operator == "<":
            return value < self.target
        if self.operator == "<=":
            return value <= self.target
        if self.operator == ">":
            return value > self.target
        return value >= self.target

    @property
    def wants_less(self) -> bool:
        return self.operator.startswith("<")


@dataclass(frozen=True, slots=True)
class Objective:
    """One promise about one workload."""

    id: str
    workload: str
    indicator: Indicator
    assertion: Assertion
    outcome: Outcome = Outcome.OK
    """Whose latency is judged: that of accepted requests or that of refusals."""
    set_name: str = DEFAULT_SET
    runs: frozenset[RunKind] = frozenset(RunKind)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an indicator allows in its assertion; `percentiles` beside the named statistics."""

    statistics: tuple[str, ...]
    operators: tuple[str, ...]
    unit: Unit
    example: str
    percentiles: bool = False

    def allows(self, statistic: str) -> bool:
        quantile = _quantile(statistic)
        return statistic in self.statistics or (self.percentiles and quantile is not None and quantile >= 0.5)

    def describe_statistics(self) -> str:
        return ", ".join([*(["p50 to p99.99"] if self.percentiles else []), *self.statistics])


_LESS = ("<", "<=")
_MORE = (">", ">=")
_LATENCY_RULE = _Rule(("mean", "max"), _LESS, Unit.MS, "p95 < 3s", percentiles=True)
_COUNT_RULE = _Rule(("count",), _LESS, Unit.COUNT, "count <= 5")
_RULES = {
    Indicator.LATENCY: _LATENCY_RULE,
    Indicator.ACK_LATENCY: _LATENCY_RULE,
    Indicator.ERROR_RATE: _Rule(("rate",), _LESS, Unit.RATIO, "rate < 1%"),
    Indicator.ACCEPTED_RATIO: _Rule(("rate",), _MORE, Unit.RATIO, "rate >= 80%"),
    Indicator.WER: _Rule(("rate",), _LESS, Unit.RATIO, "rate < 10%"),
    Indicator.QUERIES: _COUNT_RULE,
    Indicator.PLAN_ERRORS: _COUNT_RULE,
}
_UNIT_SCALES = {
    Unit.MS: {"us": Decimal("0.001"), "ms": Decimal(1), "s": Decimal(1000)},
    Unit.RATIO: {"%": Decimal("0.01"), "": Decimal(1)},
    Unit.COUNT: {"": Decimal(1)},
}

_ASSERTION = re.compile(
    r"\s*(?P<statistic>[^\s<>=!]+)\s*(?P<operator>[<>=!]+)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[^\s\d.]*)\s*"
)
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,2})?)")


def parse_assertion(text: str, indicator: Indicator) -> Assertion:
    """Read an `assert` for the indicator. Raises SloError, without a place, for anything outside the
    grammar.
    """
    rule = _RULES[indicator]
    match = _ASSERTION.fullmatch(text)
    if match is None:
        raise SloError(
            f"{text!r} is not an assertion",
            fix=f"write STATISTIC OPERATOR NUMBER UNIT, as in {rule.example!r}",
        )
    statistic, operator, unit = match["statistic"], match["operator"], match["unit"]
    if not rule.allows(statistic):
        raise SloError(
            f"{statistic!r} is not a statistic of {indicator.value}",
            fix=f"allowed: {rule.describe_statistics()}",
        )
    if operator not in rule.operators:
        raise SloError(
            f"{operator!r} is not an operator for {indicator.value}",
            fix=f"allowed: {', '.join(rule.operators)}",
        )
    scale = _UNIT_SCALES[rule.unit].get(unit)
    if scale is None:
        raise _unit_error(unit, indicator, rule.unit)
    target = float(Decimal(match["number"]) * scale)
    _check_provable(target, operator, rule.unit)
    return Assertion(
        text=f"{statistic} {operator} {match['number']}{unit}",
        statistic=statistic,
        quantile=_quantile(statistic),
        operator=operator,
        target=target,
        unit=rule.unit,
    )


def _quantile(statistic: str) -> float | None:
    match = _PERCENTILE.fullmatch(statistic)
    return None if match is None else float(Decimal(match[1]) / 100)


def _unit_error(unit: str, indicator: Indicator, kind: Unit) -> SloError:
    allowed = ", ".join(name or "no unit" for name in _UNIT_SCALES[kind])
    problem = f"{unit!r} is not a unit of {indicator.value}" if unit else f"{indicator.value} needs a unit"
    return SloError(problem, fix=f"allowed: {allowed}")


def _check_provable(target: float, operator: str, unit: Unit) -> None:
    """Reject bars that nothing can clear, whatever is measured."""
    if unit is Unit.RATIO and not 0 < target < 1:
        raise SloError(
            f"no number of samples can prove a rate of {target:g}",
            fix="write one between 0 and 1 (0% and 100%)",
        )
    if unit is Unit.MS and target == 0:
        raise SloError("no latency is below zero", fix="write a positive time")
    if unit is Unit.COUNT and operator == "<" and target == 0:
        raise SloError("no count is below zero", fix="write 'count <= 0'")
