"""Scenarios: the shape of a load, in a TOML file, with the user files that send it beside it.

Whatever is unknown in the file is an error, as a misspelt line must not quietly make another load.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from cabanas_perf.load.arrivals import RateStage, Spacing
from cabanas_perf.load.errors import ScenarioError
from cabanas_perf.load.mix import Stream, check_mix, parse_mix
from cabanas_perf.load.plan import LoadPlan, Model

FOLDER = Path("scenarios")

_PACKAGE = Path(__file__).resolve().parents[1]
_PACKAGED = (
    _PACKAGE / "_data" / FOLDER,
    # A checkout or an editable install: the folder lies at the repository's root, two folders up.
    _PACKAGE.parents[1] / FOLDER,
)

_NUMBERS = ("users", "spawn_rate_per_s", "duration_s", "warmup_s", "timeout_s")
_KEYS = {"title", "model", "user_files", "mix", "stage", "spacing", "data", "top_up", "out_of_scope", *_NUMBERS}
_STAGE_KEYS = {"duration_s", "rate_rps", "to_rps"}
_DATA_KEYS = {"cabins", "reservations", "voice_notes_up_to_s"}
_TOP_UP_KEYS = {"rate_rps", "requests"}
_POOL_MIN, _POOL_MAX = 20, 1000

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class TopUp:
    """Load that is added after the run for objectives that are still short of samples."""

    rate_rps: float
    """Of each endpoint, at the most."""
    requests: int
    """Of each endpoint, at the least."""
    exceptions: Mapping[str, TopUp] = field(default_factory=dict)
    """Endpoints, by name, that are topped up in another way."""

    def of(self, endpoint: str) -> TopUp:
        return self.exceptions.get(endpoint, self)


@dataclass(frozen=True, slots=True)
class Scenario:
    """The shape of a load. `path` is the file it comes from."""

    name: str
    title: str
    path: Path
    model: Model
    mix: tuple[Stream, ...]
    user_files: tuple[Path, ...]
    users: int
    spawn_rate_per_s: float
    duration_s: float
    """Ramp and warm-up included."""
    warmup_s: float
    timeout_s: float
    stages: tuple[RateStage, ...] = ()
    spacing: Spacing = Spacing.CONSTANT
    cabins: int = 24
    """How many a fresh database is given, so that most wishes find free nights."""
    reservations: int = 0
    voice_notes_up_to_s: float = math.inf
    """How long the voice notes that guests send are at the most."""
    top_up: TopUp | None = None
    out_of_scope: frozenset[str] = frozenset()
    """Objectives, by id, that this load is not meant to meet."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line says in place of the scenario; None: as in the file."""

    users: int | None = None
    spawn_rate_per_s: float | None = None
    duration_s: float | None = None
    warmup_s: float | None = None
    mix: str | None = None
    rate_rps: float | None = None
    spacing: Spacing | None = None
    timeout_s: float | None = None


def list_scenarios(folder: Path | None = None) -> tuple[str, ...]:
    """Names of the scenarios in the folder, the current one's `scenarios` or the packaged ones."""
    return tuple(sorted(path.stem for path in _find_folder(folder).glob("*.toml")))


def _find_folder(folder: Path | None) -> Path:
    candidates = (folder,) if folder is not None else (Path.cwd() / FOLDER, *_PACKAGED)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise ScenarioError("found no scenarios", fix=f"looked in {', '.join(map(str, candidates))}")


def find_scenario(name: str) -> Path:
    """File of a scenario, by name or by path.

    Raises:
        ScenarioError: when there is none.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise ScenarioError(f"{name}: no such file", fix="check the path")
        return path.resolve()
    path = _find_folder(None) / f"{name}.toml"
    if not path.is_file():
        raise ScenarioError(f"there is no scenario {name!r}", fix=f"known: {', '.join(list_scenarios())}")
    return path.resolve()


def load_scenario(path: Path) -> Scenario:
    """Read and check a scenario file.

    Raises:
        ScenarioError: at the first thing in it that is missing, unknown, of the wrong type, or cannot work.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: {error}", fix="write it as a TOML file") from error
    try:
        return check_scenario(_read(path, fields))
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}", fix=error.fix) from None


