"""Acknowledging a webhook: beside a bare durable insert, and whatever the provider does."""

from __future__ import annotations

import argparse
import asyncio
import random

from benchmarks.peers.rows import Bar, Effort, Section, compare, median_of, percentile_bar
from benchmarks.webhook_ack import (
    BARE_INSERT,
    CONDITIONS,
    MAX_P50_MS,
    MAX_RATIO,
    MAX_TIMES_BARE_INSERT,
    REFERENCE,
    bootstrap_bounds,
    measure,
    p95_ratio,
)

from cabanas.embedded import provide_servers

RATE_RPS, ROUNDS = 20.0, 5
_CAUSE = "a commit on this disk, and HTTP around it"


def run(effort: Effort) -> Section:
    options = argparse.Namespace(rounds=ROUNDS, rate=RATE_RPS, block_s=effort.block_s, pause_s=0.3, seed=0)
    with provide_servers() as servers:
        found = asyncio.run(measure(servers, options))
    usual, bare = ([median_of(block) for block in found[name]] for name in (REFERENCE, BARE_INSERT))
    beside_insert = compare(
        "a bare durable insert",
        "ms until answered",
        usual,
        bare,
        [mine / other for mine, other in zip(usual, bare, strict=True)],
        "the floor; ours also answers HTTP, checks the signature and reads the batch",
    )
    ratio = beside_insert.ratio
    by_insert = Bar(
        "webhook acknowledged, by a bare durable insert", "times", MAX_TIMES_BARE_INSERT, ratio.ratio, ratio.low,
        ratio.high, _CAUSE,
    )  # fmt: skip
    all_ms = [ms for name in CONDITIONS for block in found[name] for ms in block]
    at_once = percentile_bar("webhook acknowledged, P50", "ms", MAX_P50_MS, all_ms, 0.5, cause=_CAUSE)
    return Section(
        title="Acknowledging a webhook",
        given=(
            f"Signed WhatsApp texts to the service over HTTP at {RATE_RPS:g} a second, from when each was due; "
            f"{ROUNDS} rounds of {effort.block_s:g} s a condition, in turns. The provider answers in 0, 600 or 5,000 "
            "ms, refuses, fails or is away. Each condition's P95 by the first's; intervals by a bootstrap over rounds."
        ),
        rows=(beside_insert, at_once, by_insert, *(_unmoved(name, found) for name in CONDITIONS if name != REFERENCE)),
    )


def _unmoved(name: str, found: dict[str, list[list[float]]]) -> Bar:
    """Whether the acknowledgement waits for the provider: the bar is on the interval's lower end."""
    low, high = bootstrap_bounds(found[name], found[REFERENCE], random.Random(0))
    cause = "replies are sent, and tried again, by the process that acknowledges, on the same cores"
    what = f"webhook acknowledged, P95 while the provider: {name}, by P95 while it answers at once"
    return Bar(what, "times", MAX_RATIO, p95_ratio(found[name], found[REFERENCE]), low, high, cause)
