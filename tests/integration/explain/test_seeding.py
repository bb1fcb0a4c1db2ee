"""Seeding: the same rows for the same seed and day, skewed like life, and every constraint back in its place."""

import asyncio
from datetime import date

import asyncpg
import pytest

from cabanas.db.migrate import migrate
from cabanas.db.seed import cabins_for, seed

TODAY = date(2026, 3, 1)
MANY = 25_000
CATALOGUE = """
SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
) AS t (line)
"""
CONTENTS = "SELECT md5(string_agg(r::text, ',' ORDER BY id)) FROM (SELECT * FROM reservations) AS r"


async def fetch(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def fill(url: str, reservations: int, **options: object) -> None:
    cabins = options.pop("cabins", cabins_for(reservations))
    asyncio.run(seed(url, cabins=cabins, reservations=reservations, today=TODAY, **options))


@pytest.fixture
def migrated_url(empty_url: str) -> str:
    asyncio.run(migrate(empty_url))
    return empty_url


def test_a_large_seed_leaves_constraints_and_indexes_as_they_were(migrated_url):
    before = asyncio.run(fetch(migrated_url, CATALOGUE))
    fill(migrated_url, MANY)
    assert asyncio.run(fetch(migrated_url, CATALOGUE)) == before
    assert asyncio.run(fetch(migrated_url, "SELECT count(*) FROM reservations")) == MANY
    assert asyncio.run(fetch(migrated_url, "SELECT bool_and(convalidated) FROM pg_constraint"))
    with pytest.raises(asyncpg.ExclusionViolationError):
        asyncio.run(
            fetch(
                migrated_url,
                "INSERT INTO reservations (code, accommodation_id, check_in, check_out, guests, total_price,"
                " deposit_amount, reservation_status, channel, contact_name, contact_phone, expires_at)"
                " SELECT 'TWICE', accommodation_id, check_in, check_out, guests, total_price, deposit_amount,"
                " reservation_status, channel, contact_name, contact_phone, expires_at FROM reservations"
                " WHERE reservation_status = 'confirmed' LIMIT 1",
            )
        )


@pytest.mark.parametrize("reservations", [500, MANY], ids=["few", "many"])
def test_the_same_seed_and_day_give_the_same_rows(migrated_url, reservations):
    contents = []
    for rng_seed in (1, 1, 2):
        asyncio.run(
            fetch(migrated_url, "TRUNCATE accommodations, reservations, inbox, outbox, payments, conversations,"
                  " idempotency_keys RESTART IDENTITY")
        )  # fmt: skip
        fill(migrated_url, reservations, rng_seed=rng_seed)
        # Creation times of cabins and updated_at are the moment of seeding.
        columns = "SELECT code, accommodation_id, period, guests, total_price, reservation_status, created_at, id"
        contents.append(asyncio.run(fetch(migrated_url, CONTENTS.replace("SELECT *", columns))))
    assert contents[0] == contents[1] != contents[2]


def test_the_data_is_skewed_like_life(migrated_url):
    fill(migrated_url, 10_000)
    per_cabin = "SELECT count(*) AS n FROM reservations GROUP BY accommodation_id"
    assert asyncio.run(fetch(migrated_url, f"SELECT max(n) > 2 * min(n) FROM ({per_cabin}) AS c"))
    by_month = (
        "SELECT count(*) FILTER (WHERE extract(month FROM check_in) = 1)"
        " > 2 * count(*) FILTER (WHERE extract(month FROM check_in) = 5) FROM reservations"
    )
    assert asyncio.run(fetch(migrated_url, by_month))
    shares = "SELECT count(*) FILTER (WHERE reservation_status = '{}')::float / count(*) FROM reservations"
    assert 0.2 < asyncio.run(fetch(migrated_url, shares.format("cancelled"))) < 0.6
    assert 0.4 < asyncio.run(fetch(migrated_url, shares.format("confirmed"))) < 0.8


def test_holds_are_of_both_sorts_and_no_work_waits(migrated_url):
    asyncio.run(seed(migrated_url, cabins=cabins_for(20_000), reservations=20_000))
    holds = "SELECT count(*) FROM reservations WHERE reservation_status = 'pre_reserved' AND expires_at {} now()"
    assert asyncio.run(fetch(migrated_url, holds.format(">"))) > 0
    assert asyncio.run(fetch(migrated_url, holds.format("<="))) > 0
    assert asyncio.run(fetch(migrated_url, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")) == 0
    assert asyncio.run(fetch(migrated_url, "SELECT count(*) FROM inbox WHERE processed_at IS NULL")) == 0
    assert asyncio.run(fetch(migrated_url, "SELECT count(*) FROM outbox")) > 0


def test_too_few_cabins_are_refused_and_nothing_is_written(migrated_url):
    with pytest.raises(ValueError, match="cabins have room for"):
        fill(migrated_url, 5_000, cabins=3)
    assert asyncio.run(fetch(migrated_url, "SELECT count(*) FROM accommodations")) == 0


@pytest.mark.parametrize("reservations", [1, 6_000, 6_001])
def test_there_is_room_for_what_was_asked(migrated_url, reservations):
    fill(migrated_url, reservations)
    assert asyncio.run(fetch(migrated_url, "SELECT count(*) FROM reservations")) == reservations
