"""Locust's statistics: the JSON of ``--json`` and ``--json-file``, and the CSV of ``--csv``."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from cabanas_perf.measurement.units import NS_PER_MS
from cabanas_perf.report.importers.base import ForeignWorkload, Source

_ROUNDED = "Locust rounds latencies; each is taken for the longest that it may have been"
_MIXED = "Locust counts the latencies of failures too; as many of the shortest are left out"
_NO_SAMPLES = "a CSV of statistics keeps no samples; --json-file keeps counts of them"
_CSV_HEADER = "Type,Name,Request Count,Failure Count"
_TOTAL = "Aggregated"


def read_locust_json(document: Any) -> Source | None:
    """None for the document of another tool."""
    if not isinstance(document, list) or not document:
        return None
    if not all(isinstance(one, dict) and {"num_requests", "response_times"} <= set(one) for one in document):
        return None
    methods = Counter(one["name"] for one in document)
    started_s = min(one["start_time"] for one in document)
    ended_s = max(one.get("last_request_timestamp") or one["start_time"] for one in document)
    return Source(
        tool="locust",
        kind="load",
        workloads=[_read_entry(one, is_unique=methods[one["name"]] == 1) for one in document if one["num_requests"]],
        started_at=datetime.fromtimestamp(started_s, UTC),
        duration_s=ended_s - started_s,
    )


def _read_entry(entry: Mapping[str, Any], *, is_unique: bool) -> ForeignWorkload:
    requests, errors = int(entry["num_requests"]), int(entry["num_failures"])
    counts = {float(value_ms): int(times) for value_ms, times in entry["response_times"].items()}
    # Nobody knows which of them failed. A quick failure flatters, so the quickest are taken for the failures.
    latencies_ns = list(_upper_ends_ns(counts))[errors:]
    elapsed_s = max(0.0, (entry.get("last_request_timestamp") or entry["start_time"]) - entry["start_time"])
    return ForeignWorkload(
        name=_name(entry.get("method"), entry["name"], is_unique=is_unique),
        requests=requests,
        errors=errors,
        latencies_ns=latencies_ns,
        elapsed_s=elapsed_s,
        throughput_rps=(requests - errors) / elapsed_s if elapsed_s else None,
        notes=(_ROUNDED, _MIXED) if errors else (_ROUNDED,),
    )


def _upper_ends_ns(counts: Mapping[float, int]) -> Iterator[int]:
    for value_ms in sorted(counts):
        yield from [round((value_ms + _half_width_ms(value_ms)) * NS_PER_MS)] * counts[value_ms]


def _half_width_ms(value_ms: float) -> float:
    """Half of the step that Locust rounds to: 1 ms below 100 ms, 10 ms below 1 s, 100 ms below 10 s, else 1 s."""
    return next((step / 2 for limit, step in ((100, 1), (1_000, 10), (10_000, 100)) if value_ms < limit), 500.0)


def read_locust_csv(text: Any) -> Source | None:
    """None for any other text, and for a document."""
    if not isinstance(text, str) or not text.lstrip("\ufeff").startswith(_CSV_HEADER):
        return None
    rows = [row for row in csv.DictReader(StringIO(text.lstrip("\ufeff"))) if row["Name"] != _TOTAL]
    methods = Counter(row["Name"] for row in rows)
    return Source(
        tool="locust",
        kind="load",
        workloads=[_read_row(row, is_unique=methods[row["Name"]] == 1) for row in rows if int(row["Request Count"])],
    )


def _read_row(row: Mapping[str, str], *, is_unique: bool) -> ForeignWorkload:
    requests, errors = int(row["Request Count"]), int(row["Failure Count"])
    rate_rps = float(row["Requests/s"])
    seen = ", ".join(f"{name} {row[name]} ms" for name in ("50%", "95%", "99%") if row.get(name))
    return ForeignWorkload(
        name=_name(row["Type"], row["Name"], is_unique=is_unique),
        requests=requests,
        errors=errors,
        elapsed_s=requests / rate_rps if rate_rps else 0.0,
        throughput_rps=rate_rps * (requests - errors) / requests,
        notes=(_NO_SAMPLES, f"Locust said: {seen}"),
    )


def _name(method: str | None, name: str, *, is_unique: bool) -> str:
    return name if is_unique or not method else f"{method} {name}"
