"""The Universal Scalability Law: how much N workers get done, and what keeps them from N times as much.

N. J. Gunther, Guerrilla Capacity Planning, chapter 4: X(N) = g N / (1 + a (N - 1) + b N (N - 1)), with g what one
worker does alone, a for what they queue for, and b for what they tell each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

MIN_POINTS = 3


@dataclass(frozen=True, slots=True)
class Scalability:
    """The law's coefficients; never negative, and contention, being a share, at most 1."""

    single_rps: float
    contention: float
    coherency: float

    def rate_rps(self, workers: float) -> float:
        return (
            self.single_rps * workers / (1 + self.contention * (workers - 1) + self.coherency * workers * (workers - 1))
        )

    @property
    def best_workers(self) -> float | None:
        """Number of workers beyond which more of them get less done; None when there is no such number."""
        if self.coherency <= 0:
            return None
        return math.sqrt(max(0.0, 1 - self.contention) / self.coherency)


def fit_scalability(rate_rps_by_workers: Mapping[int, float]) -> Scalability | None:
    """Least squares over N / X(N), which is linear in the coefficients; None below `MIN_POINTS` worker counts.

    A negative coefficient has no meaning, nor has contention above 1, so one that comes out so is set to zero and the
    others are fitted again.
    """
    points = [(n, n / rate) for n, rate in sorted(rate_rps_by_workers.items()) if rate > 0]
    if len(points) < MIN_POINTS:
        return None
    best: tuple[float, Scalability] | None = None
    for terms in ((True, True), (True, False), (False, True), (False, False)):
        fitted = _solve(points, *terms)
        if fitted is None or fitted[0] <= 0 or min(fitted) < 0:
            continue
        base, contention, coherency = fitted
        if contention > base:
            continue
        found = Scalability(1 / base, contention / base, coherency / base)
        error = sum((n / found.rate_rps(n) - y) ** 2 for n, y in points)
        if best is None or error < best[0] - 1e-15:
            best = (error, found)
    return None if best is None else best[1]


def _solve(
    points: list[tuple[int, float]], with_contention: bool, with_coherency: bool
) -> tuple[float, float, float] | None:
    """Coefficients of y = c0 + c1 (n - 1) + c2 n (n - 1) by the normal equations; terms left out are zero."""
    used = [0, *([1] if with_contention else []), *([2] if with_coherency else [])]
    rows = [[(1.0, n - 1.0, n * (n - 1.0))[term] for term in used] for n, _ in points]
    size = len(used)
    matrix = [
        [sum(row[i] * row[j] for row in rows) for j in range(size)]
        + [sum(row[i] * y for row, (_, y) in zip(rows, points, strict=True))]
        for i in range(size)
    ]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(matrix[r][i]))
        matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
        if abs(matrix[i][i]) < 1e-12:
            return None
        for r in range(size):
            if r != i:
                factor = matrix[r][i] / matrix[i][i]
                matrix[r] = [x - factor * y for x, y in zip(matrix[r], matrix[i], strict=True)]
    solution = [0.0, 0.0, 0.0]
    for i, term in enumerate(used):
        solution[term] = matrix[i][size] / matrix[i][i]
    return solution[0], solution[1], solution[2]
