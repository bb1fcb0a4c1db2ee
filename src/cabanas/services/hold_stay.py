"""Hold a stay: the seven steps, from a wish to nights that nobody else can have."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import asyncpg

from cabanas.db.pool import Connection, Database
from cabanas.db.statements import load_statement
from cabanas.domain.errors import (
    AccommodationNotFound,
    CabanasError,
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    StayUnavailable,
)
from cabanas.domain.pricing import Quote, Tariff, quote_stay
from cabanas.domain.reservation import (
    HeldStay,
    HoldRequest,
    StayLimits,
    StayWish,
    check_against_house,
    parse_wish,
)
from cabanas.domain.stay import Stay
from cabanas.redis.lock import CabinLocks
from cabanas.settings import BUSINESS_TIME_ZONE
from cabanas.stages import mark, stage

# Crockford's alphabet: no letter that is read as a digit over the telephone.
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_RANDOM_CHARACTERS = 8
_INSERT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """How stays are held in this house."""

    duration: timedelta
    limits: StayLimits
    weekend_nights: Collection[int]


class Pricing(Protocol):
    """How a stay is priced, as `cabanas.domain.pricing.quote_stay` does."""

    def __call__(self, tariff: Tariff, stay: Stay, *, weekend_nights: Collection[int]) -> Quote: ...


@dataclass(frozen=True, slots=True)
class HoldStay:
    """Holds stays. Call it with a wish, and with the client's idempotency key when there is one."""

    database: Database
    locks: CabinLocks
    policy: HoldPolicy
    price: Pricing = quote_stay

    async def __call__(self, wish: StayWish, *, idempotency_key: str | None = None) -> HeldStay:
        """Hold the stay, or answer as the earlier request with the same key was answered.

        Raises:
            InvalidRequest: for a wish that can never be granted as written.
            AccommodationNotFound: when there is no such accommodation, or it is not for rent.
            StayUnavailable: when another reservation has one of the nights.
            IdempotencyKeyInFlight: when a request with this key is being worked on.
            IdempotencyKeyReused: when the key was used with another wish.
            DatabaseUnavailable: when PostgreSQL cannot be asked; nothing was held.
        """
        try:
            with stage("validate"):
                request = parse_wish(wish, self.policy.limits)
                fingerprint = None if idempotency_key is None else fingerprint_wish(wish)
            async with self.database.connect() as connection:
                held = await self._hold(connection, request, idempotency_key, fingerprint)
        except CabanasError as error:
            mark("hold", type(error).__name__)
            raise
        mark("hold", "StayHeld")
        return held

    async def _hold(
        self, connection: Connection, request: HoldRequest, key: str | None, fingerprint: bytes | None
    ) -> HeldStay:
        with stage("load_accommodation"):
            cabin = await self._load(connection, request.accommodation_id, key)
        if cabin["fingerprint"] is not None:
            return _replay(cabin, request.accommodation_id, fingerprint)
        with stage("price"):
            check_against_house(request, today=cabin["today"], capacity=cabin["capacity"], limits=self.policy.limits)
            quote = self.price(
                Tariff(cabin["base_price"], cabin["weekend_multiplier"]),
                request.stay,
                weekend_nights=self.policy.weekend_nights,
            )
        async with self.locks.around(request.accommodation_id):
            try:
                with stage("overlap_insert"):
                    return await self._insert(connection, request, quote, cabin["today"], key, fingerprint)
            except _KeyFinishedMeanwhile:
                cabin = await self._load(connection, request.accommodation_id, key)
                return _replay(cabin, request.accommodation_id, fingerprint)

    async def _load(self, connection: Connection, accommodation_id: int, key: str | None) -> asyncpg.Record:
        row = await connection.fetchrow(load_statement("load_accommodation"), accommodation_id, BUSINESS_TIME_ZONE, key)
        if row is None:
            raise AccommodationNotFound(accommodation_id)
        return row

    async def _insert(
        self,
        connection: Connection,
        request: HoldRequest,
        quote: Quote,
        today: date,
        key: str | None,
        fingerprint: bytes | None,
    ) -> HeldStay:
        for attempts_left in reversed(range(_INSERT_ATTEMPTS)):
            try:
                row = await connection.fetchrow(
                    load_statement("hold_stay"),
                    make_code(today),
                    request.accommodation_id,
                    request.stay.check_in,
                    request.stay.check_out,
                    request.guests,
                    quote.total_price,
                    quote.deposit_amount,
                    request.channel,
                    request.contact_name,
                    request.contact_phone,
                    request.contact_email,
                    self.policy.duration,
                    key,
                    fingerprint,
                )
                break
            except asyncpg.UniqueViolationError as error:
                if error.constraint_name == "idempotency_keys_pkey":
                    raise _KeyFinishedMeanwhile from error
                if not attempts_left:  # the code exists: one in 2**40 a day for each reservation of that day
                    raise
            except asyncpg.DeadlockDetectedError:
                if not attempts_left:
                    raise
        assert row is not None
        if not row["mine"]:
            raise IdempotencyKeyInFlight
        if row["code"] is None:
            raise _stay_unavailable(request.accommodation_id, request.stay)
        return HeldStay(
            code=row["code"],
            accommodation_id=request.accommodation_id,
            stay=request.stay,
            guests=request.guests,
            total_price=quote.total_price,
            deposit_amount=quote.deposit_amount,
            expires_at=row["expires_at"],
        )


class _KeyFinishedMeanwhile(Exception):
    """Another request with the same key committed between our look and our insert."""


def make_code(today: date) -> str:
    """A fresh reservation code, as ``RES251014`` and eight random characters."""
    number = secrets.randbits(5 * _CODE_RANDOM_CHARACTERS)
    tail = "".join(_CODE_ALPHABET[number >> shift & 31] for shift in range(0, 5 * _CODE_RANDOM_CHARACTERS, 5))
    return f"RES{today:%y%m%d}{tail}"


def fingerprint_wish(wish: StayWish) -> bytes:
    """What tells two wishes apart that came with the same key: SHA-256 over every field."""
    return hashlib.sha256(repr(wish).encode("utf-8", "surrogatepass")).digest()


def _replay(row: asyncpg.Record, accommodation_id: int, fingerprint: bytes | None) -> HeldStay:
    if row["fingerprint"] != fingerprint:
        msg = "this Idempotency-Key was used before with another request; choose a new key"
        raise IdempotencyKeyReused(msg)
    if row["refusal"] is not None:
        msg = "the nights were taken when this request was first made"
        raise StayUnavailable(msg)
    return HeldStay(
        code=row["code"],
        accommodation_id=accommodation_id,
        stay=Stay(row["check_in"], row["check_out"]),
        guests=row["guests"],
        total_price=row["total_price"],
        deposit_amount=row["deposit_amount"],
        expires_at=row["expires_at"],
    )


def _stay_unavailable(accommodation_id: int, stay: Stay) -> StayUnavailable:
    return StayUnavailable(
        f"accommodation {accommodation_id} is taken for some night from {stay.check_in} to {stay.check_out}"
    )