def _read(path: Path, fields: Mapping[str, Any]) -> Scenario:
    _check_keys(fields, _KEYS, "the scenario")
    data, top_up = _table(fields, "data", _DATA_KEYS), _table(fields, "top_up", None)
    stages = tuple(_read_stage(stage) for stage in fields.get("stage", ()))
    model = _member(Model, fields, "model")
    users = _number(fields, "users", default=0)
    duration_s = sum(stage.duration_s for stage in stages) if stages else _number(fields, "duration_s")
    spawn_rate = _number(fields, "spawn_rate_per_s", default=0)
    return Scenario(
        name=path.stem,
        title=str(fields.get("title", path.stem)),
        path=path,
        model=model,
        mix=tuple(_read_stream(name, weight) for name, weight in _table(fields, "mix", None).items()),
        user_files=tuple((path.parent / name).resolve() for name in fields.get("user_files", ())),
        users=round(users),
        spawn_rate_per_s=spawn_rate,
        duration_s=duration_s,
        warmup_s=_number(fields, "warmup_s", default=_default_warmup_s(users, spawn_rate)),
        timeout_s=_number(fields, "timeout_s", default=10),
        stages=stages,
        spacing=_member(Spacing, fields, "spacing") if "spacing" in fields else Spacing.CONSTANT,
        cabins=round(_number(data, "cabins", default=24)),
        reservations=round(_number(data, "reservations", default=0)),
        voice_notes_up_to_s=_number(data, "voice_notes_up_to_s", default=math.inf),
        top_up=_read_top_up(top_up, "[top_up]") if top_up else None,
        out_of_scope=frozenset(map(str, fields.get("out_of_scope", ()))),
    )


def _default_warmup_s(users: float, spawn_rate_per_s: float) -> float:
    """Until all users of a closed load are there."""
    return users / spawn_rate_per_s if spawn_rate_per_s else 0.0


def _read_stage(fields: Mapping[str, Any]) -> RateStage:
    _check_keys(fields, _STAGE_KEYS, "a [[stage]]")
    rate = _number(fields, "rate_rps")
    return RateStage(_number(fields, "duration_s"), rate, _number(fields, "to_rps", default=rate))


def _read_stream(name: str, weight: object) -> Stream:
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise ScenarioError(f"the weight of {name} is {weight!r}", fix="write a number")
    user_class, _, endpoint = name.partition(".")
    return Stream(user_class, float(weight), endpoint or None)


def _read_top_up(fields: Mapping[str, Any], place: str) -> TopUp:
    exceptions = {name: value for name, value in fields.items() if isinstance(value, dict)}
    _check_keys(fields, _TOP_UP_KEYS.union(exceptions), place)
    top_up = TopUp(
        _number(fields, "rate_rps"),
        round(_number(fields, "requests")),
        {name: _read_top_up(value, f"[top_up.{name}]") for name, value in exceptions.items()},
    )
    if not top_up.rate_rps:
        raise ScenarioError("a top-up with a rate of 0 never ends", fix=f"write a rate_rps above 0 in {place}")
    return top_up


def _check_keys(fields: Mapping[str, Any], allowed: set[str], place: str) -> None:
    for key in fields:
        if key not in allowed:
            raise ScenarioError(f"unknown key {key!r} in {place}", fix=f"allowed: {', '.join(sorted(allowed))}")


def _table(fields: Mapping[str, Any], name: str, allowed: set[str] | None) -> Mapping[str, Any]:
    table = fields.get(name, {})
    if not isinstance(table, dict):
        raise ScenarioError(f"{name} is {table!r}", fix=f"write it as a table, [{name}]")
    if allowed is not None:
        _check_keys(table, allowed, f"[{name}]")
    return table


def _number(fields: Mapping[str, Any], name: str, *, default: float | None = None) -> float:
    value = fields.get(name, default)
    if value is None:
        raise ScenarioError(f"{name} is missing", fix=f"write {name} = NUMBER")
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ScenarioError(f"{name} is {value!r}", fix="write a number that is not negative")
    return float(value)


def _member(kind: type[S], fields: Mapping[str, Any], name: str) -> S:
    value = fields.get(name)
    allowed = [member.value for member in kind]
    if value not in allowed:
        raise ScenarioError(f"{name} is {value!r}", fix=f"allowed: {', '.join(allowed)}")
    return kind(value)


def check_top_up(top_up: TopUp, endpoints: Collection[str]) -> None:
    """Raise ScenarioError when the top-up names an endpoint that the scenario's users do not have."""
    if unknown := sorted(top_up.exceptions.keys() - set(endpoints)):
        raise ScenarioError(
            f"[top_up] names {', '.join(unknown)}, which no task is tagged with",
            fix=f"tags: {', '.join(sorted(endpoints))}",
        )


