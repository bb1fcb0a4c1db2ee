from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cabanas.clients.errors import ProviderUnavailable
from cabanas.clients.mercadopago import parse_payment
from cabanas.domain.payment import DEPOSIT_RETURNED, Effect, PaidReservation, PaymentSnapshot, Standing, decide
from cabanas.domain.reservation import Status

MOMENT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SNAPSHOT = PaymentSnapshot(
    provider_id="1",
    status="approved",
    status_detail="accredited",
    amount=Decimal("30000.00"),
    refunded=Decimal(0),
    currency="ARS",
    reference="RES1",
    updated_at=MOMENT,
)
HOLD = PaidReservation(Status.PRE_RESERVED, Decimal("30000.00"), None, settled_otherwise=False)


@pytest.mark.parametrize(
    ("snapshot", "reservation", "standing", "effect"),
    [
        ({}, {}, Standing.SETTLED, Effect.CONFIRM),
        ({"amount": Decimal("30000.01")}, {}, Standing.SETTLED, Effect.CONFIRM),
        ({"amount": Decimal("29999.99")}, {}, Standing.INSUFFICIENT, Effect.NONE),
        ({"amount": Decimal("0.01")}, {}, Standing.INSUFFICIENT, Effect.NONE),
        ({"currency": "USD"}, {}, Standing.INSUFFICIENT, Effect.NONE),
        ({"currency": "ars"}, {}, Standing.INSUFFICIENT, Effect.NONE),
        ({"refunded": Decimal("0.01")}, {}, Standing.INSUFFICIENT, Effect.NONE),
        ({"amount": Decimal(50000), "refunded": Decimal(20000)}, {}, Standing.SETTLED, Effect.CONFIRM),
        *[
            ({"status": status}, {}, Standing.OPEN, Effect.NONE)
            for status in ("pending", "authorized", "in_process", "in_mediation", "rejected", "cancelled", "to_come")
        ],
        ({"status": "refunded"}, {}, Standing.RETURNED, Effect.CANCEL),
        ({"status": "charged_back"}, {"status": Status.CONFIRMED}, Standing.RETURNED, Effect.CANCEL),
        ({"status": "refunded"}, {"status": Status.CANCELLED}, Standing.RETURNED, Effect.NONE),
        ({"status": "refunded"}, {"status": Status.EXPIRED}, Standing.RETURNED, Effect.CANCEL),
        (
            {"status": "refunded"},
            {"status": Status.CONFIRMED, "settled_otherwise": True},
            Standing.RETURNED,
            Effect.NONE,
        ),
        ({}, {"status": Status.CONFIRMED}, Standing.SETTLED, Effect.NONE),
        ({}, {"status": Status.EXPIRED}, Standing.SETTLED, Effect.CONFIRM),
        ({}, {"status": Status.CANCELLED}, Standing.REFUND_DUE, Effect.NONE),
        (
            {},
            {"status": Status.CANCELLED, "cancelled_because": DEPOSIT_RETURNED},
            Standing.SETTLED,
            Effect.CONFIRM,
        ),
    ],
)
def test_what_a_payment_means(snapshot, reservation, standing, effect):
    seen = replace(SNAPSHOT, **snapshot)
    found = decide(
        seen,
        was_approved=seen.status == "approved",
        standing=Standing.OPEN,
        reservation=replace(HOLD, **reservation),
    )
    assert (found.standing, found.effect) == (standing, effect)


def test_a_payment_for_nothing_of_ours_is_unmatched():
    found = decide(SNAPSHOT, was_approved=True, standing=Standing.OPEN, reservation=None)
    assert (found.standing, found.effect) == (Standing.UNMATCHED, Effect.NONE)


def test_a_dispute_keeps_what_an_approval_gave():
    disputed = replace(SNAPSHOT, status="in_mediation")
    found = decide(disputed, was_approved=True, standing=Standing.SETTLED, reservation=HOLD)
    assert (found.standing, found.effect) == (Standing.SETTLED, Effect.CONFIRM)


def test_a_promised_refund_stays_promised():
    found = decide(SNAPSHOT, was_approved=True, standing=Standing.REFUND_DUE, reservation=HOLD)
    assert (found.standing, found.effect) == (Standing.REFUND_DUE, Effect.NONE)


@pytest.mark.parametrize(
    ("status", "seconds", "newer"),
    [
        ("approved", -1, True),
        ("approved", 1, False),
        ("approved", 0, False),
        ("pending", 0, True),
        ("refunded", 0, False),
        ("refunded", -1, True),
    ],
)
def test_the_later_state_is_the_newer_and_the_further_one_at_the_same_time(status, seconds, newer):
    assert SNAPSHOT.is_newer_than(status, MOMENT + timedelta(seconds=seconds)) is newer


def test_amounts_are_read_exactly_as_written():
    body = (
        b'{"id": 12345678901, "status": "approved", "status_detail": null, "transaction_amount": 25500.10,'
        b' "transaction_amount_refunded": 0, "currency_id": "ARS", "external_reference": "RES1",'
        b' "date_created": "2026-11-23T08:59:00.000-03:00", "date_last_updated": "2026-11-23T09:00:00.000-03:00"}'
    )
    assert parse_payment(body) == replace(
        SNAPSHOT, provider_id="12345678901", status_detail="", amount=Decimal("25500.10")
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"id": 1}',
        b'{"id": 1, "status": "approved", "transaction_amount": null, "currency_id": "ARS", "date_created": "x"}',
        b'{"id":1,"status":"a","transaction_amount":1,"currency_id":"ARS","date_created":"2026-01-01T00:00:00"}',
    ],
)
def test_what_is_no_payment_may_be_one_next_time(body):
    with pytest.raises(ProviderUnavailable):
        parse_payment(body)
