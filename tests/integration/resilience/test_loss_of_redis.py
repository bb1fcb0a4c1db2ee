"""Redis dies, freezes or forgets under load: bookings go on, no free night is refused, no taken one is given twice."""

import asyncio
import random
import signal
import time
from datetime import date, timedelta

import pytest
from redis.asyncio import Redis

pytestmark = [pytest.mark.xdist_group("resilience"), pytest.mark.timeout(900)]

LONGEST_WAIT_S = 3.0  # for most guests; a frozen Redis costs each worker one timeout a second
BACK_WITHIN_S = 10.0


def die(redis):
    redis.kill(signal.SIGKILL)


def freeze(redis):
    redis.kill(signal.SIGSTOP)


def start_again(redis):
    redis.start()


def thaw(redis):
    redis.kill(signal.SIGCONT)


async def health_of(client):
    return (await client.get("/api/v1/healthz")).json()["status"]


async def until_healthy(client):
    async with asyncio.timeout(BACK_WITHIN_S):
        while await health_of(client) != "ok":  # noqa: ASYNC110 - tests may poll
            await asyncio.sleep(0.05)


def rivals(rng, number):
    """Sixteen stays that share a night, in a month of their own."""
    night = date.today() + timedelta(days=10 + 20 * number)
    for _ in range(16):
        yield {
            "accommodation_id": 40,
            "check_in": (night - timedelta(days=rng.randint(0, 4))).isoformat(),
            "check_out": (night + timedelta(days=rng.randint(1, 5))).isoformat(),
            "guests": 1,
            "channel": "web",
            "contact_name": "Ana Pérez",
            "contact_phone": "+5491155500123",
        }


async def assert_one_wins(client, book_stay, rng, number):
    attempts = await asyncio.gather(
        *(book_stay(client, wish, f"rival-{number}-{i}") for i, wish in enumerate(rivals(rng, number)))
    )
    assert sorted(one.status for one in attempts) == [201] + [409] * 15


@pytest.mark.parametrize("away_s", [2.0, pytest.param(10.0, marks=pytest.mark.soak)])
@pytest.mark.parametrize(("lose", "bring_back"), [(die, start_again), (freeze, thaw)], ids=["killed", "frozen"])
async def test_bookings_go_on_without_redis(house, guests_at, client_at, every_free_night, lose, bring_back, away_s):
    redis = house.servers.redis
    with house.serve(workers=2) as service:
        async with client_at(service.base_url) as client, guests_at(service.base_url, every_free_night) as guests:
            await guests.until_held(20)
            await asyncio.to_thread(lose, redis)
            lost_s = time.monotonic()
            while time.monotonic() < lost_s + away_s:
                assert await health_of(client) == "degraded"
                await asyncio.sleep(0.1)
            await guests.until_held(5, since_s=lost_s)
            await asyncio.to_thread(bring_back, redis)
            await until_healthy(client)
            await guests.until_held(20, since_s=time.monotonic())
        # Every night that these guests wanted was free.
        assert guests.statuses() == {201}
        waits_s = sorted(one.latency_s for one in guests.attempts)
        assert waits_s[int(len(waits_s) * 0.95)] < LONGEST_WAIT_S
    assert set(guests.held()) == await house.codes()


@pytest.mark.parametrize("lose", [die, freeze], ids=["killed", "frozen"])
async def test_without_redis_one_of_many_still_wins(house, client_at, book_stay, lose):
    redis, rng = house.servers.redis, random.Random(5)
    with house.serve(workers=2) as service:
        async with client_at(service.base_url) as client:
            await asyncio.to_thread(lose, redis)
            for number in range(6):
                await assert_one_wins(client, book_stay, rng, number)
            await asyncio.to_thread({die: start_again, freeze: thaw}[lose], redis)
    assert await house.count_overlaps() == 0
    assert "deadlock detected" not in house.postgres_log()


async def test_forgotten_locks_change_nothing(house, client_at, book_stay):
    """FLUSHALL takes every lock from its owner, again and again."""
    rng, done = random.Random(6), asyncio.Event()

    async def keep_forgetting():
        async with Redis.from_url(house.servers.redis_url) as redis:
            while not done.is_set():
                await redis.flushall()
                await asyncio.sleep(0.002)

    with house.serve(workers=2) as service:
        async with client_at(service.base_url) as client:
            forgetting = asyncio.create_task(keep_forgetting())
            for number in range(20):
                await assert_one_wins(client, book_stay, rng, number)
            assert await health_of(client) == "ok"
            done.set()
            await forgetting
    assert await house.count_overlaps() == 0
