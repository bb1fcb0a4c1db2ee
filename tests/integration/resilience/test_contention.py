"""Many clients want one cabin at the same moment, over several worker processes."""

import asyncio
import random
from datetime import date, timedelta

import pytest

pytestmark = [pytest.mark.xdist_group("resilience"), pytest.mark.timeout(900)]

CLIENTS = 32
AUTHORISED = {"Authorization": "Bearer let-me-in"}
# A wait for PostgreSQL's deadlock detector takes at least a second, and one after another they add up.
SLOWEST_S = 5.0


def rivals(rng, cabin=1):
    """Stays of different lengths that all want one night."""
    night = date.today() + timedelta(days=100)
    for _ in range(CLIENTS):
        check_in = night - timedelta(days=rng.randint(0, 6))
        yield {
            "accommodation_id": cabin,
            "check_in": check_in.isoformat(),
            "check_out": (night + timedelta(days=rng.randint(1, 7))).isoformat(),
            "guests": 1,
            "channel": "web",
            "contact_name": "Ana Pérez",
            "contact_phone": "+5491155500123",
        }


async def play_round(client, book_stay, rng, number):
    """Everybody asks at once; answers with the attempts and the winner."""
    attempts = await asyncio.gather(
        *(book_stay(client, wish, f"round-{number}-{i}") for i, wish in enumerate(rivals(rng)))
    )
    winners = [one for one in attempts if one.status == 201]
    others = [(one.status, one.body.get("type")) for one in attempts if one.status != 201]
    assert len(winners) == 1, [one.status for one in attempts]
    assert set(others) == {(409, "urn:cabanas:problem:stay-unavailable")}
    return attempts, winners[0].body["code"]


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.soak)])
async def test_one_of_many_wins_each_round(house, client_at, book_stay, workers_of, rounds, tell):
    rng, latencies_s = random.Random(rounds), []
    with house.serve(workers=2) as service:
        workers = workers_of(service)
        assert len(workers) == 2
        before_s = [sum(worker.cpu_times()[:2]) for worker in workers]
        for number in range(rounds):
            # New connections each time: the two workers share them as they come.
            async with client_at(service.base_url) as client:
                attempts, code = await play_round(client, book_stay, rng, number)
                latencies_s += [one.latency_s for one in attempts]
                if number % 2:
                    await client.post(f"/api/v1/reservations/{code}/cancel", headers=AUTHORISED)
                else:  # the next round finds a hold that ended, and all of it must give way to one
                    await house.fetch("UPDATE reservations SET expires_at = now() WHERE code = $1", code)
        after_s = [sum(worker.cpu_times()[:2]) for worker in workers]
    latencies_s.sort()
    p50_ms, p99_ms, slowest_ms = (latencies_s[round(q * (len(latencies_s) - 1))] * 1000 for q in (0.5, 0.99, 1.0))
    tell(f"{rounds} rounds x {CLIENTS} clients: p50 {p50_ms:.0f} ms, p99 {p99_ms:.0f} ms, slowest {slowest_ms:.0f} ms")
    assert all(after - before > 0.02 for before, after in zip(before_s, after_s, strict=True))
    assert latencies_s[-1] < SLOWEST_S
    assert "deadlock detected" not in house.postgres_log()
    assert await house.count_overlaps() == 0
    assert len(await house.codes()) == rounds


async def test_without_the_lock_the_insert_alone_keeps_one_winner(house, client_at, book_stay):
    rng = random.Random(7)
    with house.serve(workers=2, CABANAS_LOCK_ENABLED="false") as service:
        for number in range(10):
            async with client_at(service.base_url) as client:
                _, code = await play_round(client, book_stay, rng, number)
            await house.fetch("UPDATE reservations SET expires_at = now() WHERE code = $1", code)
    assert "deadlock detected" not in house.postgres_log()
    assert await house.count_overlaps() == 0


async def test_other_cabins_do_not_wait_for_a_contended_one(house, client_at, book_stay):
    rng = random.Random(11)
    with house.serve(workers=2) as service:
        async with client_at(service.base_url) as client:
            everywhere = [wish for cabin in range(1, 6) for wish in list(rivals(rng, cabin))[:8]]
            rng.shuffle(everywhere)
            attempts = await asyncio.gather(
                *(book_stay(client, wish, f"cabin-{i}") for i, wish in enumerate(everywhere))
            )
    won = [one.wish["accommodation_id"] for one in attempts if one.status == 201]
    assert sorted(won) == [1, 2, 3, 4, 5]
