"""What happens to replies when the provider is slow, fails or refuses."""

import asyncio

import pytest

from cabanas.bootstrap import open_service
from cabanas.settings import Settings
from cabanas.worker import Worker
from cabanas_perf.stubs import Behaviour
from cabanas_perf.stubs.behaviour import Verdict

ANA, BRUNO = "+5491155500101", "+5491155500102"


@pytest.fixture
def put(query):
    async def run(recipient, body, **columns):
        names = ", ".join(columns)
        await query(
            f"INSERT INTO outbox (kind, recipient, body{', ' + names if names else ''})"
            f" VALUES ('reply', $1, $2{''.join(f', ${n}' for n in range(3, 3 + len(columns)))})",
            recipient,
            body,
            *columns.values(),
        )

    return run


class Misbehaving(Behaviour):
    """Does something else for the first requests."""

    __slots__ = ("left", "verdict")

    def draw_verdict(self, rng):
        if self.left:
            object.__setattr__(self, "left", self.left - 1)
            return self.verdict
        return Verdict.ANSWER

    @classmethod
    def at_first(cls, times, verdict=Verdict.FAIL, **behaviour):
        made = cls(0, 0, **behaviour)
        object.__setattr__(made, "left", times)
        object.__setattr__(made, "verdict", verdict)
        return made


@pytest.mark.parametrize("status", [500, 502, 503, 429, 401, 408])
async def test_a_failure_that_may_pass_is_tried_again_until_it_has(put, working, stubs, query, status):
    stubs.behaviour = Misbehaving.at_first(3, fail_status=status)
    await put(ANA, "hola")
    async with working():
        pass
    assert [one["text"] for one in stubs.sent] == ["hola"]
    assert await query("SELECT attempts, sent_at IS NOT NULL, provider_id, last_error FROM outbox") == [
        (4, True, stubs.sent[0]["id"], None)
    ]


async def test_a_refusal_is_not_tried_again(put, working, stubs, query):
    stubs.behaviour = Behaviour(0, 0, refuse_ratio=1)
    await put(ANA, "hola")
    async with working():
        pass
    assert stubs.requests == 1
    assert await query("SELECT attempts, failed_at IS NOT NULL, last_error FROM outbox") == [
        (1, True, "ProviderRefused: error 131047")
    ]


async def test_attempts_have_an_end(put, working, stubs, query, webhook_settings):
    stubs.behaviour = Behaviour(0, 0, fail_ratio=1)
    await put(ANA, "hola")
    async with working():
        pass
    ((attempts, failed, error),) = await query("SELECT attempts, failed_at IS NOT NULL, last_error FROM outbox")
    assert (attempts, failed) == (webhook_settings.outbox_max_attempts, True)
    assert error == "ProviderUnavailable: HTTP 500"


async def test_a_provider_that_is_away_is_waited_for(put, stubs, query, webhook_settings):
    nobody = Settings.model_validate(
        webhook_settings.model_dump() | {"graph_base_url": "http://127.0.0.1:9", "outbox_max_attempts": 2}
    )
    await put(ANA, "hola")
    async with open_service(nobody) as service:
        working = asyncio.create_task(Worker(service).run())
        async with asyncio.timeout(30):
            while not await query("SELECT 1 FROM outbox WHERE failed_at IS NOT NULL"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        working.cancel()
        await asyncio.wait([working])
    assert await query("SELECT last_error FROM outbox") == [("ProviderUnavailable: ConnectError",)]


async def test_one_guest_gets_messages_in_order_and_nobody_waits_for_another(put, working, stubs):
    stubs.behaviour = Misbehaving.at_first(2)
    for n in range(5):
        await put(ANA, f"ana {n}")
    await put(BRUNO, "bruno")
    async with working(workers=3):
        pass
    assert [one["text"] for one in stubs.sent if one["to"] == ANA[1:]] == [f"ana {n}" for n in range(5)]
    assert [one["text"] for one in stubs.sent if one["to"] == BRUNO[1:]] == ["bruno"]


async def test_several_workers_send_each_message_once(put, working, stubs):
    stubs.behaviour = Behaviour.taking(5)
    for n in range(200):
        await put(f"+54911555{n:05}", f"{n}")
    async with working(workers=4):
        pass
    assert sorted(int(one["text"]) for one in stubs.sent) == list(range(200))


async def test_slow_sends_hold_no_database_connection(put, webhooks, stubs):
    stubs.behaviour = Behaviour.taking(60_000)
    for n in range(40):
        await put(f"+54911555{n:05}", f"{n}")
    working = asyncio.create_task(Worker(webhooks).run())
    async with asyncio.timeout(30):
        while stubs.requests < 40:  # noqa: ASYNC110 - the stub counts, and tells nobody
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    assert webhooks.database.in_use <= 3  # the lines' own looks at the queues
    working.cancel()
    await asyncio.wait([working])


async def test_what_a_dead_worker_had_in_hand_comes_back(put, working, stubs, query):
    await put(ANA, "hola")
    await query("UPDATE outbox SET attempts = 1, available_at = now() + interval '300 milliseconds'")
    async with working():
        assert not stubs.sent
    assert [one["text"] for one in stubs.sent] == ["hola"]


async def test_a_message_of_an_unknown_kind_is_given_up(working, query, stubs):
    await query("INSERT INTO outbox (kind, recipient) VALUES ('surprise', $1)", ANA)
    async with working():
        pass
    assert not stubs.requests
    ((failed, error),) = await query("SELECT failed_at IS NOT NULL, last_error FROM outbox")
    assert failed
    assert "surprise" in error


async def test_old_messages_are_forgotten_and_recent_ones_kept(put, webhooks, query):
    await put(ANA, "new")
    await put(ANA, "old")
    await query("UPDATE outbox SET created_at = now() - interval '31 days' WHERE body = 'old'")
    for age, number in (("31 days", "1"), ("29 days", "2")):
        await query(
            "INSERT INTO inbox (source, kind, provider_id, lane, said_at, payload, received_at)"
            " VALUES ('whatsapp', 'status', $1, 'x', now(), '{}', now() - $2::text::interval)",
            number,
            age,
        )
        await query(
            "INSERT INTO conversations (contact, memory, updated_at) VALUES ($1, '{}', now() - $2::text::interval)",
            number,
            age,
        )
    assert await webhooks.housekeeping.purge_messages() == 3
    assert await query("SELECT body FROM outbox") == [("new",)]
    assert await query("SELECT provider_id FROM inbox") == [("2",)]
    assert await query("SELECT contact FROM conversations") == [("2",)]
