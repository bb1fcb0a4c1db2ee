"""What Prometheus is told. Names follow its naming rules: one prefix, base units, ``_total`` for counters."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from cabanas.db.pool import Database
from cabanas.stages import Recording

_FAST_BUCKETS = (
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1,
    2.5,
    5,
    10,
)

_registry = CollectorRegistry()

_requests = Counter("cabanas_http_requests", "Requests answered.", ("method", "route", "status"), registry=_registry)
_request_seconds = Histogram(
    "cabanas_http_request_duration_seconds",
    "Time from the first byte read to the last byte sent.",
    ("method", "route"),
    buckets=_FAST_BUCKETS,
    registry=_registry,
)
_stage_seconds = Histogram(
    "cabanas_stage_duration_seconds",
    "Time spent in each named stage.",
    ("stage",),
    buckets=_FAST_BUCKETS,
    registry=_registry,
)
_marks = {
    "hold": Counter("cabanas_holds", "Wishes to hold a stay, by outcome.", ("outcome",), registry=_registry),
    "lock": Counter(
        "cabanas_lock_attempts", "Attempts to take a cabin's lock, by outcome.", ("outcome",), registry=_registry
    ),
}
"""A counter for each kind of mark."""
_work_total = Counter(
    "cabanas_work_attempts",
    "Attempts of the worker at a row of the inbox or the outbox, by how they ended.",
    ("queue", "outcome"),
    registry=_registry,
)
_pool_open = Gauge(
    "cabanas_database_connections",
    "Open database connections.",
    registry=_registry,
    multiprocess_mode="livesum",
)
_pool_in_use = Gauge(
    "cabanas_database_connections_in_use",
    "Database connections lent out.",
    registry=_registry,
    multiprocess_mode="livesum",
)
_pool_max = Gauge(
    "cabanas_database_connections_max",
    "Database connections allowed.",
    registry=_registry,
    multiprocess_mode="livesum",
)


def observe_request(
    method: str,
    route: str,
    status: int,
    duration_s: float,
    recording: Recording,
    database: Database | None,
) -> None:
    """Count one answered request, its stages and its marks."""
    _requests.labels(method, route, str(status)).inc()
    _request_seconds.labels(method, route).observe(duration_s)
    _observe_recording(recording)
    if database is not None:
        observe_pool(database)


def observe_work(queue: str, outcome: str, recording: Recording) -> None:
    """Count one attempt of the worker, its stages and its marks."""
    _work_total.labels(queue, outcome).inc()
    _observe_recording(recording)


def _observe_recording(recording: Recording) -> None:
    for what, outcome in recording.marks:
        _marks[what].labels(outcome).inc()
    for span in recording.spans:
        _stage_seconds.labels(span.name).observe((span.ended_ns - span.started_ns) / 1e9)


def observe_pool(database: Database) -> None:
    _pool_open.set(database.size)
    _pool_in_use.set(database.in_use)
    _pool_max.set(database.max_size)


def render_metrics(database: Database) -> bytes:
    """Everything counted so far, over all worker processes when there are several."""
    observe_pool(database)
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(_registry)
    merged = CollectorRegistry()
    MultiProcessCollector(merged)  # type: ignore[no-untyped-call]
    return generate_latest(merged)
