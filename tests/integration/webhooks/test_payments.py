"""Payments: every order of arrival, early, late and twice, ends in the same state."""

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cabanas.clients.mercadopago import MercadoPagoClient
from cabanas.domain.payment import PaymentSnapshot, Standing
from cabanas.domain.reservation import StayWish
from cabanas_perf.workloads.webhook_input import (
    make_payment,
    make_payment_notification,
    make_text_message,
    make_whatsapp_batch,
)

ANA = "+5491155500101"
MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)
CHECK_IN = date.today() + timedelta(days=30)


@pytest.fixture
def hold(webhooks):
    async def make(*, channel="whatsapp", phone=ANA, days=0, accommodation_id=1):
        return await webhooks.hold_stay(
            StayWish(
                accommodation_id=accommodation_id,
                check_in=CHECK_IN + timedelta(days=days),
                check_out=CHECK_IN + timedelta(days=days + 3),
                guests=1,
                channel=channel,
                contact_name="Ana",
                contact_phone=phone,
            )
        )

    return make


@pytest.fixture
def end(query):
    async def run(code, status="pre_reserved"):
        await query(
            "UPDATE reservations SET expires_at = now() - interval '1 second', reservation_status = $2 WHERE code = $1",
            code,
            status,
        )

    return run


@pytest.fixture
def state(query):
    async def read(code):
        ((status, because),) = await query(
            "SELECT reservation_status, cancelled_because FROM reservations WHERE code = $1", code
        )
        payments = await query("SELECT provider_id, status, standing FROM payments ORDER BY provider_id")
        return status, because, payments

    return read


@pytest.fixture
def notices(query):
    async def read():
        return [kind for (kind,) in await query("SELECT kind FROM outbox WHERE kind <> 'reservation_held' ORDER BY id")]

    return read


def snapshot(held, status="approved", *, minute=0, payment_id="1", **changes):
    made = PaymentSnapshot(
        provider_id=payment_id,
        status=status,
        status_detail="",
        amount=held.deposit_amount,
        refunded=Decimal(0),
        currency="ARS",
        reference=held.code,
        updated_at=MOMENT + timedelta(minutes=minute),
    )
    return replace(made, **changes)


async def test_an_approved_deposit_confirms_and_says_so_once(webhooks, hold, state, notices):
    held = await hold()
    for _ in range(3):
        assert await webhooks.handle_payment.apply(snapshot(held)) is Standing.SETTLED
    assert await state(held.code) == ("confirmed", None, [("1", "approved", "settled")])
    assert await notices() == ["reservation_confirmed"]


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"amount": Decimal("0.01")}, "insufficient"),
        ({"currency": "USD"}, "insufficient"),
        ({"status": "pending"}, "open"),
        ({"status": "in_process"}, "open"),
        ({"status": "authorized"}, "open"),
        ({"status": "rejected"}, "open"),
        ({"status": "in_mediation"}, "open"),
        ({"reference": "RES_OF_SOMEBODY_ELSE"}, "unmatched"),
        ({"reference": None}, "unmatched"),
    ],
)
async def test_nothing_else_confirms(webhooks, hold, state, changes, standing):
    held = await hold()
    await webhooks.handle_payment.apply(snapshot(held, **changes))
    status, _, payments = await state(held.code)
    assert (status, payments[0][2]) == ("pre_reserved", standing)


LIVES = {
    "paid": ["pending", "in_process", "approved"],
    "refunded": ["pending", "approved", "refunded"],
    "disputed": ["pending", "approved", "in_mediation"],
    "dispute lost": ["approved", "in_mediation", "charged_back"],
    "dispute won": ["approved", "in_mediation", "approved"],
    "rejected": ["pending", "in_process", "rejected"],
}
OUTCOMES = {
    "paid": "confirmed",
    "refunded": "cancelled",
    "disputed": "confirmed",
    "dispute lost": "cancelled",
    "dispute won": "confirmed",
    "rejected": "pre_reserved",
}


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("when", ["in time", "late", "late and marked"])
async def test_every_order_of_arrival_ends_in_the_same_state(webhooks, hold, end, state, query, life, when):
    ends = []
    for order in itertools.permutations(range(3)):
        held = await hold()
        if when != "in time":
            await end(held.code, "expired" if when == "late and marked" else "pre_reserved")
        for minute in (*order, order[0], order[-1]):
            await webhooks.handle_payment.apply(snapshot(held, LIVES[life][minute], minute=minute))
        ends.append(await state(held.code))
        await query("TRUNCATE payments, reservations CASCADE")
    assert all(one == ends[0] for one in ends), ends
    if when == "in time":
        assert ends[0][0] == OUTCOMES[life]


