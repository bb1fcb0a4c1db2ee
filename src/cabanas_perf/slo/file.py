"""Reads `slo.toml`. Whatever is unknown in it is an error: a misspelt objective must not pass for a met
one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.slo.errors import Place, SloError
from cabanas_perf.slo.objective import (
    ALL_WORKLOADS,
    DEFAULT_SET,
    Indicator,
    Objective,
    RunKind,
    parse_assertion,
)
from cabanas_perf.slo.openslo import SUFFIXES, read_openslo

RELATIVE_PATH = Path("profiles/slo.toml")

_PACKAGE = Path(__file__).resolve().parents[1]
_PACKAGED = (
    _PACKAGE / "_data" / RELATIVE_PATH,
    # A checkout or an editable install: the file lies at the repository's root, two folders up.
    _PACKAGE.parents[1] / RELATIVE_PATH,
)

_REQUIRED = ("id", "workload", "indicator", "assert")
_OPTIONAL = ("outcome", "set", "runs")
_LATENCIES = frozenset({Indicator.LATENCY, Indicator.ACK_LATENCY})
_OVER_ALL_WORKLOADS = frozenset({Indicator.ERROR_RATE, Indicator.ACCEPTED_RATIO})
_JUDGED_OUTCOMES = (Outcome.OK, Outcome.REFUSED)

_TABLE = re.compile(r"\s*\[")
_OBJECTIVE = re.compile(r"\s*\[\[\s*objective\s*\]\]")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")

E = TypeVar("E", bound=Enum)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SloFile:
    """The objectives of every set, in the order of the file, and the file."""

    path: Path
    objectives: tuple[Objective, ...]

    def select(self, *, run: RunKind, set_name: str = DEFAULT_SET) -> tuple[Objective, ...]:
        """Objectives of one set that a run of this kind can judge. Raises SloError for an unknown set."""
        sets = sorted({objective.set_name for objective in self.objectives})
        if set_name not in sets:
            raise SloError(
                f"there is no set {set_name!r}", fix=f"known sets: {', '.join(sets)}", place=Place(self.path)
            )
        return tuple(
            objective for objective in self.objectives if objective.set_name == set_name and run in objective.runs
        )


def find_slo_file(explicit: Path | None = None, *, folder: Path | None = None) -> Path:
    """Path of the file that counts: the explicit one, `profiles/slo.toml` in the folder (default: the current
    one), or the one that came with the package. Raises SloError when the explicit one, or all of them, are
    missing.
    """
    if explicit is not None:
        if not explicit.is_file():
            raise SloError("no such file", fix="check the path, or leave the option out", place=Place(explicit))
        return explicit
    candidates = ((folder or Path.cwd()) / RELATIVE_PATH, *_PACKAGED)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise SloError("found no SLO file", fix=f"looked for {', '.join(map(str, candidates))}")


def load_objectives(path: Path, *, workloads: Collection[str]) -> SloFile:
    """Read and check the whole file; `workloads` are the names that objectives may use. OpenSLO is told by its
    suffix, `.yaml`, `.yml` or `.json`.

    Raises SloError at the first thing that is missing, unknown, of the wrong type, or there twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SloError(f"cannot be read ({error})", fix="write it as UTF-8 text", place=Place(path)) from error
    if path.suffix in SUFFIXES:
        reader = _Reader(path, [], workloads)
        return SloFile(path, tuple(reader.read({"objective": read_openslo(path, text)})))
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SloError(f"not TOML: {error}", fix="correct the syntax", place=Place(path, _line_of(error))) from error
    reader = _Reader(path, text.splitlines(), workloads)
    return SloFile(path, tuple(reader.read(document)))


