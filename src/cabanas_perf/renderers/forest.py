"""A forest plot in plain text: what was claimed and what was measured, on one scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cabanas_perf.report.record import Optimization

_LABEL = 4
_TICKS_BY_FLOOR = {0.0: 0.25, -0.5: 0.25, -1.0: 0.5}
"""Where the scale may begin, and how far its ticks are apart; a loss beyond the last is drawn at the edge."""
CLAIMED, MEASURED = "=", "o"


@dataclass(frozen=True, slots=True)
class _Scale:
    floor: float
    width: int

    def column(self, ratio: float) -> int:
        inside = min(1.0, max(self.floor, ratio))
        return round((inside - self.floor) / (1 - self.floor) * (self.width - 1))


def draw_forest(rows: Sequence[Optimization], *, width: int) -> Iterator[str]:
    """A line of ticks and one for each row, none wider than ``width``; nothing without rows.

    The claim is drawn as ``====``, the measured saving as ``o`` inside its interval ``|--o--|``, over the claim. A
    bound off the scale is drawn as ``<``.
    """
    if not rows:
        return
    lows = [row.saving_low_ratio for row in rows if row.saving_low_ratio is not None]
    floor = next((floor for floor in _TICKS_BY_FLOOR if floor <= min(lows, default=0.0)), min(_TICKS_BY_FLOOR))
    scale = _Scale(floor, width - _LABEL)
    yield " " * _LABEL + _draw_ticks(scale)
    for row in rows:
        yield f"{row.id:<{_LABEL}}{_draw_row(row, scale)}".rstrip()


def _draw_ticks(scale: _Scale) -> str:
    line = [" "] * scale.width
    apart = _TICKS_BY_FLOOR[scale.floor]
    for step in range(round((1 - scale.floor) / apart) + 1):
        ratio = scale.floor + step * apart
        text = f"{ratio * 100:.0f}%"
        # Centred under its column, save for the last ones, which end with the line.
        start = min(max(0, scale.column(ratio) - len(text) // 2), scale.width - len(text))
        line[start : start + len(text)] = text
    return "".join(line).rstrip()


def _draw_row(row: Optimization, scale: _Scale) -> str:
    line = [" "] * scale.width
    if scale.floor < 0:
        line[scale.column(0)] = ":"
    if row.claimed_low_ratio is not None and row.claimed_high_ratio is not None:
        for column in range(scale.column(row.claimed_low_ratio), scale.column(row.claimed_high_ratio) + 1):
            line[column] = CLAIMED
    if row.saving_ratio is not None and row.saving_low_ratio is not None and row.saving_high_ratio is not None:
        low, high = scale.column(row.saving_low_ratio), scale.column(row.saving_high_ratio)
        line[low : high + 1] = "-" * (high - low + 1)
        line[low] = "<" if row.saving_low_ratio < scale.floor else "|"
        line[high] = "<" if row.saving_high_ratio < scale.floor else "|"
        line[scale.column(row.saving_ratio)] = MEASURED
    return "".join(line)
