"""Whatever fails, wherever: one answer, one call, and nothing left behind."""

import asyncio
import gc
import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
from redis.exceptions import RedisError

from cabanas.api.app import create_app
from cabanas.api.bodies import WishBody
from cabanas.redis.lock import CabinLocks
from cabanas.settings import BUSINESS_TIME_ZONE

pytestmark = pytest.mark.xdist_group("resilience")

PRERESERVE = "/api/v1/reservations/prereserve"
TODAY = datetime.now(ZoneInfo(BUSINESS_TIME_ZONE)).date()
LEFT_OVERS = """
    SELECT
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS locks,
        (SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle') AS busy
"""


def wish(days_ahead=30):
    check_in = TODAY + timedelta(days=days_ahead)
    return {
        "accommodation_id": 1,
        "check_in": check_in.isoformat(),
        "check_out": (check_in + timedelta(days=2)).isoformat(),
        "guests": 2,
        "channel": "web",
        "contact_name": "Ana",
        "contact_phone": "+5491155500123",
    }


class House:
    """The application in this process, its client, and a look at what requests leave behind."""

    def __init__(self, client, service, connection):
        self.client = client
        self.service = service
        self._connection = connection

    async def hold(self, key, days_ahead=30):
        return await self.client.post(PRERESERVE, json=wish(days_ahead), headers={"Idempotency-Key": key})

    async def assert_nothing_left(self):
        async with asyncio.timeout(5):
            while self.service.database.in_use:  # noqa: ASYNC110 - a cancelled statement ends in its own time
                await asyncio.sleep(0.01)
        # A server's process says that it is idle a moment after its answer.
        async with asyncio.timeout(5):
            while any(await self._connection.fetchrow(LEFT_OVERS)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        # Sooner than a lock's time to live ends.
        async with asyncio.timeout(1):
            while await self.service.redis.keys("*lock*"):  # noqa: ASYNC110 - Redis has no word for it
                await asyncio.sleep(0.01)


@pytest.fixture
async def connection(database_url):
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def house(settings, connection):
    # Work in the background has connections and locks of its own.
    app = create_app(settings.model_copy(update={"worker_enabled": False, "expiry_interval_s": 3600}))
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope, receive, send):
            scope["state"] = dict(state)
            await app(scope, receive, send)

        transport = httpx.ASGITransport(app=with_state, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            yield House(client, state["service"], connection)


@pytest.fixture
def fail(monkeypatch):
    """Put something that raises in the place of a function; answers with the list of its calls."""

    def put(target, error):
        calls = []

        def raise_error(*arguments, **_):
            calls.append(arguments)
            raise error

        monkeypatch.setattr(target, raise_error)
        return calls

    return put


@pytest.mark.parametrize(
    "target",
    [
        "cabanas.api.bodies.WishBody.to_wish",
        "cabanas.api.reservations.parse_idempotency_key",
        "cabanas.services.hold_stay.parse_wish",
        "cabanas.services.hold_stay.fingerprint_wish",
        "cabanas.db.pool.Database.connect",
        "cabanas.services.hold_stay.load_statement",
        "cabanas.services.hold_stay.check_against_house",
        "cabanas.domain.pricing.count_weekend_nights",
        "cabanas.redis.lock.CabinLocks.around",
        "cabanas.redis.lock.CabinLocks.acquire",
        "cabanas.services.hold_stay.make_code",
        "cabanas.services.hold_stay.HeldStay",
        "cabanas.api.reservations.held_stay_json",
        "cabanas.api.reservations.json_response",
    ],
)
async def test_a_failure_in_any_layer_is_one_call_and_one_problem(house, fail, target, monkeypatch):
    calls = fail(target, RuntimeError("secret detail"))
    answer = await house.hold("k1")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["type"] == "urn:cabanas:problem:internal-error"
    assert "secret" not in answer.text
    assert len(calls) == 1
    await house.assert_nothing_left()
    monkeypatch.undo()
    assert (await house.hold("k1")).status_code == 201


async def test_a_hold_whose_answer_failed_is_told_to_who_asks_again(house, fail, monkeypatch):
    fail("cabanas.api.reservations.held_stay_json", RuntimeError("too late"))
    assert (await house.hold("k1")).status_code == 500
    monkeypatch.undo()
    first, again = await house.hold("k1"), await house.hold("k1")
    assert (first.status_code, first.json()) == (201, again.json())


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("reset"),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.AdminShutdownError("shutting down"),
        asyncpg.CrashShutdownError("crash"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.DiskFullError("full"),
        asyncpg.QueryCanceledError("too long"),
        asyncpg.InterfaceError("closed"),
        asyncpg.InternalClientError("another operation is in progress"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_an_absent_database_raises_is_unavailable(house, fail, error, monkeypatch):
    fail("cabanas.services.hold_stay.make_code", error)
    answer = await house.hold("k1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["type"] == "urn:cabanas:problem:database-unavailable"
    await house.assert_nothing_left()
    monkeypatch.undo()
    assert (await house.hold("k1")).status_code == 201


@pytest.mark.parametrize("error", [RedisError("broken"), ConnectionResetError("reset"), TimeoutError()], ids=repr)
@pytest.mark.parametrize("command", ["set", "evalsha"])
async def test_a_failing_lock_refuses_nobody(house, error, command, monkeypatch):
    async def raise_error(*_, **__):
        raise error

    monkeypatch.setattr(house.service.redis, command, raise_error)
    assert (await house.hold("k1")).status_code == 201
    monkeypatch.undo()
    assert (await house.hold("k2", 60)).status_code == 201


async def test_an_unforeseen_failure_of_the_release_leaves_the_hold_and_its_answer_to_be_asked_for(house, monkeypatch):
    async def raise_error(*_):
        raise RuntimeError

    monkeypatch.setattr(CabinLocks, "release", raise_error)
    assert (await house.hold("k1")).status_code == 500
    monkeypatch.undo()
    await house.service.redis.flushall()
    assert (await house.hold("k1")).status_code == 201
    await house.assert_nothing_left()


async def test_a_failure_of_the_counters_comes_after_the_answer(house, fail):
    fail("cabanas.api.middleware.observe_request", RuntimeError("no counters"))
    assert (await house.hold("k1")).status_code == 201
    await house.assert_nothing_left()


# asyncpg leaves a connection whose opening was cancelled to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_clients_who_hang_up_at_any_moment_leave_nothing(house):
    rng = random.Random(15)
    for number in range(60):
        asking = asyncio.create_task(house.hold(f"hang-up-{number}", 30 + number))
        await asyncio.sleep(rng.uniform(0, 0.006))
        asking.cancel()
        await asyncio.wait([asking])
    await house.assert_nothing_left()
    assert (await house.hold("patient", 200)).status_code == 201
    gc.collect()


async def test_housekeeping_outlives_what_nobody_foresaw(service, connection, fail, monkeypatch):
    code = (await service.hold_stay(WishBody(**wish()).to_wish())).code
    await connection.execute("UPDATE reservations SET expires_at = now() WHERE code = $1", code)
    calls = fail("cabanas.services.housekeeping.load_statement", RuntimeError("no such table"))
    tidying = asyncio.create_task(service.housekeeping.run_forever(0.01))
    async with asyncio.timeout(10):
        while len(calls) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        monkeypatch.undo()
        while await connection.fetchval("SELECT reservation_status FROM reservations") != "expired":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    tidying.cancel()
    await asyncio.wait([tidying])
    assert tidying.cancelled()
