"""Realistic parameters for each statement of the service, drawn from the data that is there.

Statements are taken by name from `cabanas.db.statements`; a statement that is missing here has nothing it could be
explained with, and a test says so.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from cabanas.db.pool import Connection
from cabanas.settings import BUSINESS_TIME_ZONE

_SAMPLED_ROWS = 200
_NEWEST_ROWS = 50
_BACKLOG_ROWS = 2000
"""What a spike leaves waiting. Statistics know nothing of it: hardly ever is a table analysed at such a moment."""
_BATCH_ROWS = 1000
_PAGE_ROWS = 51
_HOLD = timedelta(minutes=30)
_CLAIM = timedelta(seconds=60)
_KEPT = timedelta(days=30)
_KEY_KEPT = timedelta(hours=48)
_CONVERSATION = timedelta(hours=24)

_RESERVATIONS = """
SELECT id, code, accommodation_id, check_in, reservation_status, contact_phone
FROM reservations
WHERE id = ANY ($1::bigint[])
ORDER BY id
"""
_HOLDS = """
SELECT id, code FROM reservations WHERE reservation_status = 'pre_reserved' AND expires_at > now() ORDER BY id LIMIT $1
"""
# History holds nothing that waits for work, so that a worker finds nothing to send.
_REOPEN_INBOX = f"""
UPDATE inbox SET processed_at = NULL, available_at = now() - interval '1 s'
WHERE id IN (SELECT id FROM inbox ORDER BY id DESC LIMIT {_BACKLOG_ROWS})
"""  # noqa: S608 - a constant of ours
_REOPEN_OUTBOX = f"""
UPDATE outbox SET sent_at = NULL, available_at = now() - interval '1 s'
WHERE id IN (SELECT id FROM outbox ORDER BY id DESC LIMIT {_BACKLOG_ROWS})
"""  # noqa: S608 - a constant of ours
_AGED_KEYS = """
INSERT INTO idempotency_keys (key, fingerprint, refusal, created_at)
SELECT 'aged-' || n, '\\x00', 'stay_unavailable', now() - interval '3 days'
FROM generate_series(1, 2000) AS n
"""


@dataclass(frozen=True, slots=True)
class SampledReservation:
    id: int
    code: str
    accommodation_id: int
    check_in: date
    status: str
    phone: str


@dataclass(frozen=True, slots=True)
class SampledData:
    """A small part of what the database holds, to draw parameters from."""

    today: date
    reservations: Sequence[SampledReservation]
    """Drawn by id, so that cabins appear as often as they are booked."""
    holds: Sequence[tuple[int, str]]
    """Id and code of holds that stand; some other reservation where there is none."""
    inbox: Sequence[tuple[int, str]]
    """Id and provider id of the newest events."""
    outbox: Sequence[int]
    """Ids of the newest messages."""
    payments: Sequence[str]
    """Provider ids."""


class Draw:
    """Random choices out of `SampledData`, the same for the same seed."""

    def __init__(self, data: SampledData, seed: int) -> None:
        self.data = data
        self.random = random.Random(seed)  # noqa: S311 - parameters of a measurement

    def reservation(self) -> SampledReservation:
        return self.random.choice(self.data.reservations)

    def accommodation(self) -> int:
        return self.reservation().accommodation_id

    def stay(self) -> tuple[date, date]:
        """One to seven nights within the next months, most of them soon."""
        check_in = self.data.today + timedelta(days=1 + int(self.random.expovariate(1 / 45)) % 250)
        return check_in, check_in + timedelta(days=self.random.randint(1, 7))

    def hold(self) -> tuple[int, str]:
        return self.random.choice(self.data.holds)

    def event(self) -> tuple[int, str]:
        return self.random.choice(self.data.inbox)

    def message(self) -> int:
        return self.random.choice(self.data.outbox)

    def payment(self) -> str:
        return self.random.choice(self.data.payments)

    def word(self) -> str:
        """A text that no row has yet."""
        return f"explain-{self.random.getrandbits(48):x}"


@dataclass(frozen=True, slots=True)
class Case:
    """How one statement is called."""

    draw: Callable[[Draw], tuple[object, ...]]
    before: str | None = None
    """SQL that makes work for the statement, inside the same transaction that is rolled back."""


def _hold_stay(draw: Draw) -> tuple[object, ...]:
    check_in, check_out = draw.stay()
    key = draw.word() if draw.random.random() < 0.5 else None
    return (
        f"EXPLAIN{draw.random.getrandbits(40):X}", draw.accommodation(), check_in, check_out, 2, Decimal(100000),
        Decimal(30000), "whatsapp", "Ana Paz", draw.reservation().phone, None, _HOLD, key, b"\0" if key else None,
    )  # fmt: skip


def _list_reservations(draw: Draw) -> tuple[object, ...]:
    status = draw.random.choice(("confirmed", "confirmed", "cancelled", "pre_reserved", "expired"))
    if draw.random.random() < 0.5:
        return status, None, None, _PAGE_ROWS
    last = draw.reservation()
    return status, last.check_in, last.id, _PAGE_ROWS


def _finish_message(draw: Draw) -> tuple[object, ...]:
    notice_for = draw.reservation().code if draw.random.random() < 0.2 else None
    reply = None if notice_for else "¡Hola! ¿Para qué fechas?"
    return draw.event()[0], draw.word(), '{"turns": []}', 0, reply, notice_for


def _store_inbox(draw: Draw) -> tuple[object, ...]:
    said_at = datetime.combine(draw.data.today, datetime.min.time(), UTC)
    return (
        "whatsapp", ["message"], [draw.word()], [draw.reservation().phone], [said_at], ['{"type": "text"}'],
    )  # fmt: skip


def _save_payment(draw: Draw) -> tuple[object, ...]:
    changed_at = datetime.combine(draw.data.today, datetime.min.time(), UTC)
    return (
        draw.payment(), draw.reservation().id, "approved", "accredited", Decimal(30000), Decimal(0), "ARS", True,
        "settled", changed_at,
    )  # fmt: skip


CASES: Mapping[str, Case] = {
    "cancel_reservation": Case(lambda draw: (draw.reservation().code,)),
    "check_overlap": Case(lambda draw: (draw.accommodation(), *draw.stay())),
    "check_overlap_constraint": Case(lambda _: ()),
    "claim_inbox": Case(lambda _: (["message"], 10, _CLAIM), before=_REOPEN_INBOX),
    "claim_outbox": Case(lambda _: (10, _CLAIM, BUSINESS_TIME_ZONE), before=_REOPEN_OUTBOX),
    "confirm_reservation": Case(lambda draw: (draw.hold()[1],)),
    "expire_holds": Case(lambda _: (_BATCH_ROWS,)),
    "fail_inbox": Case(lambda draw: (draw.event()[0], "explain", draw.reservation().phone, "Perdón"), _REOPEN_INBOX),
    "fail_outbox": Case(lambda draw: (draw.message(), "explain"), before=_REOPEN_OUTBOX),
    "finish_event": Case(lambda draw: (draw.event()[0],), before=_REOPEN_INBOX),
    "finish_message": Case(_finish_message, before=_REOPEN_INBOX),
    "hold_stay": Case(_hold_stay),
    "keep_transcript": Case(lambda draw: (draw.event()[0], "hola")),
    "list_accommodations": Case(lambda _: ()),
    "list_available": Case(lambda draw: (*draw.stay(), draw.random.randint(1, 6))),
    "list_reservations": Case(_list_reservations),
    "load_accommodation": Case(lambda draw: (draw.accommodation(), BUSINESS_TIME_ZONE, draw.word())),
    "load_conversation": Case(
        lambda draw: (draw.event()[0], draw.reservation().phone, _CONVERSATION, BUSINESS_TIME_ZONE, draw.word())
    ),
    "lock_paid_reservation": Case(lambda draw: (draw.reservation().code, draw.payment())),
    "lock_payment": Case(lambda draw: (draw.random.choice((draw.payment(), draw.word())),)),
    "notify_guest": Case(
        lambda draw: ("reservation_confirmed", draw.reservation().phone, draw.reservation().id, draw.event()[0])
    ),
    "postpone_inbox": Case(lambda draw: (draw.event()[0], _CLAIM, "explain"), before=_REOPEN_INBOX),
    "postpone_outbox": Case(lambda draw: (draw.message(), _CLAIM, "explain"), before=_REOPEN_OUTBOX),
    "purge_conversations": Case(lambda _: (_KEPT, _BATCH_ROWS)),
    "purge_idempotency_keys": Case(lambda _: (_KEY_KEPT, _BATCH_ROWS), before=_AGED_KEYS),
    "purge_inbox": Case(lambda _: (_KEPT, _BATCH_ROWS)),
    "purge_outbox": Case(lambda _: (_KEPT, _BATCH_ROWS)),
    "read_availability": Case(lambda draw: (draw.accommodation(), *draw.stay())),
    "read_reply_times": Case(lambda draw: ("whatsapp", [draw.event()[1] for _ in range(20)])),
    "read_reservation": Case(lambda draw: (draw.reservation().code,)),
    "record_sent": Case(lambda draw: (draw.message(), draw.word()), before=_REOPEN_OUTBOX),
    "return_deposit": Case(lambda draw: (draw.reservation().id,)),
    "save_payment": Case(_save_payment),
    "settle_hold": Case(lambda draw: (draw.hold()[0],)),
    "store_inbox": Case(_store_inbox),
}
"""By the statement's name."""

