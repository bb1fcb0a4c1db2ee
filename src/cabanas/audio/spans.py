"""Stretches of a recording, in samples: padding, grouping, and finding one's way back. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """Samples from ``start`` up to, not including, ``end``."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def pad_spans(spans: Sequence[Span], *, padding: int, total: int) -> list[Span]:
    """Widen each span by up to ``padding`` on both sides; neighbours that would overlap share their gap.

    >>> pad_spans([Span(10, 20), Span(24, 30)], padding=5, total=32)
    [Span(start=5, end=22), Span(start=22, end=32)]
    """
    padded = []
    for index, span in enumerate(spans):
        before = span.start if index == 0 else (span.start - spans[index - 1].end + 1) // 2
        after = total - span.end if index == len(spans) - 1 else (spans[index + 1].start - span.end) // 2
        padded.append(Span(span.start - min(padding, before), span.end + min(padding, after)))
    return padded


def balanced_groups(spans: Sequence[Span], *, longest: int) -> list[list[Span]]:
    """Put neighbouring spans together into as few groups of about equal length as ``longest`` allows.

    Equal, because a stub of a second left for the last group would be heard without any context. A group exceeds
    ``longest`` only where a single span does.
    """
    total = sum(span.length for span in spans)
    groups: list[list[Span]] = []
    target = total / max(1, math.ceil(total / longest))
    filled = grouped = 0
    for span in spans:
        # Ends where the running total comes closest to the next multiple of the target.
        past_target = grouped + span.length / 2 > target * len(groups)
        if not groups or past_target or filled + span.length > longest:
            groups.append([])
            filled = 0
        groups[-1].append(span)
        filled += span.length
        grouped += span.length
    return groups


def original_position(position: int, spans: Sequence[Span]) -> int:
    """Where a sample of the joined ``spans`` lies in the recording they were cut from.

    >>> original_position(12, [Span(100, 110), Span(500, 520)])
    502
    """
    for span in spans:
        if position <= span.length:
            return span.start + position
        position -= span.length
    return spans[-1].end