async def test_two_payments_in_every_order_end_in_the_same_state(webhooks, hold, state, query):
    ends = []
    for order in itertools.permutations(
        [("1", "approved", 0), ("1", "refunded", 2), ("2", "approved", 1), ("2", "pending", 0)]
    ):
        held = await hold()
        for payment_id, status, minute in order:
            await webhooks.handle_payment.apply(snapshot(held, status, minute=minute, payment_id=payment_id))
        ends.append(await state(held.code))
        await query("TRUNCATE payments, reservations CASCADE")
    assert all(one == ends[0] for one in ends), ends
    assert ends[0] == ("confirmed", None, [("1", "refunded", "returned"), ("2", "approved", "settled")])


async def test_a_late_approval_takes_the_nights_again_if_they_are_free(webhooks, hold, end, state, notices):
    held = await hold()
    await end(held.code, "expired")
    assert await webhooks.handle_payment.apply(snapshot(held)) is Standing.SETTLED
    assert (await state(held.code))[0] == "confirmed"
    assert await notices() == ["reservation_confirmed"]


@pytest.mark.parametrize("other", ["held", "confirmed"])
async def test_a_late_approval_of_taken_nights_is_a_refund_due(webhooks, hold, end, state, notices, query, other):
    held = await hold()
    await end(held.code)
    winner = await hold(phone="+5491155500102", days=2)
    if other == "confirmed":
        await webhooks.settle.confirm(winner.code)
    for _ in range(2):
        assert await webhooks.handle_payment.apply(snapshot(held)) is Standing.REFUND_DUE
    assert (await state(held.code))[0] == "expired"
    assert await notices() == ["refund_due"]
    # Free again, but the refund was promised.
    await webhooks.settle.cancel(winner.code)
    assert await webhooks.handle_payment.apply(snapshot(held, minute=5)) is Standing.REFUND_DUE


async def test_an_ended_hold_of_somebody_else_gives_way_to_a_payment(webhooks, hold, end, state):
    held = await hold()
    await end(held.code)
    other = await hold(phone="+5491155500102", days=1)
    await end(other.code)
    assert await webhooks.handle_payment.apply(snapshot(held)) is Standing.SETTLED
    assert (await state(other.code))[0] == "expired"


async def test_a_cancelled_reservation_is_not_brought_back_by_a_payment(webhooks, hold, state, notices):
    held = await hold()
    await webhooks.settle.cancel(held.code)
    assert await webhooks.handle_payment.apply(snapshot(held)) is Standing.REFUND_DUE
    assert (await state(held.code))[0] == "cancelled"
    assert await notices() == ["refund_due"]


async def test_late_approvals_and_new_holds_at_once_never_share_a_night(webhooks, hold, end, query):
    for _ in range(10):
        paid = [await hold(phone=f"+54911555001{n:02}") for n in range(1)]
        for held in paid:
            await end(held.code)
        again = await hold(phone="+5491155500150")
        await end(again.code)
        results = await asyncio.gather(
            webhooks.handle_payment.apply(snapshot(paid[0], payment_id="1")),
            webhooks.handle_payment.apply(snapshot(again, payment_id="2")),
            *(hold(phone=f"+54911555002{n:02}", days=n % 3) for n in range(6)),
            return_exceptions=True,
        )
        blocking = await query(
            "SELECT count(*) FROM reservations a JOIN reservations b ON a.id < b.id AND a.period && b.period"
            " AND a.accommodation_id = b.accommodation_id"
            " WHERE a.reservation_status IN ('pre_reserved', 'confirmed')"
            " AND b.reservation_status IN ('pre_reserved', 'confirmed')"
        )
        assert blocking == [(0,)]
        confirmed = await query("SELECT code FROM reservations WHERE reservation_status = 'confirmed'")
        settled = [held.code for held, found in zip((*paid, again), results, strict=False) if found is Standing.SETTLED]
        assert [code for (code,) in confirmed] == settled
        assert all(isinstance(found, Standing) for found in results[:2]), results
        await query("TRUNCATE payments, reservations CASCADE")