def _line_of(error: tomllib.TOMLDecodeError) -> int | None:
    match = re.search(r"at line (\d+)", str(error))
    return None if match is None else int(match[1])


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path
    lines: list[str]
    workloads: Collection[str]

    def read(self, document: Mapping[str, Any]) -> Iterable[Objective]:
        for key in document:
            if key != "objective":
                raise self._error(f"unknown key {key!r}", fix="an SLO file holds [[objective]] tables only")
        tables = document.get("objective", [])
        if not isinstance(tables, list) or not tables:
            raise self._error("holds no objective", fix="add an [[objective]] table")
        seen: set[str] = set()
        for index, fields in enumerate(tables):
            if not isinstance(fields, dict):
                raise self._error("'objective' holds more than tables", fix="write [[objective]]")
            table = _Table(self.path, self.lines, index, fields)
            objective = self._read_objective(table)
            if objective.id in seen:
                raise table.error("id", f"{objective.id!r} is there twice", fix="give each its own id")
            seen.add(objective.id)
            yield objective

    def _error(self, problem: str, *, fix: str) -> SloError:
        return SloError(problem, fix=fix, place=Place(self.path))

    def _read_objective(self, table: _Table) -> Objective:
        table.check_fields()
        indicator = table.read("indicator", lambda value: _member(Indicator, value, Indicator))
        return Objective(
            id=table.read("id", _name),
            workload=table.read("workload", lambda value: self._workload(value, indicator)),
            indicator=indicator,
            assertion=table.read("assert", lambda value: parse_assertion(_text(value), indicator)),
            outcome=table.read("outcome", lambda value: _outcome(value, indicator), absent=Outcome.OK),
            set_name=table.read("set", _name, absent=DEFAULT_SET),
            runs=table.read("runs", _runs, absent=frozenset(RunKind)),
        )

    def _workload(self, value: object, indicator: Indicator) -> str:
        name = _text(value)
        if name == ALL_WORKLOADS:
            if indicator not in _OVER_ALL_WORKLOADS:
                raise SloError(f"{indicator.value} of all workloads together says nothing", fix="name one workload")
        elif name not in self.workloads:
            known = [*sorted(self.workloads), ALL_WORKLOADS]
            raise SloError(f"unknown workload {name!r}", fix=f"known: {', '.join(known)}")
        return name


@dataclass(frozen=True, slots=True)
class _Table:
    """One `[[objective]]`, which knows where it stands in the file."""

    path: Path
    lines: list[str]
    index: int
    fields: Mapping[str, Any]

    def check_fields(self) -> None:
        for field in self.fields:
            if field not in _REQUIRED + _OPTIONAL:
                allowed = ", ".join(_REQUIRED + _OPTIONAL)
                raise self.error(field, f"unknown field {field!r}", fix=f"allowed: {allowed}")
        for field in _REQUIRED:
            if field not in self.fields:
                raise self.error(field, "is missing", fix=f"every objective has {', '.join(_REQUIRED)}")

    def read(self, field: str, parse: Callable[[Any], T], *, absent: T | None = None) -> T:
        """Parse a field, and say where it stands when that fails."""
        if absent is not None and field not in self.fields:
            return absent
        try:
            return parse(self.fields[field])
        except SloError as error:
            raise self.error(field, error.problem, fix=error.fix) from None

    def error(self, field: str, problem: str, *, fix: str) -> SloError:
        objective_id = self.fields.get("id")
        place = Place(self.path, self._line(field), objective_id if isinstance(objective_id, str) else None, field)
        return SloError(problem, fix=fix, place=place)

    def _line(self, field: str) -> int | None:
        """Line of the field, else of the table's header; None where the file has no such header."""
        headers = [number for number, line in enumerate(self.lines, 1) if _OBJECTIVE.match(line)]
        if self.index >= len(headers):
            return None
        header = headers[self.index]
        key = re.compile(rf"\s*[\"']?{re.escape(field)}[\"']?\s*=")
        for number, line in enumerate(self.lines[header:], header + 1):
            if _TABLE.match(line):
                break
            if key.match(line):
                return number
        return header


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise SloError(f"{value!r} is not text", fix="put it in quotes")
    return value


def _name(value: object) -> str:
    text = _text(value)
    if not _NAME.fullmatch(text):
        raise SloError(f"{text!r} is not a name", fix="use small letters, digits, dots and dashes")
    return text


def _member(kind: type[E], value: object, allowed: Iterable[E]) -> E:
    names = [member.value for member in allowed]
    if _text(value) not in names:
        raise SloError(f"unknown value {value!r}", fix=f"allowed: {', '.join(names)}")
    return kind(value)


def _outcome(value: object, indicator: Indicator) -> Outcome:
    if indicator not in _LATENCIES:
        raise SloError(f"{indicator.value} is not judged by outcome", fix="leave this field out")
    return _member(Outcome, value, _JUDGED_OUTCOMES)


def _runs(value: object) -> frozenset[RunKind]:
    if not isinstance(value, list) or not value:
        raise SloError(f"{value!r} is not a list of runs", fix='write runs = ["load"], or leave it out for all')
    return frozenset(_member(RunKind, item, RunKind) for item in value)
