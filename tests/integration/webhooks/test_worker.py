"""The worker: side by side with others, by itself, and at its end."""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace

import orjson
import pytest

from cabanas.db.pool import DatabaseUnavailable
from cabanas.services import replies
from cabanas.services.handle_message import HandleMessage
from cabanas.worker import Queue, Worker, WorkOutcome
from cabanas_perf.stubs import Behaviour
from cabanas_perf.workloads.webhook_input import make_payment_notification, make_text_message, make_whatsapp_batch

ANA = "5491155500101"
EVENTS = "SELECT id, source, kind, provider_id, lane, said_at, payload, transcript, attempts FROM inbox ORDER BY id"


# Messages, voice notes, payments, and what goes out.
LINES = 4


async def wait_until(holds):
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


@pytest.fixture
def say(deliver, sign):
    numbers = iter(range(100))

    async def run(text, guest=ANA):
        message = make_text_message(guest, f"wamid.{next(numbers)}", text, int(time.time()))
        await deliver(sign(make_whatsapp_batch([message], names={guest: "Ana"})))

    return run


@pytest.fixture
def events(webhooks):
    async def read():
        async with webhooks.database.connect() as connection:
            return await connection.fetch(EVENTS)

    return read


@pytest.fixture
def all_look_before_one_answers(monkeypatch):
    """Let that many handlers read the conversation before the first of them may go on."""

    def arrange(count):
        barrier, looks = asyncio.Barrier(count), []
        look_around = HandleMessage._look_around

        async def look_together(handler, event):
            found = await look_around(handler, event)
            looks.append(event)
            if len(looks) <= count:
                await barrier.wait()
            return found

        monkeypatch.setattr(HandleMessage, "_look_around", look_together)

    return arrange


async def test_two_messages_of_a_guest_at_once_are_both_remembered(
    webhooks, say, events, query, all_look_before_one_answers
):
    await say("somos 4 personas")
    await say("3 noches")
    all_look_before_one_answers(2)
    await asyncio.gather(*(webhooks.handle_message(event) for event in await events()))
    ((memory,),) = await query("SELECT memory FROM conversations")
    found = orjson.loads(memory)
    assert (found["guests"], found["nights"]) == (4, 3)
    assert await query("SELECT count(*) FROM outbox") == [(2,)]


async def test_one_message_in_several_hands_is_answered_once(webhooks, say, events, query, all_look_before_one_answers):
    await say("hola")
    (event,) = await events()
    all_look_before_one_answers(4)
    await asyncio.gather(*(webhooks.handle_message(event) for _ in range(4)))
    assert await query("SELECT recipient, body LIKE '¡Hola!%' FROM outbox") == [(f"+{ANA}", True)]


async def test_what_was_said_long_ago_is_forgotten(webhooks, say, working, stubs, query):
    async with working():
        await say("somos 4 personas")
    await query("UPDATE conversations SET updated_at = now() - interval '31 minutes'")
    async with working():
        await say("del 10/01 al 15/01")
    assert stubs.sent[-1]["text"] == replies.ASK_GUESTS


async def test_a_message_that_cannot_be_worked_on_ends_with_an_apology(
    webhooks, say, working, stubs, query, monkeypatch
):
    def fail(*_, **__):
        raise RuntimeError("a defect")

    monkeypatch.setattr("cabanas.services.handle_message.absorb", fail)
    async with working():
        await say("hola")
    assert [one["text"] for one in stubs.sent] == [replies.APOLOGY]
    assert await query("SELECT attempts, failed_at IS NOT NULL, last_error FROM inbox") == [
        (webhooks.settings.inbox_max_attempts, True, "RuntimeError")
    ]


async def test_a_listener_is_told_of_each_attempt_with_its_stages(webhooks, say, stubs, query):
    heard = []
    working = asyncio.create_task(Worker(webhooks, on_work=heard.append).run())
    await say("hola")
    await wait_until(lambda: len(heard) >= 2)
    working.cancel()
    await asyncio.wait([working])
    assert [(work.queue, work.outcome) for work in heard] == [
        (Queue.INBOX, WorkOutcome.DONE),
        (Queue.OUTBOX, WorkOutcome.DONE),
    ]
    assert [span.name for span in heard[0].recording.spans] == [
        "context_query",
        "nlu",
        "format_response",
        "store_reply",
    ]
    assert [span.name for span in heard[1].recording.spans] == ["format_response", "send", "record_sent"]


async def test_new_work_wakes_the_line_of_its_kind_alone(webhooks, say, sign, deliver, stubs, monkeypatch):
    claimed = []
    claim = Worker._claim

    async def note(worker, line, free):
        claimed.append(line.kinds)
        return await claim(worker, line, free)

    monkeypatch.setattr(Worker, "_claim", note)
    patient = replace(webhooks, settings=webhooks.settings.model_copy(update={"worker_poll_s": 60.0}))
    working = asyncio.create_task(Worker(patient).run())
    await wait_until(lambda: len(claimed) >= 2 * LINES)  # each has looked at its start, and once somebody listened
    claimed.clear()
    await say("hola")
    await wait_until(lambda: stubs.sent)
    assert {"message", "other"} in claimed
    assert {"payment"} not in claimed
    assert {"voice_note"} not in claimed
    claimed.clear()
    await deliver(make_payment_notification("7", "payment-secret", request_id="r", timestamp_ms=1))
    await wait_until(lambda: {"payment"} in claimed)
    assert {"voice_note"} not in claimed
    working.cancel()
    await asyncio.wait([working])


async def test_on_its_way_out_a_worker_finishes_what_it_has_in_hand(webhooks, say, stubs, query):
    stubs.behaviour = Behaviour.taking(300)
    working = asyncio.create_task(Worker(webhooks).run())
    await say("hola")
    await wait_until(lambda: stubs.requests)
    working.cancel()
    await asyncio.wait([working])
    assert await query("SELECT attempts, sent_at IS NOT NULL FROM outbox") == [(1, True)]


async def test_a_worker_survives_the_loss_of_its_connections(webhooks, say, stubs, query):
    working = asyncio.create_task(Worker(webhooks).run())
    for number in range(3):
        await query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        async with asyncio.timeout(30):
            while True:  # a provider delivers again what met the loss
                with suppress(DatabaseUnavailable):
                    await say("hola", guest=f"549115550020{number}")
                    break
        async with asyncio.timeout(30):
            while len(stubs.sent) <= number:
                assert not working.done()
                await asyncio.sleep(0.01)
    working.cancel()
    await asyncio.wait([working])


async def test_a_worker_runs_as_a_process_of_its_own(webhook_settings, say, stubs):
    given = {
        "DATABASE_URL": webhook_settings.database_url,
        "REDIS_URL": webhook_settings.redis_url,
        "CABANAS_WHATSAPP_APP_SECRET": "app-secret",
        "CABANAS_WHATSAPP_VERIFY_TOKEN": "verify-me",
        "CABANAS_WHATSAPP_ACCESS_TOKEN": "graph-token",
        "CABANAS_WHATSAPP_PHONE_NUMBER_ID": "1",
        "CABANAS_GRAPH_BASE_URL": webhook_settings.graph_base_url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cabanas", "worker", env={**os.environ, **given}
    )
    await say("hola")
    async with asyncio.timeout(30):
        while not stubs.sent:
            assert process.returncode is None
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
