"""kill -9 of the service under load: what was answered is there, and asking again gives the same answer."""

import asyncio
import os
import random
import signal

import pytest

pytestmark = [pytest.mark.xdist_group("resilience"), pytest.mark.timeout(1500)]

ENOUGH_BEFORE, ENOUGH_AFTER = 5, 5


def kill_everything(service):
    """The main process and its workers at once, as when the machine loses power."""
    os.killpg(service.pid, signal.SIGKILL)


def kill_main(service):
    os.kill(service.pid, signal.SIGKILL)


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.soak)])
async def test_every_answered_hold_survives_the_death_of_the_service(
    house, guests_at, client_at, book_stay, some_stays, kills
):
    rng, held, unanswered = random.Random(kills), {}, []
    for number in range(kills):
        with house.serve(workers=1 + number % 2) as service:
            async with guests_at(service.base_url, some_stays, timeout_s=2.0) as guests:
                await guests.until_held(ENOUGH_BEFORE)
                await asyncio.sleep(rng.uniform(0, 0.3))
                (kill_main if number % 4 == 3 else kill_everything)(service)
                await asyncio.to_thread(service.process.wait)
        held |= guests.held()
        unanswered += [one for one in guests.attempts if one.status is None]
        assert guests.statuses() <= {201, 409, None}
    assert set(held) <= await house.codes()
    assert await house.count_overlaps() == 0

    with house.serve(workers=1) as service:
        async with client_at(service.base_url) as client:
            for code, attempt in list(held.items())[-20:]:
                again = await book_stay(client, attempt.wish, attempt.key)
                assert (again.status, again.body["code"]) == (201, code)
            before = await house.codes()
            for attempt in unanswered[-20:]:
                # Whether it was held before the crash or is held now: one reservation, and always the same answer.
                first = await book_stay(client, attempt.wish, attempt.key)
                again = await book_stay(client, attempt.wish, attempt.key)
                assert first.status in {201, 409}
                assert (again.status, again.body.get("code")) == (first.status, first.body.get("code"))
                before |= {first.body["code"]} if first.status == 201 else set()
    assert await house.codes() == before
    (doubles,) = await house.fetch(
        "SELECT count(*) FROM (SELECT FROM idempotency_keys WHERE reservation_id IS NOT NULL"
        " GROUP BY reservation_id HAVING count(*) > 1) AS shared"
    )
    assert doubles[0] == 0


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.soak)])
async def test_a_dead_worker_is_replaced_while_the_others_go_on(house, guests_at, workers_of, some_stays, kills):
    rng = random.Random(kills)
    with house.serve(workers=2) as service:
        async with guests_at(service.base_url, some_stays, timeout_s=5.0) as guests:
            for number in range(kills):
                await guests.until_held(ENOUGH_BEFORE * (number + 1))
                await asyncio.sleep(rng.uniform(0, 0.3))
                workers = workers_of(service)
                victim = rng.choice(workers)
                victim.kill()
                async with asyncio.timeout(20):
                    while len([one for one in workers_of(service) if one.pid != victim.pid]) < 2:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                await guests.until_held(len(guests.held()) + ENOUGH_AFTER)
    assert guests.statuses() <= {201, 409, None}
    assert set(guests.held()) <= await house.codes()
    assert await house.count_overlaps() == 0
