"""Which model size hears which clip. Pure."""

from __future__ import annotations

from collections.abc import Collection

SIZES = ("tiny", "base", "small")


def wanted_size(duration_s: float) -> str:
    """The size that a clip of this length asks for: under 10 s tiny, under 30 s base, else small."""
    if duration_s < 10:
        return "tiny"
    if duration_s < 30:
        return "base"
    return "small"


def nearest_size(wanted: str, available: Collection[str]) -> str:
    """The size that stands in for ``wanted``: itself, else the next larger, else the next smaller.

    Larger first, because a stand-in should cost time rather than words.

    Raises:
        ValueError: no size is available.

    >>> nearest_size("small", {"tiny", "base"})
    'base'
    """
    rank = SIZES.index(wanted)
    for size in (*SIZES[rank:], *reversed(SIZES[:rank])):
        if size in available:
            return size
    raise ValueError("no model size is available")
