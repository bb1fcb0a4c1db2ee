"""Act on a payment: read it from the provider, and bring its reservation where it belongs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import asyncpg
import orjson

from cabanas.clients.mercadopago import MercadoPagoClient
from cabanas.db.pool import Connection, Database
from cabanas.db.statements import load_statement
from cabanas.domain.payment import Effect, PaidReservation, PaymentSnapshot, Standing, decide
from cabanas.domain.reservation import Channel, Status
from cabanas.redis.lock import CabinLocks
from cabanas.stages import stage

_NOTICES = {
    Standing.SETTLED: "reservation_confirmed",
    Standing.REFUND_DUE: "refund_due",
    Standing.INSUFFICIENT: "deposit_insufficient",
}


class PaymentUnknown(Exception):
    """The provider does not know the payment, or not yet: its notifications can be faster than its API."""


class PaymentsNotConfigured(Exception):
    """There is no client to read payments with."""


@dataclass(frozen=True, slots=True)
class HandlePayment:
    """Acts on payments. Repeated, late and reordered notifications all end in the same state."""

    database: Database
    locks: CabinLocks
    client: MercadoPagoClient | None

    async def __call__(self, event: asyncpg.Record) -> None:
        """Act on the payment that an event of the inbox, claimed by the caller, is about.

        Raises:
            Exception: whatever hindered it; nothing has changed, and it can be tried again.
        """
        if self.client is None:
            raise PaymentsNotConfigured
        payment_id = orjson.loads(event["payload"])["payment_id"]
        with stage("fetch_payment"):
            snapshot = await self.client.fetch_payment(payment_id)
        if snapshot is None:
            raise PaymentUnknown
        await self.apply(snapshot, event_id=event["id"])

    async def apply(self, snapshot: PaymentSnapshot, *, event_id: int | None = None) -> Standing:
        """Take note of a payment's state, in one transaction with what follows from it; answers with its standing.

        An older state than the one that is known changes nothing, save that it may tell of an approval.
        """
        with stage("find_reservation"):
            cabin = await self._find_cabin(snapshot)
        if cabin is None:
            return await self._apply(snapshot, event_id)
        # A payment for a hold that ended takes nights as a hold does: the lock keeps the two from contending.
        async with self.locks.around(cabin):
            return await self._apply(snapshot, event_id)

    async def _find_cabin(self, snapshot: PaymentSnapshot) -> int | None:
        """The accommodation whose nights may have to be taken again."""
        if snapshot.status != "approved" or snapshot.reference is None:
            return None
        async with self.database.connect() as connection:
            row = await connection.fetchrow(load_statement("read_reservation"), snapshot.reference)
        if row is None or row["reservation_status"] in {Status.PRE_RESERVED, Status.CONFIRMED}:
            return None
        cabin: int = row["accommodation_id"]
        return cabin

    async def _apply(self, snapshot: PaymentSnapshot, event_id: int | None) -> Standing:
        with stage("settle_payment"):
            async with self.database.connect() as connection, connection.transaction():
                known = await connection.fetchrow(load_statement("lock_payment"), snapshot.provider_id)
                assert known is not None
                if event_id is not None:
                    await connection.execute(load_statement("finish_event"), event_id)
                return await _take_note(connection, snapshot, known, event_id)


async def _take_note(
    connection: Connection, snapshot: PaymentSnapshot, known: asyncpg.Record, event_id: int | None
) -> Standing:
    before = Standing(known["standing"])
    was_approved = known["was_approved"] or snapshot.status == "approved"
    if snapshot.is_newer_than(known["status"], known["snapshot_at"]):
        newest = snapshot
    elif was_approved != known["was_approved"]:
        newest = _as_known(snapshot, known)
    else:
        return before
    row = None
    if newest.reference is not None:
        row = await connection.fetchrow(load_statement("lock_paid_reservation"), newest.reference, snapshot.provider_id)
    reservation = None if row is None else _paid_reservation(row)
    decision = decide(newest, was_approved=was_approved, standing=before, reservation=reservation)
    standing = decision.standing
    if row is not None and decision.effect is Effect.CONFIRM and not await _confirm(connection, row["id"]):
        standing = Standing.REFUND_DUE
    if row is not None and decision.effect is Effect.CANCEL:
        await connection.execute(load_statement("return_deposit"), row["id"])
    await connection.execute(
        load_statement("save_payment"),
        snapshot.provider_id,
        None if row is None else row["id"],
        newest.status,
        newest.status_detail,
        newest.amount,
        newest.refunded,
        newest.currency,
        was_approved,
        standing,
        newest.updated_at,
    )
    if row is not None and standing is not before and row["channel"] == Channel.WHATSAPP:
        kind = _NOTICES.get(standing, "deposit_returned" if decision.effect is Effect.CANCEL else None)
        if kind is not None:
            await connection.execute(load_statement("notify_guest"), kind, row["contact_phone"], row["id"], event_id)
    return standing


async def _confirm(connection: Connection, reservation_id: int) -> bool:
    """False when somebody else has one of the nights."""
    try:
        async with connection.transaction():
            return await connection.fetchval(load_statement("settle_hold"), reservation_id) is not None
    except asyncpg.ExclusionViolationError:
        return False


def _as_known(snapshot: PaymentSnapshot, known: asyncpg.Record) -> PaymentSnapshot:
    return replace(
        snapshot,
        status=known["status"],
        status_detail=known["status_detail"],
        amount=known["amount"],
        refunded=known["refunded"],
        currency=known["currency"],
        updated_at=known["snapshot_at"],
    )


def _paid_reservation(row: asyncpg.Record) -> PaidReservation:
    return PaidReservation(
        status=Status(row["reservation_status"]),
        deposit_amount=row["deposit_amount"],
        cancelled_because=row["cancelled_because"],
        settled_otherwise=row["settled_otherwise"],
    )
