"""O4: the price of a stay by a loop over its nights, and in closed form."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from cabanas.domain.pricing import Quote, Tariff, quote_stay
from cabanas.domain.stay import Stay
from cabanas_perf.runners.optimizations.bench import Bench, Condition, Measured
from cabanas_perf.runners.pairs import Timer, Variant
from cabanas_perf.runners.run import derive_seed
from cabanas_perf.workloads.before.pricing import quote_by_the_night

_TARIFF = Tariff(Decimal("85000.00"), Decimal("1.20"))
_NIGHTS = (1, 2, 3, 7, 14, 30, 60)
_USUAL_NIGHTS = (2, 5)
"""What the pre-reservation workload asks for, the shortest and the longest."""
_USUAL = "stays of 2 to 5 nights"
_STAYS = 500
_PAIRS = 20
_FIRST_DAY = date(2026, 1, 1)


async def measure_closed_form(bench: Bench) -> Measured:
    """O4. The loop grows with the stay and the closed form does not: a curve over the nights."""
    rng = random.Random(derive_seed(bench.seed, "O4"))  # noqa: S311 - reproducible input
    ranges = {_USUAL: _USUAL_NIGHTS} | {f"{nights} night{'s' * (nights > 1)}": (nights, nights) for nights in _NIGHTS}
    points = []
    for name, (shortest, longest) in ranges.items():
        point = await bench.compare(
            Condition(name, float(longest) if shortest == longest else None),
            Variant("loop", _price(quote_by_the_night)),
            Variant("closed form", _price(quote_stay)),
            draw=lambda between=(shortest, longest): _draw_stays(rng, *between),  # type: ignore[misc]
            pairs=_PAIRS,
            timer=Timer.CPU,
        )
        points.append(point)
    return Measured(tuple(points), _USUAL)


def _price(quote: Callable[[Tariff, Stay], Quote]) -> Callable[[Stay], Quote]:
    return lambda stay: quote(_TARIFF, stay)


def _draw_stays(rng: random.Random, shortest: int, longest: int) -> Sequence[Stay]:
    starts = (_FIRST_DAY + timedelta(days=rng.randrange(365)) for _ in range(_STAYS))
    return [Stay(start, start + timedelta(days=rng.randint(shortest, longest))) for start in starts]
