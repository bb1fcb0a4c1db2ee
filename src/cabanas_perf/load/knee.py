"""Where latency begins to climb as the arrival rate does."""

from __future__ import annotations

from collections.abc import Sequence


def find_knee(points: Sequence[tuple[float, float]]) -> int | None:
    """Index of the point farthest below the line from the first to the last, both axes scaled to 0..1.

    Points are `(rate, latency)` in order of the rate. None below three points, or where latency does not climb. The
    idea is that of Satopää and others, "Finding a 'Kneedle' in a Haystack" (2011).
    """
    if len(points) < 3:
        return None
    (first_rate, first_latency), (last_rate, last_latency) = points[0], points[-1]
    if last_rate <= first_rate or last_latency <= first_latency:
        return None
    below = [
        (rate - first_rate) / (last_rate - first_rate) - (latency - first_latency) / (last_latency - first_latency)
        for rate, latency in points
    ]
    index = max(range(len(points)), key=below.__getitem__)
    return index if below[index] > 0 else None
