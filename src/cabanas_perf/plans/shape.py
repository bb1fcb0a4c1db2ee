"""A plan without its figures: the same shape, the same way through the data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cabanas_perf.plans.node import Node

_DIGITS = 12


def shape_lines(root: Node) -> tuple[str, ...]:
    """The steps, one a line, indented by depth: kinds, tables, indexes and joins, no rows and no values."""
    return tuple(_lines(root, 0))


def fingerprint_shape(root: Node) -> str:
    """Twelve hexadecimal digits that are the same for plans of one shape."""
    return hashlib.sha256("\n".join(shape_lines(root)).encode()).hexdigest()[:_DIGITS]


def _lines(node: Node, depth: int) -> Iterator[str]:
    # Names of partitions and aliases that PostgreSQL numbers are part of the shape: they are stable.
    yield f"{'  ' * depth}{node.label}"
    for child in node.children:
        yield from _lines(child, depth + 1)
