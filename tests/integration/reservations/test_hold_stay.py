"""Holding stays on a real PostgreSQL with a real lock server."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from cabanas.bootstrap import open_service
from cabanas.domain.errors import (
    AccommodationNotFound,
    HoldExpired,
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    InvalidRequest,
    InvalidTransition,
    StayUnavailable,
)
from cabanas.domain.reservation import StayWish
from cabanas.settings import BUSINESS_TIME_ZONE
from cabanas.stages import Recording

TODAY = datetime.now(ZoneInfo(BUSINESS_TIME_ZONE)).date()


def wish(*, cabin=1, days_ahead=30, nights=3, guests=2, channel="web"):
    check_in = TODAY + timedelta(days=days_ahead)
    return StayWish(
        accommodation_id=cabin,
        check_in=check_in,
        check_out=check_in + timedelta(days=nights),
        guests=guests,
        channel=channel,
        contact_name="Ana Pérez",
        contact_phone="+5491145678901",
    )


@pytest.fixture
async def database(database_url):
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def end_hold(database, code):
    await database.execute("UPDATE reservations SET expires_at = now() WHERE code = $1", code)


async def test_a_stay_held_by_whatsapp_is_a_row_and_a_notice(service, database):
    held = await service.hold_stay(wish(channel="whatsapp"))
    row = await database.fetchrow("SELECT * FROM reservations WHERE code = $1", held.code)
    assert (row["reservation_status"], row["total_price"]) == ("pre_reserved", held.total_price)
    assert row["expires_at"] == held.expires_at
    assert timedelta(minutes=29) < held.expires_at - datetime.now(UTC) < timedelta(minutes=31)
    notice = await database.fetchrow("SELECT * FROM outbox WHERE reservation_id = $1", row["id"])
    assert (notice["kind"], notice["recipient"]) == ("reservation_held", "+5491145678901")


async def test_the_seven_steps_are_named_stages(service):
    with Recording() as recording:
        await service.hold_stay(wish())
    assert [span.name for span in recording.spans] == [
        "validate",
        "load_accommodation",
        "price",
        "lock_acquire",
        "overlap_insert",
        "lock_release",
    ]


@pytest.mark.parametrize(("offset", "granted"), [(-3, True), (-2, False), (0, False), (2, False), (3, True)])
async def test_stays_may_touch_and_must_not_overlap(service, offset, granted):
    await service.hold_stay(wish(days_ahead=30))
    second = service.hold_stay(wish(days_ahead=30 + offset))
    if granted:
        await second
    else:
        with pytest.raises(StayUnavailable):
            await second


async def test_another_cabin_is_not_in_the_way(service):
    await service.hold_stay(wish(cabin=1))
    await service.hold_stay(wish(cabin=2))


async def test_one_of_many_at_once_wins(service, database):
    results = await asyncio.gather(
        *(service.hold_stay(wish(days_ahead=30 + i % 3)) for i in range(24)), return_exceptions=True
    )
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert {type(result) for result in results if isinstance(result, Exception)} == {StayUnavailable}
    assert await database.fetchval("SELECT count(*) FROM reservations") == 1


async def test_a_hold_past_its_end_gives_way_without_any_job(service, database):
    first = await service.hold_stay(wish())
    await end_hold(database, first.code)
    second = await service.hold_stay(wish(days_ahead=31))
    states = dict(await database.fetch("SELECT code, reservation_status FROM reservations"))
    assert states == {first.code: "expired", second.code: "pre_reserved"}


async def test_several_ended_holds_give_way_to_one_long_stay(service, database):
    for days_ahead in (30, 33, 36):
        await end_hold(database, (await service.hold_stay(wish(days_ahead=days_ahead))).code)
    await service.hold_stay(wish(days_ahead=31, nights=7))
    counts = dict(await database.fetch("SELECT reservation_status, count(*) FROM reservations GROUP BY 1"))
    assert counts == {"expired": 3, "pre_reserved": 1}


async def test_many_at_once_over_ended_holds_still_have_one_winner(service, database):
    for days_ahead in (30, 33, 36):
        await end_hold(database, (await service.hold_stay(wish(days_ahead=days_ahead))).code)
    results = await asyncio.gather(
        *(service.hold_stay(wish(days_ahead=30 + i % 4, nights=6)) for i in range(24)), return_exceptions=True
    )
    assert [type(result) for result in results].count(StayUnavailable) == 23
    assert await database.fetchval("SELECT count(*) FROM reservations WHERE reservation_status = 'pre_reserved'") == 1


async def test_an_ended_hold_cannot_be_confirmed(service, database):
    held = await service.hold_stay(wish())
    await end_hold(database, held.code)
    with pytest.raises(HoldExpired):
        await service.settle.confirm(held.code)
    assert (await service.browse.reservation(held.code))["reservation_status"] == "expired"


async def test_confirming_and_holding_an_ended_hold_at_once_never_both_succeed(service, database):
    for _ in range(40):
        held = await service.hold_stay(wish())
        await database.execute(
            "UPDATE reservations SET expires_at = clock_timestamp() + interval '2 ms' WHERE code = $1", held.code
        )
        confirmed, taken = await asyncio.gather(
            service.settle.confirm(held.code), service.hold_stay(wish()), return_exceptions=True
        )
        blocking = await database.fetchval(
            "SELECT count(*) FROM reservations WHERE reservation_status IN ('pre_reserved', 'confirmed')"
        )
        assert blocking <= 1
        assert isinstance(confirmed, Exception) or isinstance(taken, Exception)
        await database.execute("TRUNCATE reservations CASCADE")


async def test_a_confirmed_stay_keeps_its_nights_and_a_cancelled_one_frees_them(service):
    held = await service.hold_stay(wish())
    await service.settle.confirm(held.code)
    await service.settle.confirm(held.code)  # repeated, and still confirmed
    with pytest.raises(StayUnavailable):
        await service.hold_stay(wish())
    await service.settle.cancel(held.code)
    await service.hold_stay(wish())
    with pytest.raises(InvalidTransition):
        await service.settle.confirm(held.code)


async def test_the_house_refuses_too_many_guests_the_past_and_unknown_cabins(service):
    with pytest.raises(InvalidRequest, match="guests"):
        await service.hold_stay(wish(guests=50))
    with pytest.raises(InvalidRequest, match="check_in"):
        await service.hold_stay(wish(days_ahead=-1))
    with pytest.raises(AccommodationNotFound):
        await service.hold_stay(wish(cabin=999))


async def test_the_same_key_gives_the_first_answer_again(service, database):
    first = await service.hold_stay(wish(), idempotency_key="k1")
    assert await service.hold_stay(wish(), idempotency_key="k1") == first
    await service.settle.confirm(first.code)
    assert await service.hold_stay(wish(), idempotency_key="k1") == first
    assert await database.fetchval("SELECT count(*) FROM reservations") == 1


async def test_a_refusal_is_remembered_with_its_key(service):
    first = await service.hold_stay(wish())
    with pytest.raises(StayUnavailable):
        await service.hold_stay(wish(), idempotency_key="k1")
    await service.settle.cancel(first.code)
    with pytest.raises(StayUnavailable):
        await service.hold_stay(wish(), idempotency_key="k1")
    await service.hold_stay(wish(), idempotency_key="k2")


async def test_a_key_belongs_to_one_wish(service):
    await service.hold_stay(wish(), idempotency_key="k1")
    with pytest.raises(IdempotencyKeyReused):
        await service.hold_stay(wish(days_ahead=90), idempotency_key="k1")


async def test_a_key_in_flight_is_refused(service, database):
    async with database.transaction():
        await database.execute("SELECT pg_advisory_xact_lock(hashtextextended('k1', 0))")
        with pytest.raises(IdempotencyKeyInFlight):
            await service.hold_stay(wish(), idempotency_key="k1")
    await service.hold_stay(wish(), idempotency_key="k1")


async def test_many_with_one_key_hold_one_stay(service, database):
    results = await asyncio.gather(
        *(service.hold_stay(wish(), idempotency_key="k1") for _ in range(12)), return_exceptions=True
    )
    held = {result.code for result in results if not isinstance(result, Exception)}
    assert len(held) == 1
    assert {type(result) for result in results if isinstance(result, Exception)} <= {IdempotencyKeyInFlight}
    assert await database.fetchval("SELECT count(*) FROM reservations") == 1


async def test_without_redis_stays_are_held_and_the_lock_is_skipped(settings):
    lost = settings.model_copy(update={"redis_url": "unix:///tmp/no-such-server.sock"})
    async with open_service(lost) as service:
        await service.hold_stay(wish())
        with pytest.raises(StayUnavailable):
            await service.hold_stay(wish())
        assert (await service.check_health()).status == "degraded"


async def test_somebody_elses_lock_delays_and_decides_nothing(service, settings):
    await service.redis.set(f"{settings.redis_prefix}lock:accommodation:1", "theirs", px=60_000)
    await service.hold_stay(wish())
    assert await service.redis.get(f"{settings.redis_prefix}lock:accommodation:1") == b"theirs"


async def test_the_lock_is_released_whatever_happens(service):
    await service.hold_stay(wish())
    with pytest.raises(StayUnavailable):
        await service.hold_stay(wish())
    assert await service.redis.keys("*lock*") == []


async def test_ended_holds_are_marked_in_batches(service, database):
    for days_ahead in range(10, 40, 3):
        await end_hold(database, (await service.hold_stay(wish(days_ahead=days_ahead))).code)
    assert await service.housekeeping.expire_holds() == 10
    assert await service.housekeeping.expire_holds() == 0


async def test_old_keys_are_forgotten(service, database):
    await service.hold_stay(wish(), idempotency_key="old")
    await service.hold_stay(wish(cabin=2), idempotency_key="new")
    await database.execute("UPDATE idempotency_keys SET created_at = now() - interval '3 days' WHERE key = 'old'")
    assert await service.housekeeping.purge_idempotency_keys() == 1
    assert await database.fetchval("SELECT key FROM idempotency_keys") == "new"


async def test_a_hold_in_another_session_is_waited_for_and_respected(service, database):
    """The insert waits for an uncommitted rival, and takes the nights when the rival gives up."""
    transaction = database.transaction()
    await transaction.start()
    rival = replace(wish(), contact_name="Rival")
    await database.execute(
        "INSERT INTO reservations (code, accommodation_id, check_in, check_out, guests, total_price, deposit_amount,"
        " reservation_status, channel, contact_name, contact_phone, expires_at)"
        " VALUES ('RESRIVAL', 1, $1, $2, 1, 1, 1, 'confirmed', 'web', 'Rival', '+5491100000000', now())",
        rival.check_in,
        rival.check_out,
    )
    waiting = asyncio.create_task(service.hold_stay(wish()))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await transaction.rollback()
    assert (await waiting).code