def check_scenario(scenario: Scenario) -> Scenario:
    """The scenario itself. Raises ScenarioError when it cannot be run, or could not measure anything."""
    if not scenario.user_files or not scenario.mix:
        raise ScenarioError("nobody sends anything", fix="write user_files = [...] and a [mix] table")
    check_mix(scenario.mix)
    if scenario.timeout_s <= 0:
        raise ScenarioError("timeout_s is 0", fix="write how long a client waits for its answer")
    if scenario.model is Model.CLOSED:
        _check_closed(scenario)
    elif not scenario.stages or sum(stage.arrivals for stage in scenario.stages) < 1:
        raise ScenarioError("no request arrives", fix="write a [[stage]] with a rate, or give --rate")
    if scenario.warmup_s >= scenario.duration_s:
        raise ScenarioError(
            f"the warm-up of {scenario.warmup_s:g} s leaves nothing of {scenario.duration_s:g} s to measure",
            fix="run longer, or warm up for less",
        )
    return scenario


def _check_closed(scenario: Scenario) -> None:
    if scenario.stages:
        raise ScenarioError("a [[stage]] has an arrival rate, and the model is closed", fix='write model = "open"')
    if scenario.users < 1 or scenario.spawn_rate_per_s <= 0:
        raise ScenarioError("no user is ever started", fix="write users and spawn_rate_per_s, or give -u and -r")
    ramp_s = scenario.users / scenario.spawn_rate_per_s
    if ramp_s > scenario.warmup_s:
        raise ScenarioError(
            f"{scenario.users} users at {scenario.spawn_rate_per_s:g} a second take {ramp_s:g} s, "
            f"longer than the warm-up of {scenario.warmup_s:g} s",
            fix="start users faster, or warm up for longer",
        )


def override(scenario: Scenario, said: Overrides) -> Scenario:
    """The scenario with what the command line says. A rate makes it open and evenly spaced unless said otherwise.

    Raises:
        ScenarioError: when the result cannot be run.
    """
    users = scenario.users if said.users is None else said.users
    spawn_rate = scenario.spawn_rate_per_s if said.spawn_rate_per_s is None else said.spawn_rate_per_s
    duration_s = scenario.duration_s if said.duration_s is None else said.duration_s
    model, stages = scenario.model, scenario.stages
    if said.rate_rps is not None:
        model, stages = Model.OPEN, (RateStage(duration_s, said.rate_rps, said.rate_rps),)
    elif stages and said.duration_s is not None:
        stretch = said.duration_s / scenario.duration_s
        stages = tuple(replace(stage, duration_s=stage.duration_s * stretch) for stage in stages)
    reshaped = said.users is not None or said.spawn_rate_per_s is not None or said.rate_rps is not None
    if said.warmup_s is not None:
        warmup_s = said.warmup_s
    elif reshaped:
        warmup_s = _default_warmup_s(users, spawn_rate) if model is Model.CLOSED else min(2.0, duration_s / 10)
    else:
        warmup_s = scenario.warmup_s
    return check_scenario(
        replace(
            scenario,
            model=model,
            stages=stages,
            users=users if model is Model.CLOSED or said.users is not None or said.rate_rps is None else 0,
            spawn_rate_per_s=spawn_rate,
            duration_s=duration_s,
            warmup_s=warmup_s,
            mix=scenario.mix if said.mix is None else parse_mix(said.mix),
            spacing=said.spacing or scenario.spacing,
            timeout_s=scenario.timeout_s if said.timeout_s is None else said.timeout_s,
        )
    )


def make_plan(scenario: Scenario, *, marker: str, seed: int, workers: int, results: Path) -> LoadPlan:
    """What the generator is told to run the scenario once."""
    users = scenario.users or pool_size(scenario.stages)
    is_open = scenario.model is Model.OPEN
    return LoadPlan(
        marker=marker,
        scenario=scenario.name,
        model=scenario.model,
        mix=scenario.mix,
        user_files=tuple(map(str, scenario.user_files)),
        users=max(users, workers),
        spawn_rate_per_s=max(users, workers) if is_open else scenario.spawn_rate_per_s,
        warmup_s=scenario.warmup_s,
        steady_s=scenario.duration_s - scenario.warmup_s,
        timeout_s=scenario.timeout_s,
        stages=scenario.stages,
        spacing=scenario.spacing,
        seed=seed,
        workers=workers,
        results=str(results),
    )


def pool_size(stages: tuple[RateStage, ...]) -> int:
    """How many requests an open load may have in flight; beyond it, requests queue in the generator, and are timed
    all the same from when they were due.
    """
    peak_rps = max((max(stage.start_rps, stage.end_rps) for stage in stages), default=0.0)
    return min(max(round(peak_rps), _POOL_MIN), _POOL_MAX)
