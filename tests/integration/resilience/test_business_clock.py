"""One clock decides, the database's, and a day begins when it does in Buenos Aires.

`now()` is looked up by the search path, so a function of that name in a schema ahead of PostgreSQL's own sets the
database's clock for the service's statements, while the service's own clock goes on: a skew of months.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from cabanas.bootstrap import open_service
from cabanas.domain.errors import HoldExpired, InvalidRequest, StayUnavailable
from cabanas.domain.reservation import StayWish

pytestmark = pytest.mark.xdist_group("resilience")

CLOCK = """
    CREATE SCHEMA clock;
    CREATE TABLE clock.hand (moment timestamptz NOT NULL);
    INSERT INTO clock.hand VALUES (now());
    CREATE FUNCTION clock.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT moment FROM clock.hand'
"""


class Clock:
    def __init__(self, connection):
        self._connection = connection

    async def set(self, moment):
        await self._connection.execute("UPDATE clock.hand SET moment = $1", moment)


@pytest.fixture
async def clock(database_url):
    connection = await asyncpg.connect(database_url)
    await connection.execute(CLOCK)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"ALTER DATABASE {name} SET search_path = clock, pg_catalog, public")
    yield Clock(connection)
    await connection.close()


def wish(check_in, nights=2, cabin=1):
    return StayWish(cabin, check_in, check_in + timedelta(days=nights), 1, "web", "Ana", "+5491155500123")


@pytest.mark.parametrize(
    ("moment", "today"),
    [
        (datetime(2025, 10, 14, 2, 59, 59, 999999, UTC), date(2025, 10, 13)),
        (datetime(2025, 10, 14, 3, 0, tzinfo=UTC), date(2025, 10, 14)),
        (datetime(2026, 1, 1, 2, 59, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2026, 1, 1, 3, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2028, 3, 1, 2, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2031, 6, 15, 15, 0, tzinfo=UTC), date(2031, 6, 15)),
    ],
)
@pytest.mark.parametrize("session_zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
async def test_today_is_the_day_in_buenos_aires_by_the_databases_clock(
    clock, settings, database_url, moment, today, session_zone
):
    connection = await asyncpg.connect(database_url)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"ALTER DATABASE {name} SET timezone = '{session_zone}'")
    await connection.close()
    await clock.set(moment)
    async with open_service(settings) as service:
        with pytest.raises(InvalidRequest, match=f"today is {today}"):
            await service.hold_stay(wish(today - timedelta(days=1)))
        held = await service.hold_stay(wish(today))
        assert held.code.startswith(f"RES{today:%y%m%d}")
        assert held.expires_at == moment + settings.hold_duration
        with pytest.raises(InvalidRequest, match="check_in"):
            await service.hold_stay(wish(today + timedelta(days=settings.max_days_ahead + 1), cabin=2))


async def test_a_hold_ends_at_its_moment_and_not_before(clock, settings):
    start = datetime(2027, 5, 10, 12, 0, tzinfo=UTC)
    await clock.set(start)
    async with open_service(settings) as service:
        held = await service.hold_stay(wish(date(2027, 6, 1)))
        assert held.expires_at == start + settings.hold_duration
        await clock.set(held.expires_at - timedelta(microseconds=1))
        with pytest.raises(StayUnavailable):
            await service.hold_stay(wish(date(2027, 6, 2)))
        assert (await service.browse.reservation(held.code))["reservation_status"] == "pre_reserved"
        await clock.set(held.expires_at)
        assert (await service.browse.reservation(held.code))["reservation_status"] == "expired"
        with pytest.raises(HoldExpired):
            await service.settle.confirm(held.code)
        await service.hold_stay(wish(date(2027, 6, 2)))


async def test_a_hold_is_confirmed_up_to_its_last_moment(clock, settings):
    await clock.set(datetime(2027, 5, 10, 12, 0, tzinfo=UTC))
    async with open_service(settings) as service:
        held = await service.hold_stay(wish(date(2027, 6, 1)))
        await clock.set(held.expires_at - timedelta(microseconds=1))
        await service.settle.confirm(held.code)
        await clock.set(held.expires_at + timedelta(days=1))
        with pytest.raises(StayUnavailable):
            await service.hold_stay(wish(date(2027, 6, 1)))


async def test_at_the_moment_of_its_end_confirming_and_taking_never_both_succeed(clock, settings, database_url):
    connection = await asyncpg.connect(database_url)
    await clock.set(start := datetime(2027, 5, 10, 12, 0, tzinfo=UTC))
    async with open_service(settings) as service:
        for _ in range(40):
            await clock.set(start)
            held = await service.hold_stay(wish(date(2027, 6, 1)))
            _, confirmed, taken = await asyncio.gather(
                clock.set(held.expires_at),
                service.settle.confirm(held.code),
                service.hold_stay(wish(date(2027, 6, 1))),
                return_exceptions=True,
            )
            assert isinstance(confirmed, Exception) or isinstance(taken, Exception)
            await connection.execute("TRUNCATE reservations CASCADE")
    await connection.close()
