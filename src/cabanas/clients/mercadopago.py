"""Mercado Pago: reading a payment. https://www.mercadopago.com.ar/developers/es/reference/payments/_payments_id/get"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

import httpx

from cabanas.clients.errors import ProviderUnavailable
from cabanas.clients.http import ask, check_answer
from cabanas.domain.payment import PaymentSnapshot


@dataclass(frozen=True, slots=True)
class MercadoPagoClient:
    """Reads payments. ``http`` carries base URL and token, and stays open."""

    http: httpx.AsyncClient

    async def fetch_payment(self, payment_id: str) -> PaymentSnapshot | None:
        """The payment as it is now; None when the provider knows of none.

        Raises:
            ProviderUnavailable, ProviderRefused
        """
        response = await ask(self.http, self.http.build_request("GET", f"v1/payments/{quote(payment_id, safe='')}"))
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        check_answer(response)
        return parse_payment(response.content)


def parse_payment(body: bytes) -> PaymentSnapshot:
    """Read the provider's JSON; amounts exactly as written.

    Raises:
        ProviderUnavailable: when it is not a payment: an answer cut short may be whole next time.
    """
    try:
        found: dict[str, Any] = json.loads(body, parse_float=Decimal)
        reference = found.get("external_reference")
        return PaymentSnapshot(
            provider_id=str(found["id"]),
            status=str(found["status"]),
            status_detail=str(found.get("status_detail") or ""),
            amount=Decimal(found["transaction_amount"]),
            refunded=Decimal(found.get("transaction_amount_refunded") or 0),
            currency=str(found["currency_id"]),
            reference=str(reference) if reference else None,
            updated_at=_parse_time(found.get("date_last_updated") or found["date_created"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError, InvalidOperation, RecursionError) as error:
        raise ProviderUnavailable(f"an answer that is no payment ({type(error).__name__})") from error


def _parse_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    return moment
