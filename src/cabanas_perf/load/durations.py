"""Durations as people write them on a command line."""

from __future__ import annotations

import re

from cabanas_perf.load.errors import ScenarioError

_DURATION = re.compile(r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s?)?")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}


def parse_duration_s(text: str) -> float:
    """Seconds in ``90``, ``90s``, ``5m`` or ``1h30m``.

    >>> parse_duration_s("1m30s")
    90.0

    Raises:
        ScenarioError: for anything else, and for no time at all.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = sum(float(part) * _SECONDS[unit] for unit, part in match.groupdict().items() if part) if match else 0.0
    if seconds <= 0:
        raise ScenarioError(f"{text!r} is not a duration", fix="write 30s, 5m or 1h30m")
    return seconds
