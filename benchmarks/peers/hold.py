"""Holding a stay, beside the floor: the same statements and lock commands in bare asyncpg and redis-py."""

from __future__ import annotations

import uvloop
from benchmarks.hold import HOLDS_A_TURN, free_wishes, open_bare, open_house, open_ours
from benchmarks.peers.rows import Effort, Section, compare

from cabanas.embedded import EmbeddedServers
from cabanas_perf.runners.pairs import PairRun, Timer, Variant, run_pairs


def run(effort: Effort) -> Section:
    with open_house() as servers:
        done = uvloop.run(_measure(effort, servers))
    to_us = 1e3 * HOLDS_A_TURN
    row = compare(
        "bare asyncpg and redis-py",
        "us a hold",
        [ns / to_us for ns in done.head_ns],
        [ns / to_us for ns in done.base_ns],
        done.ratios,
        "the floor: no validation, no pool, no idempotency, no outbox",
    )
    return Section(
        title="Holding a stay",
        given=(
            f"Free single nights, {HOLDS_A_TURN} holds a turn, one after the other on one event loop; embedded "
            "PostgreSQL with commits on disk, and Valkey, on unix sockets; wall time. "
            "What a hold does beyond its two statements and two lock commands is what the ratio shows."
        ),
        rows=(row,),
    )


async def _measure(effort: Effort, servers: EmbeddedServers) -> PairRun:
    wishes = free_wishes()
    async with open_ours(servers) as ours, open_bare(servers) as bare:
        # A night can be held once, so each side takes the next free ones.
        async def hold_ours(_: int) -> object:
            return await ours(next(wishes))

        async def hold_bare(_: int) -> object:
            return await bare(next(wishes))

        return await run_pairs(
            Variant("bare", hold_bare),
            Variant("ours", hold_ours),
            draw=lambda: range(HOLDS_A_TURN),
            pairs=effort.pairs,
            seed=0,
            timer=Timer.WALL,
            equal=None,
        )
