"""The answer to a voice note. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the recording and its words; times in seconds from the recording's start."""

    start_s: float
    end_s: float
    text: str
    mean_log_probability: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in a recording, and how far to trust it."""

    text: str
    confidence: float  # 0 to 1, see `confidence_of`; 0 without words
    language: str
    duration_s: float
    speech_s: float  # how much of the duration holds speech
    model: str  # the size that transcribed it
    model_wanted: str  # the size that the policy asked for
    window_retries: int  # stretches heard again on the full window after a guard fired
    segments: tuple[Segment, ...]

    @property
    def found_speech(self) -> bool:
        return bool(self.text)


def confidence_of(segments: Sequence[Segment]) -> float:
    """Geometric mean of the token probabilities, 0 to 1: `exp` of the token-weighted mean log-probability.

    >>> confidence_of([])
    0.0
    """
    tokens = sum(segment.tokens for segment in segments)
    if not tokens:
        return 0.0
    mean = sum(segment.mean_log_probability * segment.tokens for segment in segments) / tokens
    return min(1.0, math.exp(mean))
