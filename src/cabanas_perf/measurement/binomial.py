"""Exact tails of the binomial distribution, without scipy, fast enough for millions of trials.

Terms are computed in log space and summed outwards from the asked count until they no longer matter, which
takes a few standard deviations' worth of steps, whatever the number of trials.
"""

from __future__ import annotations

import math

_NEGLIGIBLE = 1e-17


def at_most(k: int, n: int, p: float) -> float:
    """P(X <= k) for X ~ Binomial(n, p)."""
    if k < 0:
        return 0.0
    if k >= n or p <= 0:
        return 1.0
    if p >= 1:
        return 0.0
    if k < n * p:
        return _tail_down(k, n, p)
    # Above the mean the terms grow towards k, so the short way is the other tail.
    return 1 - _tail_down(n - k - 1, n, 1 - p)


def at_least(k: int, n: int, p: float) -> float:
    """P(X >= k) for X ~ Binomial(n, p)."""
    return at_most(n - k, n, 1 - p)


def _tail_down(k: int, n: int, p: float) -> float:
    """Sum of the terms k, k - 1, ..., 0; needs 0 < p < 1 and k not far above the mean."""
    log_term = (
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p)
    )
    # Relative to the first term: exp() of a far tail would underflow, a ratio does not.
    odds = (1 - p) / p
    total = term = 1.0
    while k > 0:
        term *= k / (n - k + 1) * odds
        total += term
        k -= 1
        if term < total * _NEGLIGIBLE:
            break
    return min(1.0, math.exp(log_term) * total)
