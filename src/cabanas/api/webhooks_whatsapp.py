"""The WhatsApp webhook: who it is from, what it says, stored; then the answer. The work comes later.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import PlainTextResponse, Response

from cabanas.api.dependencies import ServiceDep
from cabanas.api.problems import document_problems
from cabanas.api.raw_body import MalformedBody, parse_object, read_body
from cabanas.api.signatures import BadSignature, verify_whatsapp
from cabanas.api.webhooks import SignatureRefused, WebhookNotConfigured
from cabanas.bootstrap import Service
from cabanas.services.inbox import Source
from cabanas.services.whatsapp_events import MalformedEnvelope, parse_envelope
from cabanas.stages import stage

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

MAX_BODY_BYTES = 3 * 1024 * 1024
"""The provider's own limit for a batch."""
_OBJECT = "whatsapp_business_account"


@router.get("/whatsapp", response_class=PlainTextResponse, responses=document_problems(403, 503))
async def answer_challenge(
    service: ServiceDep,
    mode: Annotated[str | None, Query(alias="hub.mode")] = None,
    token: Annotated[str | None, Query(alias="hub.verify_token")] = None,
    challenge: Annotated[str, Query(alias="hub.challenge", max_length=1000)] = "",
) -> Response:
    """Meta's question whether this address is ours: the challenge, as it came."""
    expected = service.settings.whatsapp_verify_token
    if expected is None:
        raise WebhookNotConfigured("set CABANAS_WHATSAPP_VERIFY_TOKEN")
    if mode != "subscribe" or not hmac.compare_digest((token or "").encode(), expected.get_secret_value().encode()):
        raise SignatureRefused("hub.verify_token is not ours")
    return PlainTextResponse(challenge)


@router.post("/whatsapp", responses=document_problems(400, 403, 413, 503))
async def receive_whatsapp(request: Request, service: ServiceDep) -> Response:
    """A batch of messages and statuses. 200 once all of it is stored; the same batch again changes nothing."""
    body = await read_body(request, MAX_BODY_BYTES)
    await accept_whatsapp(service, body, request.headers.get("x-hub-signature-256"))
    return Response()


async def accept_whatsapp(service: Service, body: bytes, signature: str | None) -> int:
    """Verify and store a batch; answers with how many of its events were new.

    Raises:
        WebhookNotConfigured, SignatureRefused, MalformedBody, DatabaseUnavailable: nothing was stored.
    """
    secret = service.settings.whatsapp_app_secret
    if secret is None:
        raise WebhookNotConfigured("set CABANAS_WHATSAPP_APP_SECRET")
    with stage("verify_signature"):
        try:
            verify_whatsapp(secret.get_secret_value(), body, signature)
        except BadSignature as error:
            raise SignatureRefused(str(error)) from error
    with stage("parse_payload"):
        envelope = parse_object(body)
        try:
            # Other objects are webhooks of other products, subscribed to by mistake: nothing in them is for us.
            events = parse_envelope(envelope, datetime.now(UTC)) if envelope.get("object") == _OBJECT else []
        except MalformedEnvelope as error:
            raise MalformedBody(str(error)) from error
    return await service.inbox.store(Source.WHATSAPP, events)
