"""A WhatsApp webhook's envelope, read into events: every entry, change, message and status of the batch. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

import orjson

from cabanas.services.inbox import Event, EventKind

# A wa_id is the number in international form without its plus.
_WA_ID = re.compile(r"\d{5,20}", re.ASCII)
_MAX_ID_LENGTH = 500


class MalformedEnvelope(Exception):
    """The body is no webhook envelope."""


@dataclass(frozen=True, slots=True)
class GuestMessage:
    """What a guest sent: their words, or a recording, or something that we cannot read (both None)."""

    text: str | None
    media_id: str | None
    contact_name: str | None


def parse_envelope(body: Mapping[str, Any], now: datetime) -> list[Event]:
    """Every message and status of a batch, each id once. Parts that make no sense are left out, the rest counts.

    Raises:
        MalformedEnvelope: when it is no envelope at all.
    """
    entries = body.get("entry")
    if not isinstance(body.get("object"), str) or not isinstance(entries, list):
        raise MalformedEnvelope("an envelope has an object and entries")
    events: dict[str, Event] = {}
    for value in _values(entries):
        names = _contact_names(value)
        for message in _objects(value, "messages"):
            if (event := _parse_message(message, names, now)) is not None:
                events.setdefault(event.provider_id, event)
        for status in _objects(value, "statuses"):
            if (event := _parse_status(status, now)) is not None:
                events.setdefault(event.provider_id, event)
    return list(events.values())


def read_message(payload: Mapping[str, Any]) -> GuestMessage:
    """The message inside an event's payload, as `parse_envelope` stored it."""
    message = payload["message"]
    kind = str(message.get("type"))
    part = message.get(kind)
    part = part if isinstance(part, dict) else {}
    name = payload.get("name")
    media_id = part.get("id") if kind == "audio" else None
    return GuestMessage(
        text=_read_text(kind, part),
        media_id=str(media_id) if media_id else None,
        contact_name=name if isinstance(name, str) else None,
    )


def _read_text(kind: str, part: Mapping[str, Any]) -> str | None:
    """The words of a message, wherever its kind has them: a button's title is what the guest said."""
    if kind == "text":
        found = part.get("body")
    elif kind == "button":
        found = part.get("text")
    elif kind == "interactive":
        answer = part.get(str(part.get("type")))
        found = answer.get("title") if isinstance(answer, dict) else None
    else:
        found = part.get("caption")
    return found if isinstance(found, str) and found.strip() else None


def _values(entries: list[Any]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        for change in _objects(entry, "changes"):
            value = change.get("value")
            if change.get("field") == "messages" and isinstance(value, dict):
                yield value


def _objects(parent: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    found = parent.get(name)
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, dict))


def _contact_names(value: Mapping[str, Any]) -> dict[str, str]:
    names = {}
    for contact in _objects(value, "contacts"):
        profile = contact.get("profile")
        name = profile.get("name") if isinstance(profile, dict) else None
        if isinstance(name, str):
            names[str(contact.get("wa_id"))] = name
    return names


def _parse_message(message: dict[str, Any], names: Mapping[str, str], now: datetime) -> Event | None:
    message_id, sender = message.get("id"), message.get("from")
    if not _is_id(message_id) or not isinstance(sender, str) or not _WA_ID.fullmatch(sender):
        return None
    return Event(
        kind=EventKind.VOICE_NOTE if message.get("type") == "audio" else EventKind.MESSAGE,
        provider_id=message_id,
        lane=f"+{sender}",
        said_at=_parse_timestamp(message.get("timestamp"), now),
        payload=orjson.dumps({"message": message, "name": names.get(sender)}),
    )


def _parse_status(status: dict[str, Any], now: datetime) -> Event | None:
    message_id, state = status.get("id"), status.get("status")
    if not _is_id(message_id) or not _is_id(state):
        return None
    return Event(
        kind=EventKind.STATUS,
        provider_id=f"{message_id}:{state}",
        lane=f"status:{message_id}",
        said_at=_parse_timestamp(status.get("timestamp"), now),
        payload=orjson.dumps({"status": status}),
    )


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 1 <= len(value) <= _MAX_ID_LENGTH and value.isprintable()


def _parse_timestamp(value: object, now: datetime) -> datetime:
    """When it was said, by the provider; now, where that makes no sense. Never in the future."""
    try:
        said_at = datetime.fromtimestamp(int(str(value)), UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return min(said_at, now)
