"""The schema grows from nothing and from each revision before, with the rows that are there, and goes back."""

from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from cabanas.db.migrate import migrate
from cabanas.db.url import to_sqlalchemy_url

pytestmark = pytest.mark.xdist_group("resilience")

FOLDER = Path(str(files("cabanas.db") / "migrations"))
REVISIONS = [script.revision for script in ScriptDirectory(FOLDER).walk_revisions()][::-1]
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
SHAPE = """
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
        || coalesce(' ' || column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    ORDER BY 1
"""
CABIN = "INSERT INTO accommodations (name, capacity, base_price) VALUES ('Cabaña del Lago', 4, 100000) RETURNING id"
STAY = """
    INSERT INTO reservations (code, accommodation_id, check_in, check_out, guests, total_price, deposit_amount,
        reservation_status, channel, contact_name, contact_phone, expires_at)
    VALUES ($1, 1, $2::text::date, $3::text::date, 2, 200000, 60000, 'confirmed', 'web', 'Ana', '+5491155500123', now())
"""


async def downgrade(url, revision):
    """The way back, which the service itself never goes."""
    engine = create_async_engine(to_sqlalchemy_url(url), poolclass=NullPool)

    def go_back(connection):
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.downgrade(config, revision)

    async with engine.connect() as connection:
        await connection.run_sync(go_back)
        await connection.commit()
    await engine.dispose()


@pytest.fixture
async def empty(servers):
    """The URL of an empty database, and a connection to it."""
    admin = await asyncpg.connect(servers.database_url)
    await admin.execute("CREATE DATABASE growing")
    url = servers.database_url.replace("/cabanas?", "/growing?")
    connection = await asyncpg.connect(url)
    yield url, connection
    await connection.close()
    await admin.execute("DROP DATABASE growing WITH (FORCE)")
    await admin.close()


async def shape_of(connection):
    return [row[0] for row in await connection.fetch(SHAPE)]


async def assert_stays_are_kept_apart(connection):
    with pytest.raises(asyncpg.ExclusionViolationError, match="no_overlap_reservations"):
        await connection.execute(STAY, "RES2", "2030-01-03", "2030-01-05")
    await connection.execute(STAY, "RES3", "2030-01-04", "2030-01-06")


async def test_an_empty_database_gets_the_schema_and_the_constraint(empty):
    url, connection = empty
    await migrate(url)
    await migrate(url)  # nothing left to do
    await connection.execute(CABIN)
    await connection.execute(STAY, "RES1", "2030-01-01", "2030-01-04")
    await assert_stays_are_kept_apart(connection)


@pytest.mark.parametrize("revision", REVISIONS[:-1])
async def test_a_database_of_an_earlier_revision_keeps_its_rows(empty, revision):
    url, connection = empty
    await migrate(url, revision)
    await connection.execute(CABIN)
    await connection.execute(STAY, "RES1", "2030-01-01", "2030-01-04")
    await migrate(url)
    assert await connection.fetchval("SELECT code FROM reservations") == "RES1"
    await assert_stays_are_kept_apart(connection)
    way_found = await shape_of(connection)
    await downgrade(url, "base")
    await migrate(url)
    assert await shape_of(connection) == way_found


@pytest.mark.parametrize("revision", REVISIONS)
async def test_each_step_back_undoes_its_step_forward(empty, revision):
    url, connection = empty
    before = (["base", *REVISIONS])[REVISIONS.index(revision)]
    if before != "base":
        await migrate(url, before)
    shape = await shape_of(connection)
    await migrate(url, revision)
    assert await shape_of(connection) != shape
    await downgrade(url, before)
    left = await shape_of(connection)
    assert [line for line in left if "alembic_version" not in line] == [
        line for line in shape if "alembic_version" not in line
    ]
