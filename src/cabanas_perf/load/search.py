"""Finds the highest arrival rate that holds, in few tries."""

from __future__ import annotations

from collections.abc import Callable

GROWTH = 2.0
RESOLUTION = 1.15
"""The search ends when the lowest rate that failed is at most so many times the highest that held."""
STEPS_MAX = 14


def search_rate(
    holds: Callable[[float], bool], *, start_rps: float, max_rps: float, resolution: float = RESOLUTION
) -> float | None:
    """Highest rate that was seen to hold, doubling first and halving the interval then; None when not even a
    sixteenth of the start held.
    """
    held: float | None = None
    failed: float | None = None
    rate = start_rps
    for _ in range(STEPS_MAX):
        if holds(rate):
            held = rate
        else:
            failed = rate
        if held is None:
            assert failed is not None
            if failed <= start_rps / 16:
                return None
            rate = failed / GROWTH
        elif failed is None:
            if held >= max_rps:
                return held
            rate = min(held * GROWTH, max_rps)
        elif failed <= held * resolution:
            return held
        else:
            rate = (held * failed) ** 0.5
    return held
