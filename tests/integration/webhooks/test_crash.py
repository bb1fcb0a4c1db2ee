"""kill -9 between the acknowledgement and the work: every stored message is answered after the restart."""

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from datetime import date, timedelta

import httpx
import pytest

from cabanas_perf.stubs import Behaviour
from cabanas_perf.workloads.webhook_input import make_text_message, make_whatsapp_batch, sign_whatsapp_batch

GUESTS = [f"54911555002{n:02}" for n in range(30)]
CHECK_IN = date.today() + timedelta(days=50)
WAITING = "SELECT id FROM inbox WHERE processed_at IS NULL UNION ALL SELECT id FROM outbox WHERE sent_at IS NULL"
TEXT = f"Quiero reservar {{cabin}} del {CHECK_IN:%d/%m/%Y} al {CHECK_IN + timedelta(days=2):%d/%m/%Y} para 2 personas"


@pytest.fixture
async def serve(webhook_settings):
    """Start the service as a process; answers with it and its address."""
    started = []

    async def start():
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        given = {
            "DATABASE_URL": webhook_settings.database_url,
            "REDIS_URL": webhook_settings.redis_url,
            "CABANAS_WHATSAPP_APP_SECRET": "app-secret",
            "CABANAS_WHATSAPP_VERIFY_TOKEN": "verify-me",
            "CABANAS_WHATSAPP_ACCESS_TOKEN": "graph-token",
            "CABANAS_WHATSAPP_PHONE_NUMBER_ID": "1",
            "CABANAS_GRAPH_BASE_URL": webhook_settings.graph_base_url,
            "CABANAS_PROVIDER_TIMEOUT_S": "0.9",
            "CABANAS_WORKER_LEASE_S": "1",
            "CABANAS_WORKER_POLL_S": "0.05",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cabanas",
            "api",
            f"--port={port}",
            env={**os.environ, **given},
            stderr=asyncio.subprocess.DEVNULL,
        )
        started.append(process)
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(30):
            while True:
                assert process.returncode is None
                with suppress(httpx.TransportError):
                    await client.get(f"{url}/api/v1/livez")
                    return process, url
                await asyncio.sleep(0.05)

    yield start
    for process in started:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@pytest.mark.parametrize("pause_s", [0.0, 0.01, 0.05, 0.2])
async def test_every_acknowledged_message_is_answered_although_the_service_was_killed(
    serve, stubs, query, webhooks, pause_s
):
    stubs.behaviour = Behaviour(20, 60)
    cabins = [row["name"] for row in await webhooks.browse.accommodations()]
    process, url = await serve()
    acknowledged = []

    async def deliver(client, number, guest):
        text = TEXT.format(cabin=cabins[number]) if number < len(cabins) else "hola! tenés lugar?"
        message = make_text_message(guest, f"wamid.{guest}", text, int(time.time()))
        delivery = sign_whatsapp_batch(make_whatsapp_batch([message]), "app-secret")
        try:
            answer = await client.post(url + delivery.path, content=delivery.body, headers=dict(delivery.headers))
        except httpx.TransportError:
            return
        if answer.status_code == 200:
            acknowledged.append(guest)

    async with httpx.AsyncClient(trust_env=False) as client:
        await asyncio.gather(*(deliver(client, *one) for one in enumerate(GUESTS)))
    await asyncio.sleep(pause_s)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert acknowledged
    before = len(stubs.sent)

    await serve()
    async with asyncio.timeout(60):
        while await query(WAITING):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    replies = [one["to"] for one in stubs.sent]
    assert set(replies) >= set(acknowledged)
    assert before <= len(replies)
    # A second time only where the first attempt may have been sent without having been noted.
    twice = {f"+{guest}" for guest in GUESTS if replies.count(guest) > 1}
    tried_again = {phone for (phone,) in await query("SELECT recipient FROM outbox WHERE attempts > 1")}
    assert twice <= tried_again
    assert max(replies.count(guest) for guest in GUESTS) <= 2
    # One reservation for each guest who booked, one answer written for each message.
    held = await query("SELECT contact_phone, count(*) FROM reservations GROUP BY 1")
    assert all(count == 1 for _, count in held)
    assert await query("SELECT recipient FROM outbox GROUP BY recipient HAVING count(*) > 1") == []
    assert len(held) >= len([guest for guest in GUESTS[: len(cabins)] if guest in acknowledged]) - 1
