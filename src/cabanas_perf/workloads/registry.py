"""The workloads that there are: ours, and those of other packages."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from cabanas_perf.workloads.base import WorkloadSpec

ENTRY_POINT_GROUP = "cabanas_perf.workloads"

OBJECTIVE_WORKLOADS = frozenset(
    {
        "nlu",
        "prereservation",
        "webhook-text",
        "webhook-audio",
        "webhook-payment",
        "transcription",
        "health",
        "database",
    }
)
"""The names that objectives may speak of, whether or not this installation can run the workload."""

# The order in which `profile all` runs them.
_OURS = (
    "nlu",
    "prereservation",
    "webhook-text",
    "webhook-audio",
    "webhook-payment",
    "transcription",
    "health",
    "database",
)


def workload_names() -> tuple[str, ...]:
    """Every workload that can be run here, ours first, in the order in which ``all`` runs them."""
    others = sorted(entry_points(group=ENTRY_POINT_GROUP).names - set(_OURS))
    return (*_OURS, *others)


def load_workload(name: str) -> WorkloadSpec:
    """The workload ``name``, whose module is imported now.

    One of another package is named by its entry point, which gives a `WorkloadSpec`; it cannot replace one of ours.

    Raises:
        KeyError: when there is none.
    """
    if name in _OURS:
        spec: WorkloadSpec = import_module(f"cabanas_perf.workloads.{name.replace('-', '_')}").SPEC
        return spec
    for entry_point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        loaded: WorkloadSpec = entry_point.load()
        return loaded
    raise KeyError(name)
