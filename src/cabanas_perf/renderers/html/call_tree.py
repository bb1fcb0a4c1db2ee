"""A profile in speedscope's format as one tree of calls, the same stacks merged.

The format: https://www.speedscope.app/file-format-schema.json; `sampled` and `evented` profiles are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_DEEPEST = 200
"""Calls of a stack beyond this are left to their callers."""


class NoCallTree(ValueError):
    """The text is no profile in speedscope's format, or holds no time."""


@dataclass(frozen=True, slots=True)
class Frame:
    name: str
    file: str = ""
    line: int | None = None


@dataclass(slots=True)
class Call:
    """A function as called by one stack of others. Weights are in the profile's unit."""

    frame: Frame
    own: float = 0.0
    children: dict[Frame, Call] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return self.own + sum(child.total for child in self.children.values())

    def descend(self, frame: Frame) -> Call:
        return self.children.setdefault(frame, Call(frame))


@dataclass(frozen=True, slots=True)
class Heat:
    """What one function took, wherever it was called from; shares of the whole profile."""

    frame: Frame
    own_ratio: float
    total_ratio: float


def read_call_tree(text: str) -> Call:
    """All profiles of the file under one root.

    Raises:
        NoCallTree: when the text is something else.
    """
    try:
        document = json.loads(text)
        frames = [
            Frame(each["name"], each.get("file") or "", each.get("line")) for each in document["shared"]["frames"]
        ]
        root = Call(Frame("all"))
        for profile in document["profiles"]:
            for stack, weight in _stacks(profile):
                call = root
                for index in stack[:_DEEPEST]:
                    call = call.descend(frames[index])
                call.own += weight
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise NoCallTree("this is no profile in speedscope's format") from error
    if root.total <= 0:
        raise NoCallTree("the profile holds no time")
    return root


def _stacks(profile: Mapping[str, Any]) -> Iterator[tuple[Sequence[int], float]]:
    if profile["type"] == "sampled":
        yield from zip(profile["samples"], profile["weights"], strict=True)
        return
    stack: list[int] = []
    reached = profile["startValue"]
    for event in profile["events"]:
        if stack:
            yield tuple(stack), event["at"] - reached
        reached = event["at"]
        if event["type"] == "O":
            stack.append(event["frame"])
        else:
            stack.pop()


def rank_functions(root: Call, limit: int) -> list[Heat]:
    """The functions with the most time of their own. A function that calls itself counts once in its total."""
    own: dict[Frame, float] = {}
    total: dict[Frame, float] = {}

    def visit(call: Call, above: frozenset[Frame]) -> None:
        own[call.frame] = own.get(call.frame, 0.0) + call.own
        if call.frame not in above:
            total[call.frame] = total.get(call.frame, 0.0) + call.total
        for child in call.children.values():
            visit(child, above | {call.frame})

    for child in root.children.values():
        visit(child, frozenset())
    whole = root.total
    ranked = sorted(own, key=lambda frame: (-own[frame], frame.name))
    return [Heat(frame, own[frame] / whole, total[frame] / whole) for frame in ranked[:limit]]


def write_speedscope(root: Call, name: str, unit: str, *, least_ratio: float) -> str:
    """The tree as a profile of merged stacks; calls of less than the given share of the whole are left to their
    callers.
    """
    indexes: dict[Frame, int] = {}
    samples: list[list[int]] = []
    weights: list[float] = []
    least = root.total * least_ratio

    def visit(call: Call, stack: list[int]) -> None:
        kept = [child for child in call.children.values() if child.total >= least]
        own = call.total - sum(child.total for child in kept)
        if stack and own > 0:
            samples.append(stack)
            weights.append(own)
        for child in sorted(kept, key=lambda each: -each.total):
            visit(child, [*stack, indexes.setdefault(child.frame, len(indexes))])

    visit(root, [])
    profile = {
        "type": "sampled",
        "name": name,
        "unit": unit,
        "startValue": 0,
        "endValue": sum(weights),
        "samples": samples,
        "weights": weights,
    }
    shared = {"frames": [_write_frame(frame) for frame in indexes]}
    schema = "https://www.speedscope.app/file-format-schema.json"
    return json.dumps({"$schema": schema, "shared": shared, "profiles": [profile]})


def _write_frame(frame: Frame) -> dict[str, str | int]:
    where = {"file": frame.file} if frame.file else {}
    return {"name": frame.name, **where, **({} if frame.line is None else {"line": frame.line})}


def walk(root: Call, *, least_ratio: float) -> Iterable[tuple[Call, int, float, float]]:
    """Calls with their depth from 0, and with where they begin and what they take as shares of the whole; the heaviest
    of each caller first, without those below the least share.
    """
    whole = root.total

    def visit(call: Call, depth: int, start: float) -> Iterator[tuple[Call, int, float, float]]:
        for child in sorted(call.children.values(), key=lambda each: -each.total):
            ratio = child.total / whole
            if ratio >= least_ratio:
                yield child, depth, start, ratio
                yield from visit(child, depth + 1, start)
            start += ratio

    return visit(root, 0, 0.0)
