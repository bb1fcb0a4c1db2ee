"""O6: the list of cabins with their reservations, by a query for each cabin and eagerly, at three sizes.

The data lies in a schema of its own, copied from the service's tables with their indexes, and dropped at the end.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from cabanas.db.pool import Connection
from cabanas.db.url import to_asyncpg_url
from cabanas_perf.runners.optimizations.bench import Bench, Condition, Measured
from cabanas_perf.runners.pairs import Timer, Variant
from cabanas_perf.workloads.before.cabins import ListCabins, list_eagerly, list_one_by_one

_PAIRS_BY_CABINS = {10: 40, 100: 40, 1000: 10}
_HEADLINE_CABINS = 100
_STAYS_PER_CABIN = 10

_FILL = f"""
CREATE TABLE accommodations (LIKE public.accommodations INCLUDING ALL);
CREATE TABLE reservations (LIKE public.reservations INCLUDING ALL);
INSERT INTO accommodations (id, name, capacity, base_price)
SELECT n, 'Cabin ' || n, 4, 50000 FROM generate_series(1, {max(_PAIRS_BY_CABINS)}) n;
INSERT INTO reservations (
    code, accommodation_id, check_in, check_out, guests, total_price, deposit_amount, reservation_status, channel,
    contact_name, contact_phone, expires_at
)
SELECT 'N' || a.id || '-' || n, a.id, date '2026-01-01' + 7 * n, date '2026-01-04' + 7 * n, 2, 150000, 45000,
       'confirmed', 'web', 'Guest', '+5490000000000', now()
FROM accommodations a, generate_series(1, {_STAYS_PER_CABIN}) n;
ANALYZE accommodations, reservations
"""  # noqa: S608 - constants


async def measure_eager_loading(bench: Bench, database_url: str, run_id: str) -> Measured:
    """O6. Round trips grow with the cabins on one side and do not on the other: a curve over their number."""
    points = []
    async with open_scratch(database_url, run_id) as connection:
        for cabins, pairs in _PAIRS_BY_CABINS.items():
            point = await bench.compare(
                Condition(f"{cabins:,} cabins", float(cabins)),
                Variant("one by one", _listing(list_one_by_one, connection)),
                Variant("eagerly", _listing(list_eagerly, connection)),
                draw=lambda limit=cabins: [limit],  # type: ignore[misc]
                pairs=pairs,
                timer=Timer.WALL,
                warmup_pairs=1,
            )
            points.append(point)
    headline = next(point.condition for point in points if point.at == _HEADLINE_CABINS)
    note = "the service's own list is one query; the pattern is this project's before, not something found in it"
    return Measured(tuple(points), headline, notes=(note,))


def _listing(list_cabins: ListCabins, connection: Connection) -> Callable[[int], Any]:
    async def list_first(limit: int) -> Any:
        return await list_cabins(connection, limit)

    return list_first


@asynccontextmanager
async def open_scratch(database_url: str, run_id: str) -> AsyncIterator[Connection]:
    """A connection that sees a thousand cabins, ten reservations each, for the block."""
    schema = "ledger_" + re.sub(r"\W", "_", run_id)
    connection = await asyncpg.connect(to_asyncpg_url(database_url))
    try:
        await connection.execute(f"CREATE SCHEMA {schema}")
        try:
            await connection.execute(f"SET search_path TO {schema}, public")
            await connection.execute(_FILL)
            yield connection
        finally:
            await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    finally:
        await connection.close()
