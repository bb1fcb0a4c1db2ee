"""How a statement's work grows with the table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MIN_SPREAD = 4.0
"""Sizes closer together than this factor say nothing about growth."""
EXCESS_EXPONENT = 0.25
MIN_WORK = 100.0
"""Blocks at the largest size below which growth hurts nobody yet."""


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """One size: rows in the table, blocks touched, rows returned, median execution time."""

    table_rows: float
    blocks: float
    result_rows: float
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Growth:
    """Exponents of ``y = c * rows ** exponent``: 0 constant, 1 in step with the table."""

    blocks_exponent: float
    result_exponent: float
    latency_exponent: float
    outgrows_result: bool
    """The blocks grow faster than the result does, and are no longer few. Blocks are exact where times are noisy."""


def fit_growth(points: Sequence[GrowthPoint]) -> Growth | None:
    """Least squares in log-log space; None below two sizes or when they lie too close together."""
    sizes = [point.table_rows for point in points]
    if len(points) < 2 or max(sizes) < MIN_SPREAD * max(1.0, min(sizes)):
        return None
    # From none to one is no growth.
    blocks = fit_exponent([(point.table_rows, max(1.0, point.blocks)) for point in points])
    result = fit_exponent([(point.table_rows, max(1.0, point.result_rows)) for point in points])
    latency = fit_exponent([(point.table_rows, point.latency_ms) for point in points])
    largest = max(points, key=lambda point: point.table_rows)
    excess = blocks - max(0.0, result)
    return Growth(blocks, result, latency, excess > EXCESS_EXPONENT and largest.blocks >= MIN_WORK)


def fit_exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of log y over log x. A y below 1e-3 counts as 1e-3: nothing has no logarithm.

    >>> round(fit_exponent([(10, 5), (100, 50), (1000, 500)]), 6)
    1.0
    """
    logs = [(math.log(x), math.log(max(y, 1e-3))) for x, y in points]
    mean_x = math.fsum(x for x, _ in logs) / len(logs)
    mean_y = math.fsum(y for _, y in logs) / len(logs)
    spread = math.fsum((x - mean_x) ** 2 for x, _ in logs)
    return math.fsum((x - mean_x) * (y - mean_y) for x, y in logs) / spread
