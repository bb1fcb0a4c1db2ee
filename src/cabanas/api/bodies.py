"""The JSON that goes in and out. Money is a decimal string, dates are ISO 8601, a stay is [check_in, check_out)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import asyncpg
from pydantic import BaseModel, ConfigDict, Field

from cabanas.audio import Transcript
from cabanas.domain.reservation import MAX_ID, Channel, HeldStay, StayWish
from cabanas.services.browse import Availability

Money = Annotated[str, Field(pattern=r"^\d+\.\d{2}$", examples=["85000.00"])]
PERSONAL_FIELDS = ("contact_name", "contact_phone", "contact_email")


class WishBody(BaseModel):
    """What is asked for when a stay is to be held."""

    model_config = ConfigDict(extra="forbid")

    # What the domain checks is told to readers of the OpenAPI document here, and decided there.
    accommodation_id: int = Field(json_schema_extra={"minimum": 1, "maximum": MAX_ID})
    check_in: date
    check_out: date
    guests: int = Field(json_schema_extra={"minimum": 1})
    channel: str = Field(max_length=20, json_schema_extra={"enum": list(Channel)})
    contact_name: str = Field(max_length=500, examples=["Ana Pérez"])
    contact_phone: str = Field(max_length=40, examples=["+5491145678901"])
    contact_email: str | None = Field(default=None, max_length=500, examples=["ana@example.com"])

    def to_wish(self) -> StayWish:
        return StayWish(
            accommodation_id=self.accommodation_id,
            check_in=self.check_in,
            check_out=self.check_out,
            guests=self.guests,
            channel=self.channel,
            contact_name=self.contact_name,
            contact_phone=self.contact_phone,
            contact_email=self.contact_email,
        )


class HeldStayBody(BaseModel):
    """A stay that is held, until ``expires_at``."""

    code: str
    accommodation_id: int
    check_in: date
    check_out: date
    nights: int
    guests: int
    total_price: Money
    deposit_amount: Money
    expires_at: datetime
    status: str


class ReservationBody(HeldStayBody):
    """A reservation. The contact's fields are there only for a request with the API token."""

    accommodation_name: str
    channel: str
    created_at: datetime
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None


class ReservationPage(BaseModel):
    items: list[ReservationBody]
    next_cursor: str | None


class AccommodationBody(BaseModel):
    id: int
    name: str
    capacity: int
    base_price: Money
    weekend_multiplier: Money
    description: str


class AccommodationList(BaseModel):
    items: list[AccommodationBody]


class TakenBody(BaseModel):
    check_in: date
    check_out: date


class AvailabilityBody(BaseModel):
    accommodation_id: int
    name: str
    capacity: int
    check_in: date
    check_out: date
    available: bool
    taken: list[TakenBody]


class AnalyzeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=4096, examples=["Hola! Tenés lugar del 15 al 18 de diciembre para 4?"])
    reference_date: date | None = None


class AnalysisBody(BaseModel):
    intents: list[str]
    check_in: date | None
    check_out: date | None
    nights: int | None
    guests: int | None
    accommodation: str | None


class SegmentBody(BaseModel):
    start_s: float
    end_s: float
    text: str


class TranscriptBody(BaseModel):
    """What is said in a recording. ``speech_found`` is false for silence and noise, whose text is empty."""

    text: str
    speech_found: bool
    confidence: float = Field(ge=0, le=1)
    language: str
    duration_s: float
    speech_s: float
    model: str
    model_wanted: str
    segments: list[SegmentBody]


def held_stay_json(held: HeldStay) -> dict[str, Any]:
    return {
        "code": held.code,
        "accommodation_id": held.accommodation_id,
        "check_in": held.stay.check_in,
        "check_out": held.stay.check_out,
        "nights": held.stay.nights,
        "guests": held.guests,
        "total_price": str(held.total_price),
        "deposit_amount": str(held.deposit_amount),
        "expires_at": held.expires_at,
        "status": held.status,
    }


def reservation_json(row: asyncpg.Record, *, personal: bool) -> dict[str, Any]:
    body = {
        "code": row["code"],
        "accommodation_id": row["accommodation_id"],
        "accommodation_name": row["accommodation_name"],
        "check_in": row["check_in"],
        "check_out": row["check_out"],
        "nights": (row["check_out"] - row["check_in"]).days,
        "guests": row["guests"],
        "total_price": str(row["total_price"]),
        "deposit_amount": str(row["deposit_amount"]),
        "expires_at": row["expires_at"],
        "status": row["reservation_status"],
        "channel": row["channel"],
        "created_at": row["created_at"],
    }
    if personal:
        body.update((field, row[field]) for field in PERSONAL_FIELDS)
    return body


def accommodation_json(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "capacity": row["capacity"],
        "base_price": str(row["base_price"]),
        "weekend_multiplier": str(row["weekend_multiplier"]),
        "description": row["description"],
    }


def availability_json(found: Availability, check_in: date, check_out: date) -> dict[str, Any]:
    return {
        "accommodation_id": found.accommodation["id"],
        "name": found.accommodation["name"],
        "capacity": found.accommodation["capacity"],
        "check_in": check_in,
        "check_out": check_out,
        "available": not found.taken,
        "taken": [{"check_in": stay.check_in, "check_out": stay.check_out} for stay in found.taken],
    }


def transcript_json(transcript: Transcript) -> dict[str, Any]:
    return {
        "text": transcript.text,
        "speech_found": transcript.found_speech,
        "confidence": transcript.confidence,
        "language": transcript.language,
        "duration_s": transcript.duration_s,
        "speech_s": transcript.speech_s,
        "model": transcript.model,
        "model_wanted": transcript.model_wanted,
        "segments": [
            {"start_s": segment.start_s, "end_s": segment.end_s, "text": segment.text}
            for segment in transcript.segments
        ],
    }
