"""A guest books a cabin on WhatsApp, from the first message to the paid deposit: real servers, real HTTP throughout."""

import asyncio
import json
import os
import re
import socket
import sys
import time
from contextlib import suppress
from datetime import date, timedelta

import httpx
import pytest

from cabanas.db.migrate import migrate
from cabanas.db.seed import seed
from cabanas.embedded import provide_servers
from cabanas_perf.stubs import Behaviour, StubState, run_stubs
from cabanas_perf.workloads.webhook_input import (
    make_message,
    make_payment,
    make_payment_notification,
    make_text_message,
    make_whatsapp_batch,
    sign_whatsapp_batch,
)

ANA = "5491155500101"
APP_SECRET, PAYMENT_SECRET, TOKEN = "app-secret", "payment-secret", "let-me-in"
CHECK_IN = date.today() + timedelta(days=60)
CHECK_OUT = CHECK_IN + timedelta(days=3)
PATIENCE_S = 30


@pytest.fixture(scope="module")
def servers():
    with provide_servers(durable=False) as running:
        asyncio.run(migrate(running.database_url))
        asyncio.run(seed(running.database_url, cabins=6, reservations=0))
        yield running


@pytest.fixture
async def stubs():
    state = StubState(Behaviour(5, 30))
    async with run_stubs(state) as address:
        yield state, address


@pytest.fixture
async def service(servers, stubs):
    """A client of a service in a process of its own."""
    _, address = stubs
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    given = {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "CABANAS_API_TOKEN": TOKEN,
        "CABANAS_AUDIO_ENABLED": "off",
        "CABANAS_WHATSAPP_APP_SECRET": APP_SECRET,
        "CABANAS_WHATSAPP_VERIFY_TOKEN": "verify-me",
        "CABANAS_WHATSAPP_ACCESS_TOKEN": "graph-token",
        "CABANAS_WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
        "CABANAS_GRAPH_BASE_URL": address.graph_base_url,
        "CABANAS_MERCADOPAGO_SECRET": PAYMENT_SECRET,
        "CABANAS_MERCADOPAGO_ACCESS_TOKEN": "payment-token",
        "CABANAS_MERCADOPAGO_BASE_URL": address.mercadopago_base_url,
        "CABANAS_PAYMENT_LINK": "https://pagos.example/{code}",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cabanas", "api", f"--port={port}", env={**os.environ, **given}
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            await wait_for_service(client, process)
            yield client
    finally:
        process.terminate()
        assert await process.wait() == 0


async def wait_for_service(client, process):
    async with asyncio.timeout(PATIENCE_S):
        while True:
            assert process.returncode is None
            with suppress(httpx.TransportError):
                await client.get("/api/v1/livez")
                return
            await asyncio.sleep(0.05)


async def post(client, delivery):
    answer = await client.post(delivery.path, content=delivery.body, headers=dict(delivery.headers))
    assert (answer.status_code, answer.content) == (200, b"")


class Guest:
    """Writes messages, and reads what comes back."""

    def __init__(self, client, state):
        self.client, self.state, self.number, self.read = client, state, 0, 0

    async def writes(self, text):
        return await self.sends("text", {"body": text})

    async def sends(self, kind, part):
        self.number += 1
        message = make_message(ANA, f"wamid.{self.number}", int(time.time()), kind, part)
        await post(
            self.client, sign_whatsapp_batch(make_whatsapp_batch([message], names={ANA: "Ana Pérez"}), APP_SECRET)
        )
        return await self.reads()

    async def reads(self):
        """The next message to the guest."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.state.sent) <= self.read:  # noqa: ASYNC110 - the stub tells nobody
                await asyncio.sleep(0.01)
        self.read += 1
        assert self.state.sent[self.read - 1]["to"] == ANA
        return self.state.sent[self.read - 1]["text"]


async def test_a_conversation_books_a_cabin_from_the_first_message_to_the_confirmation(service, stubs):
    state, address = stubs
    challenge = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "42"}
    assert (await service.get("/api/v1/webhooks/whatsapp", params=challenge)).text == "42"

    ana = Guest(service, state)
    assert "¿Para qué fechas" in await ana.writes("Hola! Quería consultar disponibilidad")
    assert "cuántas personas" in await ana.writes(f"del {CHECK_IN:%d/%m/%Y} al {CHECK_OUT:%d/%m/%Y}")
    assert "audios" in await ana.sends("audio", {"id": "media-1"})
    offer = await ana.writes("somos 4")
    assert "¿Cuál te reservo?" in offer
    chosen = re.search(r"^2\. (.+?) \(", offer, re.MULTILINE)[1]
    held = await ana.writes(f"Reservame la {chosen} por favor")
    assert f"Te guardé {chosen}" in held
    assert held.startswith("¡Listo, Ana Pérez!")
    code = re.search(r"RES[0-9A-Z]+", held)[0]
    assert f"https://pagos.example/{code}" in held

    reservation = (await service.get(f"/api/v1/reservations/{code}", headers=bearer())).json()
    assert reservation["status"] == "pre_reserved"
    assert (reservation["check_in"], reservation["check_out"]) == (str(CHECK_IN), str(CHECK_OUT))
    assert (reservation["guests"], reservation["contact_phone"]) == (4, f"+{ANA}")

    payment = make_payment(code, reservation["deposit_amount"], status="pending", updated_at="2026-01-01T10:00:00Z")
    await put_payment(address, payment)
    before = state.requests
    await post(service, make_payment_notification("555", PAYMENT_SECRET, request_id="r1", timestamp_ms=1))
    async with asyncio.timeout(PATIENCE_S):
        while state.requests == before:  # noqa: ASYNC110 - the service reads the payment
            await asyncio.sleep(0.01)
    assert (await service.get(f"/api/v1/reservations/{code}")).json()["status"] == "pre_reserved"

    await put_payment(address, payment | {"status": "approved", "date_last_updated": "2026-01-01T10:05:00Z"})
    approved = make_payment_notification("555", PAYMENT_SECRET, request_id="r2", timestamp_ms=2)
    for _ in range(3):
        await post(service, approved)
    confirmation = await ana.reads()
    assert f"Tu reserva {code} está confirmada" in confirmation
    assert (await service.get(f"/api/v1/reservations/{code}")).json()["status"] == "confirmed"

    # The same question by somebody else is no longer offered that cabin.
    bruno = make_text_message(
        "5491155500102",
        "wamid.b",
        f"hay lugar para 4 del {CHECK_IN:%d/%m/%Y} al {CHECK_OUT:%d/%m/%Y}?",
        int(time.time()),
    )
    await post(service, sign_whatsapp_batch(make_whatsapp_batch([bruno]), APP_SECRET))
    async with asyncio.timeout(PATIENCE_S):
        while state.sent[-1]["to"] == ANA:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert chosen not in state.sent[-1]["text"]
    assert len(state.sent) == ana.read + 1

    async with httpx.AsyncClient(trust_env=False) as client:
        sent = (await client.get(f"{address.url}/_sent")).json()
    assert [one["text"] for one in sent] == [one["text"] for one in state.sent]
    metrics = (await service.get("/metrics")).text
    assert 'cabanas_work_attempts_total{outcome="done",queue="outbox"}' in metrics


async def put_payment(address, payment):
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.put(f"{address.url}/_payments/555", content=json.dumps(payment))
    assert answer.status_code == 200


def bearer():
    return {"Authorization": f"Bearer {TOKEN}"}
