"""Where somebody speaks, from a voice detector's probability for each frame of a recording. Pure.

A recording has speech only where the detector is sure of some frame. Where it has, doubtful frames count as well: over
a telephone line the detector is sure of a third of what a listener understands, and what is left out here is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from cabanas.audio.spans import Span

_SURE = 0.5
"""Noise, music and animals stay below; of every speaker, on any line, some frames are above."""
_POSSIBLE = 0.25


def find_speech(probabilities: Sequence[float], *, shortest_pause: int, longest: int) -> list[Span]:
    """Stretches of speech, in frames: apart by ``shortest_pause`` or more, and none over ``longest``.

    A longer one is cut where the detector is least sure that somebody speaks.

    >>> find_speech([0.1, 0.3, 0.9, 0.1, 0.3, 0.1, 0.1, 0.1, 0.4], shortest_pause=2, longest=100)
    [Span(start=1, end=5), Span(start=8, end=9)]
    >>> find_speech([0.3, 0.4, 0.3], shortest_pause=2, longest=100)
    []
    """
    if max(probabilities, default=0.0) < _SURE:
        return []
    speaking = [frame for frame, probability in enumerate(probabilities) if probability >= _POSSIBLE]
    resumed = [b for a, b in pairwise(speaking) if b - a > shortest_pause]
    paused = [a + 1 for a, b in pairwise(speaking) if b - a > shortest_pause]
    spans = zip([speaking[0], *resumed], [*paused, speaking[-1] + 1], strict=True)
    return [piece for start, end in spans for piece in _pieces(probabilities, Span(start, end), longest=longest)]


def _pieces(probabilities: Sequence[float], span: Span, *, longest: int) -> Iterator[Span]:
    start = span.start
    while span.end - start > longest:
        # In the second half, to make few of them, and not just before the end, to leave no stub without context. Three
        # frames together, because a single low one may be a consonant.
        places = range(start + longest // 2, min(start + longest, span.end - longest // 4) + 1)
        cut = min(places, key=lambda frame: sum(probabilities[frame - 1 : frame + 2]))
        yield Span(start, cut)
        start = cut
    yield Span(start, span.end)
