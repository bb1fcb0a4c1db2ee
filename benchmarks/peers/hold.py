"""Holding a stay, beside the floor: the same statements and lock commands in bare asyncpg and redis-py."""

from __future__ import annotations

import uvloop
from benchmarks.hold import (
    BLOCKS,
    CLIENTS,
    CPU_BAR_MS,
    HOLDS_A_TURN,
    RATIO_BAR,
    REQUESTS_A_BLOCK,
    free_wishes,
    measure_http,
    open_bare,
    open_house,
    open_ours,
    start_measured_service,
)
from benchmarks.peers.rows import Bar, Effort, Section, compare, percentile_bar

from cabanas.embedded import EmbeddedServers
from cabanas_perf.runners.pairs import PairRun, Timer, Variant, run_pairs

_CAUSE = "framework, validation and the log line take what the two statements leave"


def run(effort: Effort) -> Section:
    with open_house() as servers:
        done = uvloop.run(_measure(effort, servers))
    with open_house() as servers, start_measured_service(servers) as service:
        costs_ms, _ = uvloop.run(measure_http(service.base_url, service.pid))
    to_us = 1e3 * HOLDS_A_TURN
    row = compare(
        "bare asyncpg and redis-py",
        "us a hold",
        [ns / to_us for ns in done.head_ns],
        [ns / to_us for ns in done.base_ns],
        done.ratios,
        "the floor; ours also validates, borrows from pools, and looks at the clock of every stage",
    )
    ratio = row.ratio
    direct = Bar("hold, called directly, by the floor", "times", RATIO_BAR, ratio.ratio, ratio.low, ratio.high, _CAUSE)
    over_http = percentile_bar(
        "hold over HTTP, processor time of the service", "ms a request", CPU_BAR_MS, costs_ms, 0.5, cause=_CAUSE
    )
    return Section(
        title="Holding a stay",
        given=(
            f"Free single nights, {HOLDS_A_TURN} holds a turn, one after the other on one event loop; embedded "
            "PostgreSQL with commits on disk, and Valkey, on unix sockets; wall time. "
            "What a hold does beyond its two statements and two lock commands is what the ratio shows. Over HTTP: "
            f"{BLOCKS} blocks of {REQUESTS_A_BLOCK} requests by {CLIENTS} clients, default settings, rate limiting off."
        ),
        rows=(row, direct, over_http),
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
