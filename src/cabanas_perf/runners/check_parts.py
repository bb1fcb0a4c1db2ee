"""What a check consists of, and which part answers for which objective. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from cabanas_perf.runners.errors import RunError
from cabanas_perf.slo.file import SloFile
from cabanas_perf.slo.objective import ALL_WORKLOADS, MEASURED_BY, Indicator, Objective, RunKind

PLANS = "plans"
LOAD = "load"

# In the order in which they run: plans first, on statistics that no other part has bent; the load last, which leaves
# most behind.
_WORKLOADS: dict[str, tuple[str, ...]] = {
    PLANS: (),
    "nlu": ("nlu",),
    "prereservation": ("prereservation",),
    "webhooks": ("webhook-text", "webhook-payment"),
    "health": ("health",),
    "database": ("database",),
    "audio": ("webhook-audio", "transcription"),
    LOAD: (),
}
_UNDER_LOAD = "@load"
"""Behind the id of an objective that a profiled part judges as well."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one check, in the order in which they run."""

    chosen: tuple[str, ...]
    skipped: tuple[str, ...]
    """Left out by hand."""

    def workloads(self) -> tuple[str, ...]:
        """Names of the workloads to profile."""
        return tuple(name for part in self.chosen for name in _workloads_of(part))


@dataclass(frozen=True, slots=True)
class CheckScope:
    """The objectives by the part that judges them, and the ids that are in scope."""

    profiled: tuple[Objective, ...]
    loaded: tuple[Objective, ...]
    in_scope: frozenset[str]

    @property
    def loaded_in_scope(self) -> tuple[Objective, ...]:
        return tuple(one for one in self.loaded if one.id in self.in_scope)


def part_names(objectives: Collection[Objective]) -> tuple[str, ...]:
    """Every part: ours, and one for each other workload that an objective speaks of."""
    ours = {name for names in _WORKLOADS.values() for name in names} | {ALL_WORKLOADS}
    others = sorted({one.workload for one in objectives} - ours)
    return (*(name for name in _WORKLOADS if name != LOAD), *others, LOAD)


def choose_parts(known: Sequence[str], *, only: Collection[str] = (), skip: Collection[str] = ()) -> Parts:
    """The parts that were asked for. Raises RunError for a part that does not exist, and when none is left.

    >>> choose_parts(("plans", "nlu", "audio", "load"), skip=["audio"])
    Parts(chosen=('plans', 'nlu', 'load'), skipped=('audio',))
    """
    for name in (*only, *skip):
        if name not in known:
            raise RunError(f"there is no part {name!r}", fix=f"parts of a check: {', '.join(known)}")
    chosen = tuple(name for name in known if (not only or name in only) and name not in skip)
    if not chosen:
        raise RunError("no part of the check is left", fix="leave out fewer")
    return Parts(chosen, tuple(name for name in known if name not in chosen))


def choose_check_scope(
    slo: SloFile, slo_set: str, parts: Parts, *, endpoints: Collection[str], not_meant: Collection[str] = ()
) -> CheckScope:
    """Every objective whose part was chosen is in scope. Those that a load run can judge too are judged a second time
    under load, where the load sends them requests; ``not_meant`` are those, by id, that the load is not meant to meet.

    Raises:
        SloError: for an unknown set.
    """
    profiled = slo.select(run=RunKind.PROFILE, set_name=slo_set)
    both = {one.id for one in profiled}
    loaded = tuple(
        replace(one, id=f"{one.id}{_UNDER_LOAD}") if one.id in both else one
        for one in slo.select(run=RunKind.LOAD, set_name=slo_set)
        if one.id not in both or _is_seen_under_load(one, endpoints)
    )
    in_scope = {one.id for one in profiled if _part_of(one) in {*parts.chosen, ALL_WORKLOADS}}
    if LOAD in parts.chosen:
        in_scope |= {one.id for one in loaded if one.id.removesuffix(_UNDER_LOAD) not in not_meant}
    return CheckScope(profiled, loaded, frozenset(in_scope))


def _is_seen_under_load(objective: Objective, endpoints: Collection[str]) -> bool:
    return objective.workload in {*endpoints, ALL_WORKLOADS} and objective.indicator in MEASURED_BY[RunKind.LOAD]


def _part_of(objective: Objective) -> str:
    if objective.indicator is Indicator.PLAN_ERRORS:
        return PLANS
    return next((part for part, names in _WORKLOADS.items() if objective.workload in names), objective.workload)


def _workloads_of(part: str) -> tuple[str, ...]:
    return _WORKLOADS.get(part, (part,))