EXCLUDED: Mapping[str, str] = {}
"""Statements that are not explained, each with the reason."""


async def sample_data(connection: Connection, *, seed: int) -> SampledData | None:
    """A sample of the data to draw from; None when there are no reservations.

    The same data and seed give the same sample.
    """
    bounds = await connection.fetchrow(
        "SELECT min(id) AS first, max(id) AS last, (now() AT TIME ZONE $1)::date AS today FROM reservations",
        BUSINESS_TIME_ZONE,
    )
    if bounds is None or bounds["first"] is None:
        return None
    choose = random.Random(seed)  # noqa: S311 - parameters of a measurement
    ids = [choose.randint(bounds["first"], bounds["last"]) for _ in range(_SAMPLED_ROWS)]
    rows = await connection.fetch(_RESERVATIONS, ids)
    reservations = [SampledReservation(*row) for row in rows]
    holds = await connection.fetch(_HOLDS, _SAMPLED_ROWS)
    inbox = await connection.fetch("SELECT id, provider_id FROM inbox ORDER BY id DESC LIMIT $1", _NEWEST_ROWS)
    outbox = await connection.fetch("SELECT id FROM outbox ORDER BY id DESC LIMIT $1", _NEWEST_ROWS)
    payments = await connection.fetch("SELECT provider_id FROM payments ORDER BY provider_id LIMIT $1", _SAMPLED_ROWS)
    return SampledData(
        today=bounds["today"],
        reservations=reservations,
        holds=[tuple(row) for row in holds] or [(one.id, one.code) for one in reservations],
        inbox=[tuple(row) for row in inbox] or [(0, "none")],
        outbox=[row["id"] for row in outbox] or [0],
        payments=[row["provider_id"] for row in payments] or ["none"],
    )
