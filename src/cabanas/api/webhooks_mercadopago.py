"""The Mercado Pago webhook: a signed hint that a payment changed, stored; then the answer.

Only the query's ``data.id``, the request id and the time are signed, so nothing else of the notification is believed:
the payment itself is read from the provider's API. https://www.mercadopago.com.ar/developers/es/docs/your-integrations/notifications/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from cabanas.api.dependencies import ServiceDep
from cabanas.api.problems import document_problems
from cabanas.api.raw_body import MalformedBody, parse_object, read_body
from cabanas.api.signatures import BadSignature, verify_mercadopago
from cabanas.api.webhooks import SignatureRefused, WebhookNotConfigured
from cabanas.bootstrap import Service
from cabanas.services.inbox import Event, EventKind, Source
from cabanas.stages import stage

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

MAX_BODY_BYTES = 64 * 1024
_MAX_ID_LENGTH = 100


@router.post("/mercadopago", responses=document_problems(400, 403, 413, 503))
async def receive_mercadopago(request: Request, service: ServiceDep) -> Response:
    """A notification. 200 once it is stored; the same notification again changes nothing."""
    body = await read_body(request, MAX_BODY_BYTES)
    await accept_mercadopago(service, body, request.query_params, request.headers)
    return Response()


async def accept_mercadopago(
    service: Service, body: bytes, query: Mapping[str, str], headers: Mapping[str, str]
) -> int:
    """Verify and store a notification; ``headers`` by lower-case names. Answers with 1, or 0 for a repeated one.

    Raises:
        WebhookNotConfigured, SignatureRefused, MalformedBody, DatabaseUnavailable: nothing was stored.
    """
    settings = service.settings
    if settings.mercadopago_secret is None:
        raise WebhookNotConfigured("set CABANAS_MERCADOPAGO_SECRET")
    signature, request_id = headers.get("x-signature"), headers.get("x-request-id")
    tolerance_s = settings.mercadopago_tolerance_s
    now = datetime.now(UTC)
    with stage("verify_signature"):
        try:
            verify_mercadopago(
                settings.mercadopago_secret.get_secret_value(),
                data_id=query.get("data.id"),
                request_id=request_id,
                signature=signature,
                tolerance=None if tolerance_s is None else timedelta(seconds=tolerance_s),
                now=now,
            )
        except BadSignature as error:
            raise SignatureRefused(str(error)) from error
    with stage("parse_payload"):
        event = _parse_notification(parse_object(body), query, request_id, str(signature), now)
    return await service.inbox.store(Source.MERCADOPAGO, [event])


def _parse_notification(
    body: Mapping[str, object], query: Mapping[str, str], request_id: str | None, signature: str, now: datetime
) -> Event:
    data = body.get("data")
    stated = data.get("id") if isinstance(data, dict) else None
    data_id = query.get("data.id") or str(stated or "")
    if not 1 <= len(data_id) <= _MAX_ID_LENGTH or not data_id.isprintable():
        raise MalformedBody("there is no data.id")
    if stated is not None and str(stated).lower() != data_id.lower():
        raise MalformedBody("the data.id of the query and of the body differ")
    topic = query.get("type") or body.get("type")
    # Two notifications are the same one when all that is signed agrees. The notification's own number is not
    # signed: trusting it would let a replay with a number yet to come make us deaf to that one.
    return Event(
        kind=EventKind.PAYMENT if topic == "payment" else EventKind.OTHER,
        provider_id=f"{data_id}:{request_id or ''}:{signature}",
        lane=f"payment:{data_id}",
        said_at=now,
        payload=orjson.dumps({"payment_id": data_id}),
    )
