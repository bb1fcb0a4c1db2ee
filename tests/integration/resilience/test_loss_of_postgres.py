"""PostgreSQL dies under load and comes back: 503 meanwhile, by itself afterwards, and nothing answered is lost."""

import asyncio
import random
import signal
import time

import pytest

pytestmark = [pytest.mark.xdist_group("resilience"), pytest.mark.timeout(1500)]

RECOVERED_WITHIN_S = 10.0
AWAY_S = 0.5
HEALTH = "/api/v1/healthz"


def crash(postgres):
    """An immediate stop: sessions end without a word, and the next start recovers from the log."""
    postgres.stop("immediate")


def kill(postgres):
    postgres.kill(signal.SIGKILL)


@pytest.mark.parametrize("deaths", [2, pytest.param(30, marks=pytest.mark.soak)])
async def test_answered_holds_survive_and_the_service_recovers(
    house, guests_at, client_at, every_free_night, deaths, tell
):
    postgres, rng, recoveries_s = house.servers.postgres, random.Random(deaths), []
    with house.serve(workers=2) as service:
        async with client_at(service.base_url) as client, guests_at(service.base_url, every_free_night) as guests:
            for number in range(deaths):
                await guests.until_held(len(guests.held()) + 10)
                await asyncio.sleep(rng.uniform(0, 0.3))
                await asyncio.to_thread((crash, kill)[number % 2], postgres)
                gone_s = time.monotonic()
                await asyncio.sleep(AWAY_S)
                assert guests.statuses(gone_s) == {503}
                away = await client.get(HEALTH)
                assert (away.status_code, away.json()["status"]) == (503, "down")
                await asyncio.to_thread(postgres.start)
                back_s = time.monotonic()
                await guests.until_held(1, since_s=back_s, timeout_s=RECOVERED_WITHIN_S)
                recoveries_s.append(time.monotonic() - back_s)
            healthy = await client.get(HEALTH)
            assert (healthy.status_code, healthy.json()["status"]) == (200, "ok")
    refused = [one for one in guests.attempts if one.status == 503]
    assert {(one.media_type, one.body["type"]) for one in refused} == {
        ("application/problem+json", "urn:cabanas:problem:database-unavailable")
    }
    assert guests.statuses() == {201, 503}
    assert set(guests.held()) <= await house.codes()
    assert await house.count_overlaps() == 0
    tell(f"{deaths} deaths of PostgreSQL: slowest recovery {max(recoveries_s) * 1000:.0f} ms after it was back")


async def test_sessions_that_the_server_ends_cost_a_few_503_and_no_other_answer(house, guests_at, every_free_night):
    with house.serve(workers=2) as service:
        async with guests_at(service.base_url, every_free_night) as guests:
            for _ in range(5):
                await guests.until_held(len(guests.held()) + 10)
                await house.fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            await guests.until_held(len(guests.held()) + 10)
    assert guests.statuses() <= {201, 503}
    assert set(guests.held()) <= await house.codes()
