"""k6's summary: the file of ``--summary-export``, and the data that ``handleSummary`` is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cabanas_perf.report.importers.base import ForeignWorkload, Source

_DURATION, _FAILED = "http_req_duration", "http_req_failed"
_NAMED = re.compile(r"\{(?:[^}]*,)?\s*name:([^,}]+)[^}]*\}$")
_NO_SAMPLES = "a summary of k6 keeps no samples, so its percentiles are shown and not judged"
_TOTAL = "all of k6"
_OTHERS = "other requests of k6"


def read_k6(document: Any) -> Source | None:
    """None for the document of another tool. Endpoints are told apart where thresholds name them by their tag."""
    metrics = document.get("metrics") if isinstance(document, dict) else None
    if not isinstance(metrics, dict) or _DURATION not in metrics:
        return None
    duration_s = float(((document.get("state") or {}).get("testRunDurationMs") or 0) / 1000)
    total, failed = _count(metrics, _FAILED)
    named = list(_named(metrics, duration_s))
    rest = total - sum(one.requests for one in named)
    if rest > 0:
        errors = max(0, failed - sum(one.errors for one in named))
        shown = metrics[_DURATION] if not named else {}
        named.append(_workload(_OTHERS if named else _TOTAL, rest, errors, shown, duration_s))
    return Source(tool="k6", kind="load", workloads=named, duration_s=duration_s)


def _named(metrics: Mapping[str, Any], duration_s: float) -> Iterator[ForeignWorkload]:
    for metric in metrics:
        if metric.startswith(f"{_FAILED}{{") and (match := _NAMED.search(metric)):
            requests, errors = _count(metrics, metric)
            shown = metrics.get(metric.replace(_FAILED, _DURATION), {})
            if requests:
                yield _workload(match[1].strip(), requests, errors, shown, duration_s)


def _count(metrics: Mapping[str, Any], metric: str) -> tuple[int, int]:
    """Requests and failures. What k6 calls passes of this metric are the requests that failed."""
    values = _values(metrics[metric])
    failed, succeeded = int(values["passes"]), int(values["fails"])
    return failed + succeeded, failed


def _values(metric: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = metric.get("values", metric)
    return found


def _workload(name: str, requests: int, errors: int, shown: Mapping[str, Any], duration_s: float) -> ForeignWorkload:
    values = _values(shown)
    said = ", ".join(f"{key} {values[key]:.6g} ms" for key in ("avg", "med", "p(95)", "p(99)", "max") if key in values)
    return ForeignWorkload(
        name=name,
        requests=requests,
        errors=errors,
        elapsed_s=duration_s,
        throughput_rps=(requests - errors) / duration_s if duration_s else None,
        notes=(_NO_SAMPLES, f"k6 said: {said}") if said else (_NO_SAMPLES,),
    )