async def test_a_hold_that_commits_while_a_late_payment_is_settled_wins(webhooks, hold, end, state, query):
    held = await hold()
    await end(held.code, "expired")
    async with webhooks.database.connect() as connection:
        rival = connection.transaction()
        await rival.start()
        await connection.execute(
            "INSERT INTO reservations (code, accommodation_id, check_in, check_out, guests, total_price,"
            " deposit_amount, reservation_status, channel, contact_name, contact_phone, expires_at)"
            " SELECT 'RIVAL', accommodation_id, check_in, check_out, 1, 1, 1, 'confirmed', 'web', 'B', '+541', now()"
            " FROM reservations WHERE code = $1",
            held.code,
        )
        settling = asyncio.create_task(webhooks.handle_payment.apply(snapshot(held)))
        async with asyncio.timeout(30):
            while not await query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await rival.commit()
    assert await settling is Standing.REFUND_DUE
    assert (await state(held.code))[0] == "expired"


async def test_notices_go_only_to_guests_of_whatsapp(webhooks, hold, query):
    held = await hold(channel="web")
    await webhooks.handle_payment.apply(snapshot(held))
    assert await query("SELECT * FROM outbox") == []


async def test_notifications_lead_to_what_the_provider_says_whatever_their_number(
    webhooks, hold, deliver, working, stubs, state, notices
):
    held = await hold()
    deliveries = [
        make_payment_notification("77", "payment-secret", request_id=f"r{n}", timestamp_ms=n + 1) for n in range(5)
    ]
    stubs.payments["77"] = {"id": 77, **make_payment(held.code, str(held.deposit_amount))}
    async with working(workers=3):
        await asyncio.gather(*(deliver(one) for one in deliveries * 3))
    assert await state(held.code) == ("confirmed", None, [("77", "approved", "settled")])
    assert await notices() == ["reservation_confirmed"]
    assert len(stubs.sent) == 2  # the hold's notice and this one
    assert "está confirmada" in stubs.sent[-1]["text"]


async def test_a_payment_that_the_api_does_not_know_yet_is_asked_for_again(
    webhooks, hold, deliver, working, stubs, state
):
    held = await hold()
    async with working():
        await deliver(make_payment_notification("77", "payment-secret", request_id="r", timestamp_ms=1))
        async with asyncio.timeout(30):
            while not stubs.requests:  # noqa: ASYNC110 - the stub counts, and tells nobody
                await asyncio.sleep(0.01)
        stubs.payments["77"] = {"id": 77, **make_payment(held.code, str(held.deposit_amount))}
    assert (await state(held.code))[0] == "confirmed"


async def test_a_provider_that_does_not_answer_holds_up_no_reply(
    webhooks, hold, deliver, sign, working, stubs, state, query, monkeypatch
):
    held, answers = await hold(channel="web"), asyncio.Event()
    fetch_payment = MercadoPagoClient.fetch_payment

    async def wait_for_the_provider(client, payment_id):
        await answers.wait()
        return await fetch_payment(client, payment_id)

    monkeypatch.setattr(MercadoPagoClient, "fetch_payment", wait_for_the_provider)
    settings = webhooks.settings
    payments = [str(number) for number in range(settings.inbox_concurrency + settings.payment_concurrency)]
    stubs.payments |= {
        number: {"id": int(number), **make_payment(held.code, str(held.deposit_amount))} for number in payments
    }
    async with working():
        for number in payments:
            await deliver(make_payment_notification(number, "payment-secret", request_id=number, timestamp_ms=1))
        await deliver(sign(make_whatsapp_batch([make_text_message(ANA[1:], "wamid.1", "hola", 1)], names={})))
        async with asyncio.timeout(30):
            while not stubs.sent:  # noqa: ASYNC110 - the stub counts, and tells nobody
                await asyncio.sleep(0.01)
        assert await query("SELECT count(*) FROM inbox WHERE kind = 'payment' AND processed_at IS NULL") == [
            (len(payments),)
        ]
        answers.set()
    assert (await state(held.code))[0] == "confirmed"
