"""O5: a pre-reservation that waits for WhatsApp, and one that leaves the message in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cabanas.domain.reservation import StayWish
from cabanas_perf.measurement.percentiles import percentile_of_sorted
from cabanas_perf.runners.optimizations.bench import AtOnce, Bench, Condition, Measured
from cabanas_perf.runners.optimizations.holds import FreeStays
from cabanas_perf.runners.pairs import Timer
from cabanas_perf.stubs import Behaviour
from cabanas_perf.workloads.before.service import DocumentService

HOLDS_AT_ONCE = 20
_PAIRS = 6
"""Each waits twice for messages of up to 800 ms; the saving is so large that more would prove no more."""


async def measure_outbox(
    bench: Bench, inline: DocumentService, outbox: DocumentService, free_stays: FreeStays, providers: Behaviour
) -> Measured:
    """O5. The claim is about the P95. A worker has to be running, which sends what lies in the outbox."""
    taking = f"messages taking {providers.latency_min_ms:g} to {providers.latency_max_ms:g} ms"
    point = await bench.compare(
        Condition(f"P95 of {HOLDS_AT_ONCE} at once, {taking}", float(HOLDS_AT_ONCE)),
        AtOnce(_holding(inline), _p95, before=free_stays.free),
        AtOnce(_holding(outbox), _p95, before=free_stays.free),
        draw=lambda: [free_stays.take(HOLDS_AT_ONCE)],
        pairs=_PAIRS,
        timer=Timer.WALL,
        warmup_pairs=1,
    )
    note = "the guest's message leaves as late as before; that it failed no longer shows in the answer"
    return Measured((point,), point.condition, notes=(note,))


def _holding(service: DocumentService) -> Any:
    async def hold(wish: StayWish) -> tuple[object, ...]:
        held = await service.hold(wish)
        # The code and the moment of expiry are new each time.
        return held.accommodation_id, held.stay, held.guests, held.total_price, held.deposit_amount, held.status

    return hold


def _p95(latencies_ns: Sequence[int]) -> float:
    return percentile_of_sorted(sorted(latencies_ns), 0.95)
