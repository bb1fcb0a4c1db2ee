"""A profile in speedscope's format back to its stacks, cut to what can be seen, and laid out as a flame graph.

The format: https://www.speedscope.app/file-format-schema.json; `sampled` and `evented` profiles are read.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cabanas_perf.measurement.stacks import Frame, Stacks

_DEEPEST = 200
"""Calls of a stack beyond this are left to their callers."""


class NoStacks(ValueError):
    """The text is no profile in speedscope's format, or holds no time."""


@dataclass(frozen=True, slots=True)
class Box:
    """A call in a flame graph; `start_ratio` and `ratio` are shares of the whole profile."""

    frame: Frame
    depth: int
    start_ratio: float
    ratio: float


@dataclass(slots=True)
class _Call:
    """A function as called by one stack of others."""

    seconds: float = 0.0
    """With what it calls."""
    children: dict[Frame, _Call] = field(default_factory=dict)

    def heaviest_first(self) -> list[tuple[Frame, _Call]]:
        return sorted(self.children.items(), key=lambda item: -item[1].seconds)


def read_stacks(text: str) -> Stacks:
    """Stacks of all profiles of the file together.

    Raises:
        NoStacks: when the text is something else.
    """
    stacks: defaultdict[tuple[Frame, ...], float] = defaultdict(float)
    try:
        document = json.loads(text)
        frames = [_read_frame(each) for each in document["shared"]["frames"]]
        for profile in document["profiles"]:
            for stack, weight in _read_profile(profile):
                stacks[tuple(frames[index] for index in stack[:_DEEPEST])] += weight
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise NoStacks("this is no profile in speedscope's format") from error
    if sum(stacks.values()) <= 0:
        raise NoStacks("the profile holds no time")
    return stacks


def _read_frame(frame: Mapping[str, Any]) -> Frame:
    return Frame(str(frame["name"]), str(frame.get("file") or ""), int(frame.get("line") or 0))


def _read_profile(profile: Mapping[str, Any]) -> Iterator[tuple[Sequence[int], float]]:
    if profile["type"] == "sampled":
        yield from zip(profile["samples"], profile["weights"], strict=True)
        return
    stack: list[int] = []
    reached = profile["startValue"]
    for event in profile["events"]:
        yield tuple(stack), event["at"] - reached
        reached = event["at"]
        if event["type"] == "O":
            stack.append(event["frame"])
        else:
            stack.pop()


def prune_stacks(stacks: Stacks, *, least_ratio: float) -> Stacks:
    """The same stacks without calls of less than the share of the whole, whose time is left to their callers."""
    root = _grow(stacks)
    least = root.seconds * least_ratio
    kept: dict[tuple[Frame, ...], float] = {}

    def visit(call: _Call, stack: tuple[Frame, ...]) -> None:
        heavy = [(frame, child) for frame, child in call.heaviest_first() if child.seconds >= least]
        own = call.seconds - sum(child.seconds for _, child in heavy)
        if stack and own > 0:
            kept[stack] = own
        for frame, child in heavy:
            visit(child, (*stack, frame))

    visit(root, ())
    return kept


def lay_out(stacks: Stacks, *, least_ratio: float) -> Iterator[Box]:
    """Boxes from the top down, the heaviest call of each caller first; without those below the least share."""
    root = _grow(stacks)

    def visit(call: _Call, depth: int, start: float) -> Iterator[Box]:
        for frame, child in call.heaviest_first():
            ratio = child.seconds / root.seconds
            if ratio >= least_ratio:
                yield Box(frame, depth, start, ratio)
                yield from visit(child, depth + 1, start)
            start += ratio

    return visit(root, 0, 0.0)


def _grow(stacks: Stacks) -> _Call:
    root = _Call()
    for stack, seconds in stacks.items():
        call = root
        call.seconds += seconds
        for frame in stack:
            call = call.children.setdefault(frame, _Call())
            call.seconds += seconds
    return root
