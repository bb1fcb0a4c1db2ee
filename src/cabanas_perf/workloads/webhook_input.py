"""What providers deliver, made up: WhatsApp batches and Mercado Pago notifications, correctly signed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from cabanas_perf.load.signing import sign_as_mercadopago, sign_as_meta


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of a provider: ``path`` with its query, headers by lower-case names, the bytes.

    ``provider_id`` is how the service's inbox will call the first event in it.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    provider_id: str
    query: Mapping[str, str]


def make_guest_number(position: int) -> str:
    """A number that nobody has, without its plus: Argentina's area codes do not begin with 0."""
    return f"5490{position:09}"


def make_text_message(sender: str, message_id: str, text: str, said_at_s: int) -> dict[str, Any]:
    """A guest's text, as the Cloud API has it; ``sender`` is the number without its plus."""
    return make_message(sender, message_id, said_at_s, "text", {"body": text})


def make_message(sender: str, message_id: str, said_at_s: int, kind: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """A message of any kind."""
    return {"from": sender, "id": message_id, "timestamp": str(said_at_s), "type": kind, kind: part}


def make_whatsapp_batch(
    messages: Sequence[Mapping[str, Any]],
    *,
    statuses: Sequence[Mapping[str, Any]] = (),
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One entry with one change that holds them all; ``names`` are profile names by number."""
    contacts = [{"profile": {"name": name}, "wa_id": number} for number, name in (names or {}).items()]
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "5491155500100", "phone_number_id": "106540352242922"},
        "contacts": contacts,
    }
    if messages:
        value["messages"] = list(messages)
    if statuses:
        value["statuses"] = list(statuses)
    changes = [{"field": "messages", "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": changes}]}


def sign_whatsapp_batch(batch: Mapping[str, Any], secret: str) -> Delivery:
    """The batch as a delivery."""
    body = orjson.dumps(batch)
    value = batch["entry"][0]["changes"][0]["value"]
    first: Mapping[str, Any] = next(iter(value.get("messages", ())), {})
    return Delivery(
        path="/api/v1/webhooks/whatsapp",
        headers={"content-type": "application/json", "x-hub-signature-256": sign_as_meta(secret, body)},
        body=body,
        provider_id=str(first.get("id", "")),
        query={},
    )


def make_payment_notification(
    payment_id: str, secret: str, *, request_id: str, timestamp_ms: int, action: str = "payment.updated"
) -> Delivery:
    """A notification that the payment changed, as Mercado Pago delivers it."""
    signature = sign_as_mercadopago(secret, data_id=payment_id, request_id=request_id, timestamp_ms=timestamp_ms)
    body = {
        "id": timestamp_ms,
        "live_mode": True,
        "type": "payment",
        "date_created": "2026-01-01T00:00:00Z",
        "user_id": 44444,
        "api_version": "v1",
        "action": action,
        "data": {"id": payment_id},
    }
    return Delivery(
        path=f"/api/v1/webhooks/mercadopago?data.id={payment_id}&type=payment",
        headers={"content-type": "application/json", "x-signature": signature, "x-request-id": request_id},
        body=orjson.dumps(body),
        provider_id=f"{payment_id}:{request_id}:{signature}",
        query={"data.id": payment_id, "type": "payment"},
    )


def make_payment(
    reference: str,
    amount: str,
    *,
    status: str = "approved",
    currency: str = "ARS",
    updated_at: str = "2026-01-01T12:00:00.000-03:00",
    refunded: str = "0",
) -> dict[str, Any]:
    """What Mercado Pago's API says of a payment, less its id and what nobody reads."""
    return {
        "status": status,
        "status_detail": "accredited" if status == "approved" else status,
        "transaction_amount": float(amount),
        "transaction_amount_refunded": float(refunded),
        "currency_id": currency,
        "external_reference": reference,
        "date_created": updated_at,
        "date_last_updated": updated_at,
    }
