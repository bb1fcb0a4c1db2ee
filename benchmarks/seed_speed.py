"""How long seeding takes: ``python benchmarks/seed_speed.py 100000 1000000``, on embedded PostgreSQL."""

from __future__ import annotations

import asyncio
import sys
from time import perf_counter

from cabanas.db.migrate import migrate
from cabanas.db.seed import cabins_for, seed
from cabanas.embedded import provide_servers

SIZES = (100_000, 1_000_000)


def time_seeding(reservations: int) -> float:
    """Seconds to seed a fresh, migrated database."""
    with provide_servers(redis=False) as servers:
        assert servers.database_url is not None
        asyncio.run(migrate(servers.database_url))
        started = perf_counter()
        asyncio.run(seed(servers.database_url, cabins=cabins_for(reservations), reservations=reservations))
        return perf_counter() - started


def main() -> None:
    for reservations in [int(size) for size in sys.argv[1:]] or SIZES:
        elapsed_s = time_seeding(reservations)
        print(f"{reservations} reservations: {elapsed_s:.1f} s, {reservations / elapsed_s:.0f} rows/s")  # noqa: T201 - a script talks to its user


if __name__ == "__main__":
    main()
