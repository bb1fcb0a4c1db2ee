"""Conversions between the units of time. Rounding is for renderers."""

from __future__ import annotations

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
MS_PER_S = 1_000


def ns_to_ms(duration_ns: float) -> float:
    return duration_ns / NS_PER_MS


def ns_to_s(duration_ns: float) -> float:
    return duration_ns / NS_PER_S


def s_to_ms(duration_s: float) -> float:
    return duration_s * MS_PER_S


def ms_to_s(duration_ms: float) -> float:
    return duration_ms / MS_PER_S
