"""However often, in whatever order and packing providers deliver: the same rows, the same replies."""

import asyncio
import re
import time
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cabanas.domain.reservation import StayWish
from cabanas_perf.stubs import Behaviour
from cabanas_perf.workloads.webhook_input import (
    make_message,
    make_payment,
    make_payment_notification,
    make_text_message,
    make_whatsapp_batch,
)

ANA, BRUNO, CARLA, DORA = (f"54911555001{n:02}" for n in range(1, 5))
NAMES = {ANA: "Ana", BRUNO: "Bruno", CARLA: "Carla"}
START_S = int(time.time()) - 600
CHECK_IN = date.today() + timedelta(days=40)
STAY = f"del {CHECK_IN:%d/%m/%Y} al {CHECK_IN + timedelta(days=3):%d/%m/%Y}"

# Two guests who book after several messages, one who sends what cannot be read, and statuses of earlier replies.
MESSAGES = [
    make_text_message(ANA, "wamid.a1", f"Hola! Tenés lugar {STAY}?", START_S),
    make_text_message(ANA, "wamid.a2", "somos 2 personas", START_S + 20),
    make_text_message(ANA, "wamid.a3", "la 1", START_S + 40),
    make_text_message(BRUNO, "wamid.b1", "quiero reservar para 2 personas", START_S + 5),
    make_message(BRUNO, "wamid.b2", START_S + 6, "sticker", {"id": "9"}),
    make_text_message(BRUNO, "wamid.b3", "gracias", START_S + 30),
    make_message(CARLA, "wamid.c1", START_S + 1, "audio", {"id": "media-1"}),
    make_message(CARLA, "wamid.c2", START_S + 2, "image", {"id": "media-2"}),
]
STATUSES = [
    {"id": "wamid.old", "status": status, "timestamp": str(START_S), "recipient_id": ANA}
    for status in ("sent", "delivered", "read")
]
PAYMENT = "777"
NOTIFICATIONS = [
    make_payment_notification(PAYMENT, "payment-secret", request_id=f"r{n}", timestamp_ms=n + 1) for n in range(3)
]
MESSAGE, STATUS, NOTIFICATION = range(3)
EVENTS = [
    *((MESSAGE, n) for n in range(len(MESSAGES))),
    *((STATUS, n) for n in range(len(STATUSES))),
    *((NOTIFICATION, n) for n in range(len(NOTIFICATIONS))),
]
IN_ORDER = [[event] for event in EVENTS]


@st.composite
def deliveries(draw):
    """Each event one to five times, shuffled, and cut into batches of any size."""
    times = draw(st.lists(st.integers(1, 5), min_size=len(EVENTS), max_size=len(EVENTS)))
    repeated = [event for event, count in zip(EVENTS, times, strict=True) for _ in range(count)]
    return _cut(draw, draw(st.permutations(repeated)))


@st.composite
def deliveries_in_order(draw):
    """Each event for the first time in order, and again anywhere after that: what happens while workers run."""
    stream = list(EVENTS)
    for event in EVENTS:
        for _ in range(draw(st.integers(0, 3))):
            stream.insert(draw(st.integers(stream.index(event) + 1, len(stream))), event)
    return _cut(draw, stream)


def _cut(draw, stream):
    batches = []
    while stream:
        size = draw(st.integers(1, 6))
        batches.append(stream[:size])
        stream = stream[size:]
    return batches


@pytest.fixture
def world(webhooks, deliver, sign, stubs, query, working):
    """Deliver batches to an empty world; answers with everything that came of it."""

    async def start():
        await query("TRUNCATE inbox, outbox, conversations, payments, reservations, idempotency_keys CASCADE")
        wish = StayWish(2, CHECK_IN, CHECK_IN + timedelta(days=2), 1, "whatsapp", "Dora", f"+{DORA}")
        held = await webhooks.hold_stay(wish)
        stubs.sent.clear()
        stubs.payments[PAYMENT] = {"id": int(PAYMENT), **make_payment(held.code, str(held.deposit_amount))}

    async def hand_over(batch):
        messages = [MESSAGES[n] for kind, n in batch if kind == MESSAGE]
        statuses = [STATUSES[n] for kind, n in batch if kind == STATUS]
        if messages or statuses:
            await deliver(sign(make_whatsapp_batch(messages, statuses=statuses, names=NAMES)))
        for kind, n in batch:
            if kind == NOTIFICATION:
                await deliver(NOTIFICATIONS[n])

    async def outcome():
        replies = {}
        for one in stubs.sent:
            words = re.sub(r"RES[0-9A-Z]{8,}|\d\d:\d\d", "*", one["text"])
            replies.setdefault(one["to"], []).append(words)
        return {
            "replies": replies,
            "inbox": await query(
                "SELECT provider_id, kind, processed_at IS NOT NULL, failed_at FROM inbox ORDER BY provider_id"
            ),
            "reservations": await query(
                "SELECT contact_phone, contact_name, accommodation_id, check_in, check_out, guests, total_price,"
                " reservation_status FROM reservations ORDER BY 1"
            ),
            "payments": await query("SELECT provider_id, status, standing, amount FROM payments"),
            "memories": await query("SELECT contact, memory FROM conversations ORDER BY 1"),
            "outbox": await query("SELECT recipient, kind, count(*) FROM outbox GROUP BY 1, 2 ORDER BY 1, 2"),
        }

    async def run(batches, *, at_once):
        await start()
        if at_once:
            await asyncio.gather(*(hand_over(batch) for batch in batches))
            async with working(workers=2):
                pass
        else:
            async with working(workers=2):
                for batch in batches:
                    await hand_over(batch)
        return await outcome()

    return run


PROPERTY = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


async def test_the_world_in_order_is_the_one_that_is_meant(world):
    found = await world(IN_ORDER, at_once=False)
    assert [len(found["replies"][guest]) for guest in (ANA, BRUNO, CARLA, DORA)] == [3, 3, 2, 2]
    assert [(row[0], row[-1]) for row in found["reservations"]] == [
        (f"+{ANA}", "pre_reserved"),
        (f"+{DORA}", "confirmed"),
    ]
    assert "Te guardé" in found["replies"][ANA][-1]
    assert all(processed and failed is None for _, _, processed, failed in found["inbox"])


@pytest.fixture
async def expected(world):
    """What comes of everything once and in order."""
    return await world(IN_ORDER, at_once=False)


@PROPERTY
@given(batches=deliveries())
async def test_any_redelivery_before_the_work_changes_nothing(world, expected, batches):
    assert await world(batches, at_once=True) == expected


@PROPERTY
@given(batches=deliveries_in_order())
async def test_any_redelivery_during_the_work_changes_nothing(world, expected, stubs, batches):
    stubs.behaviour = Behaviour(0, 15)
    assert await world(batches, at_once=False) == expected
