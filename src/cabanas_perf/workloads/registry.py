"""The workloads that there are: ours, and those of other packages."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from cabanas_perf.workloads.base import WorkloadSpec

ENTRY_POINT_GROUP = "cabanas_perf.workloads"

# The order in which `profile all` runs them.
_OURS = ("nlu", "prereservation", "health", "database")


@cache
def load_workloads() -> dict[str, WorkloadSpec]:
    """Every workload by name. One from outside is named by its entry point, which gives a `WorkloadSpec`.

    Raises:
        ValueError: when two workloads have one name.
    """
    specs: dict[str, WorkloadSpec] = {
        name: import_module(f"cabanas_perf.workloads.{name.replace('-', '_')}").SPEC for name in _OURS
    }
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        if entry_point.name in specs:
            msg = f"the workload {entry_point.name!r} of {entry_point.value} has the name of another"
            raise ValueError(msg)
        specs[entry_point.name] = entry_point.load()
    return specs
