"""OpenSLO v1: objectives as its SLO objects, and back.

"P95 below 3 s" is one of its occurrences objectives: 95 % of the requests are below 3,000 ms. Means, maxima, counts
and word error rates have no such form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from cabanas_perf.slo.errors import Place, SloError
from cabanas_perf.slo.objective import DEFAULT_SET, Indicator, Objective, RunKind

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
API_VERSION = "openslo/v1"
SOURCE = "cabanas-perf"
"""The type of metric source that names a workload and an indicator of ours."""

_SERVICE = "cabanas"
_SET_LABEL = "set"
_LATENCIES = (Indicator.LATENCY, Indicator.ACK_LATENCY)
_OPS = {"<": "lt", "<=": "lte"}
_OPERATORS = {op: operator for operator, op in _OPS.items()}


def is_expressible(objective: Objective) -> bool:
    """Whether OpenSLO has a form for it."""
    if objective.indicator in _LATENCIES:
        return objective.assertion.quantile is not None
    return objective.indicator in {Indicator.ERROR_RATE, Indicator.ACCEPTED_RATIO}


def render_openslo(objectives: Iterable[Objective]) -> str:
    """YAML, one document an objective, of those that `is_expressible`."""
    documents = [_document(one) for one in objectives if is_expressible(one)]
    return "---\n".join("".join(f"{line}\n" for line in _yaml_lines(one)) for one in documents)


def _document(objective: Objective) -> dict[str, Any]:
    assertion = objective.assertion
    source = {"metricSource": {"type": SOURCE, "spec": _source_spec(objective)}}
    if objective.indicator in _LATENCIES:
        assert assertion.quantile is not None
        indicator: dict[str, Any] = {"thresholdMetric": source}
        bar = {"op": _OPS[assertion.operator], "value": assertion.target, "target": assertion.quantile}
    else:
        is_bad = objective.indicator is Indicator.ERROR_RATE
        indicator = {"ratioMetric": {"counter": True, "bad" if is_bad else "good": source, "total": source}}
        bar = {"target": float(1 - Decimal(str(assertion.target))) if is_bad else assertion.target}
    return {
        "apiVersion": API_VERSION,
        "kind": "SLO",
        "metadata": {"name": objective.id, "labels": {_SET_LABEL: objective.set_name}},
        "spec": {
            "description": f"{objective.workload}: {objective.indicator.value} {assertion.text}",
            "service": _SERVICE,
            "indicator": {"metadata": {"name": f"{objective.id}-indicator"}, "spec": indicator},
            "timeWindow": [{"duration": "28d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"displayName": assertion.text, **bar}],
        },
    }


def _source_spec(objective: Objective) -> dict[str, Any]:
    spec: dict[str, Any] = {"workload": objective.workload, "indicator": objective.indicator.value}
    if objective.indicator in _LATENCIES:
        spec["outcome"] = objective.outcome.value
    else:
        # OpenSLO's ratios have one operator.
        spec["operator"] = objective.assertion.operator
    if objective.runs != frozenset(RunKind):
        spec["runs"] = sorted(run.value for run in objective.runs)
    return spec


def _yaml_lines(value: Mapping[str, Any], indent: str = "") -> Iterable[str]:
    """YAML of nested mappings; scalars as JSON writes them, which is YAML too."""
    for key, item in value.items():
        if isinstance(item, dict):
            yield f"{indent}{key}:"
            yield from _yaml_lines(item, f"{indent}  ")
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            yield f"{indent}{key}:"
            for one in item:
                first, *rest = _yaml_lines(one, f"{indent}    ")
                yield f"{indent}  - {first.strip()}"
                yield from rest
        else:
            yield f"{indent}{key}: {json.dumps(item, ensure_ascii=False)}"


def read_openslo(path: Path, text: str) -> list[dict[str, Any]]:
    """The fields of each objective, as an SLO file of ours has them.

    Raises:
        SloError: when it is not OpenSLO v1, or says something that cannot be judged here.
    """
    fields = []
    for document in _documents(path, text):
        if not isinstance(document, dict) or document.get("apiVersion") != API_VERSION:
            raise _error(path, f"is no {API_VERSION} document", "write apiVersion and kind")
        if document.get("kind") == "SLO":
            fields.append(_read_slo(path, document))
    if not fields:
        raise _error(path, "holds no SLO object", "write one with kind: SLO")
    return fields


def _documents(path: Path, text: str) -> list[Any]:
    try:
        if path.suffix == ".json":
            document = json.loads(text)
            return document if isinstance(document, list) else [document]
        yaml = import_module("yaml")
    except json.JSONDecodeError as error:
        raise _error(path, f"not JSON: {error}", "correct the syntax") from error
    except ModuleNotFoundError as error:
        raise _error(path, "YAML needs the package pyyaml", "install it, or write JSON") from error
    try:
        return [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        raise _error(path, f"not YAML: {error}", "correct the syntax") from error


def _read_slo(path: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    name = str((document.get("metadata") or {}).get("name", ""))
    try:
        spec = document["spec"]
        (bar,) = spec["objectives"]
        indicator = spec["indicator"]["spec"]
        if spec["budgetingMethod"] != "Occurrences":
            raise _error(path, f"{name}: {spec['budgetingMethod']!r} budgets by time", "write Occurrences")
        is_ratio = "ratioMetric" in indicator
        metric = indicator["ratioMetric"]["total"] if is_ratio else indicator["thresholdMetric"]
        source = metric["metricSource"]
        if source.get("type") != SOURCE:
            raise _error(
                path, f"{name}: its metric comes from {source.get('type')!r}", f"write type: {SOURCE} and a workload"
            )
        says = source["spec"]
        target = Decimal(str(bar["target"])) if "target" in bar else Decimal(str(bar["targetPercent"])) / 100
        assertion = _ratio_assertion(says, target) if is_ratio else _threshold_assertion(bar, target)
        fields = {"id": name, "workload": says["workload"], "indicator": says["indicator"], "assert": assertion}
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        problem = f"{name}: cannot be read ({type(error).__name__}: {error})"
        raise _error(path, problem, "write one objective with an inline indicator") from error
    labels = document["metadata"].get("labels") or {}
    fields["set"] = labels.get(_SET_LABEL, DEFAULT_SET)
    return fields | {key: says[key] for key in ("outcome", "runs") if key in says}


def _threshold_assertion(bar: Mapping[str, Any], target: Decimal) -> str:
    return f"p{_plain(100 * target)} {_OPERATORS[bar['op']]} {_plain(Decimal(str(bar['value'])))}ms"


def _ratio_assertion(says: Mapping[str, Any], target: Decimal) -> str:
    if says["indicator"] == Indicator.ERROR_RATE.value:
        return f"rate {says.get('operator', '<=')} {_plain(100 * (1 - target))}%"
    return f"rate {says.get('operator', '>=')} {_plain(100 * target)}%"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _error(path: Path, problem: str, fix: str) -> SloError:
    return SloError(problem, fix=fix, place=Place(path))
