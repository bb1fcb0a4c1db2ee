"""Realistic data for a database that is ours to fill: cabins, and years of reservations in them."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import asyncpg

from cabanas.db.made_up import COLUMNS, Cabin, make_cabins, make_reservations
from cabanas.db.pool import Connection
from cabanas.db.url import to_asyncpg_url

_FEWEST_CABINS = 24
_RESERVATIONS_PER_CABIN = 250
"""How many fit into any cabin's timeline with room to spare."""
_BARE_TABLE_FROM_ROWS = 20_000
"""From here on building indexes once beats keeping them up to date row by row."""
_COPY_CHUNK_BYTES = 1 << 20

# What the last year left behind, beginning with the message that asked for each reservation. All of it is done with:
# a worker finds nothing to send. Table by table, as the later ones point at the earlier ones.
_HISTORY = {
    "inbox": """
        INSERT INTO inbox (
            source, kind, provider_id, lane, said_at, payload, received_at, available_at, attempts, processed_at
        )
        SELECT 'whatsapp', 'message', 'wamid.' || code, contact_phone, created_at, '{"type": "text"}', created_at,
               created_at, 1, created_at + interval '1 s'
        FROM reservations
        WHERE created_at >= $1::date - 365
        ORDER BY created_at, id
    """,
    "outbox": """
        INSERT INTO outbox (kind, recipient, reservation_id, inbox_id, created_at, available_at, attempts, sent_at)
        SELECT 'reservation_held', r.contact_phone, r.id, i.id, r.created_at, r.created_at, 1,
               r.created_at + interval '2 s'
        FROM reservations r
        JOIN inbox i ON i.provider_id = 'wamid.' || r.code
        WHERE r.created_at >= $1::date - 365
        ORDER BY r.created_at, r.id
    """,
    "payments": """
        INSERT INTO payments (
            provider_id, reservation_id, status, amount, currency, was_approved, standing, snapshot_at, created_at
        )
        SELECT (9000000000 + id)::text, id, 'approved', deposit_amount, 'ARS', true, 'settled', confirmed_at,
               confirmed_at
        FROM reservations
        WHERE created_at >= $1::date - 365 AND reservation_status = 'confirmed'
        ORDER BY created_at, id
    """,
    "conversations": """
        INSERT INTO conversations (contact, memory, updated_at)
        SELECT contact_phone, '{"turns": []}', max(created_at)
        FROM reservations
        WHERE created_at >= $1::date - 365
        GROUP BY contact_phone
        ORDER BY contact_phone
    """,
    "idempotency_keys": """
        INSERT INTO idempotency_keys (key, fingerprint, reservation_id, created_at)
        SELECT 'seeded ' || code, '\\x00', id, created_at
        FROM reservations
        WHERE created_at >= $1::date - 2
    """,
}


def cabins_for(reservations: int) -> int:
    """How many cabins have room for that many reservations."""
    return max(_FEWEST_CABINS, -(-reservations // _RESERVATIONS_PER_CABIN))


async def seed(
    database_url: str,
    *,
    cabins: int = _FEWEST_CABINS,
    reservations: int = 0,
    rng_seed: int = 0,
    today: date | None = None,
) -> None:
    """Add ``cabins`` and ``reservations`` to an empty schema, by COPY, and let the planner look at them.

    The same seed and day give the same rows. History lies three years back; the nights ahead are taken more
    thinly the farther off they are. The last year's messages, notices and payments are there too, all dealt with.
    Large amounts are copied into bare tables whose constraints and indexes are rebuilt, and so checked,
    before the transaction ends.

    Raises:
        ValueError: when there is no room for that many reservations in so few cabins.
    """
    connection = await asyncpg.connect(to_asyncpg_url(database_url))
    try:
        day = today or await connection.fetchval("SELECT current_date")
        rng = random.Random(rng_seed)
        made = make_cabins(cabins, rng)
        booked = make_reservations(made, reservations, day, rng)
        if (room := sum(lines.count(b"\n") for lines in booked.values())) < reservations:
            msg = f"{cabins} cabins have room for {room} reservations only; {cabins_for(reservations)} would do"
            raise ValueError(msg)
        async with connection.transaction():
            await _copy_cabins(connection, made)
            async with _bare(connection, "reservations", when=reservations >= _BARE_TABLE_FROM_ROWS):
                await connection.copy_to_table("reservations", columns=COLUMNS, source=_in_chunks(booked))
            for table, history in _HISTORY.items():
                async with _bare(connection, table, when=reservations >= _BARE_TABLE_FROM_ROWS):
                    await connection.execute(history, day)
        await connection.execute(f"VACUUM (ANALYZE) accommodations, reservations, {', '.join(_HISTORY)}")
    finally:
        await connection.close()


async def _copy_cabins(connection: Connection, cabins: list[Cabin]) -> None:
    await connection.copy_records_to_table(
        "accommodations",
        columns=("id", "name", "capacity", "base_price", "weekend_multiplier"),
        records=[
            (i, cabin.name, cabin.capacity, cabin.tariff.base_price, cabin.tariff.weekend_multiplier)
            for i, cabin in enumerate(cabins, 1)
        ],
    )
    await connection.execute("SELECT setval(pg_get_serial_sequence('accommodations', 'id'), $1)", len(cabins))


async def _in_chunks(booked: dict[int, bytearray]) -> AsyncIterator[bytes]:
    """The lines day by day. Each day is given up once it is on its way."""
    chunk = bytearray()
    for day in sorted(booked):
        chunk += booked.pop(day)
        if len(chunk) >= _COPY_CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)


@asynccontextmanager
async def _bare(connection: Connection, table: str, *, when: bool) -> AsyncIterator[None]:
    """The table without its exclusion, unique and foreign keys and its secondary indexes for the block.

    They come back as they were; building them checks every row. The primary key stays, as other tables point at it.
    """
    if not when:
        yield
        return
    constraints = await connection.fetch(
        """
        SELECT quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
        FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype IN ('x', 'u', 'f') ORDER BY oid
        """,
        table,
    )
    for constraint in constraints:
        await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint['name']}")
    indexes = await connection.fetch(
        """
        SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
        FROM pg_index WHERE indrelid = to_regclass($1) AND NOT indisprimary ORDER BY indexrelid
        """,
        table,
    )
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
    for index in indexes:
        await connection.execute(index["definition"])
    for constraint in constraints:
        await connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint['name']} {constraint['definition']}")
