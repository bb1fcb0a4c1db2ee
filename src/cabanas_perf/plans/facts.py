"""What the catalogue knows about the tables of a plan, as far as rules ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """An index: its key columns or expressions in order, and the predicate of a partial one."""

    name: str
    columns: tuple[str, ...]
    predicate: str | None = None
    is_constraint: bool = False
    """It enforces a primary key, a unique or an exclusion constraint, so that it earns its keep unread."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    name: str
    rows: float
    """As of the last ANALYZE."""
    indexes: tuple[IndexFacts, ...] = ()


Tables = Mapping[str, TableFacts]
"""By name, without the schema, as plans name them."""
