"""The report's own JSON inside the page, whole where it fits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from cabanas_perf.report.record import Report

JsonObject = dict[str, Any]


def embed_json(report: Report, limit_bytes: int) -> tuple[str, tuple[str, ...]]:
    """The report as JSON for a script tag, and what was left out, the bulkiest first, to keep within the limit."""
    document = report.model_dump(mode="json")
    left_out: list[str] = []
    text = _write(document)
    for name, drop in _DROPS:
        if len(text.encode("utf-8")) <= limit_bytes:
            break
        drop(document)
        left_out.append(name)
        text = _write(document)
    return text, tuple(left_out)


def _write(document: JsonObject) -> str:
    # No "<" can end the script tag or open a comment in it, and JSON reads it all the same.
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")


def _loads(document: JsonObject) -> Iterator[JsonObject]:
    load = document["load"]
    while load is not None:
        yield load
        load = load["top_up"]


def _drop_timeline_histograms(document: JsonObject) -> None:
    for load in _loads(document):
        for point in load["timeline"]:
            point["histograms"] = {}


def _drop_plans(document: JsonObject) -> None:
    for query in document["queries"]:
        query["plan"] = None


def _drop_rounds(document: JsonObject) -> None:
    for comparison in document["comparisons"]:
        comparison["rounds"] = []


def _drop_timeline(document: JsonObject) -> None:
    for load in _loads(document):
        load["timeline"] = []


def _drop_details(document: JsonObject) -> None:
    for name in ("workloads", "queries", "comparisons", "optimizations"):
        document[name] = []
    for name in ("load", "ledger"):
        document[name] = None


_DROPS: tuple[tuple[str, Callable[[JsonObject], None]], ...] = (
    ("the histogram of each second", _drop_timeline_histograms),
    ("the plans", _drop_plans),
    ("the turns of each comparison", _drop_rounds),
    ("the time line", _drop_timeline),
    ("all but the run, its environment and its verdicts", _drop_details),
)
