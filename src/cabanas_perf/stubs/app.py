"""Stand-ins for the Graph API (``/graph/<version>/``) and Mercado Pago (``/mercadopago/``), as one ASGI app.

What they were sent, and how they behave, is at ``/_sent``, ``/_behaviour``, ``/_payments/<id>``, ``/_media/<id>``.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cabanas_perf.stubs.behaviour import Behaviour, Verdict
from cabanas_perf.stubs.state import Recording, StubState

GRAPH_PATH = "/graph/v23.0"
MERCADOPAGO_PATH = "/mercadopago"

Handler = Callable[[Request], Awaitable[Response]]


def create_stub_app(state: StubState) -> Starlette:
    """Both providers over ``state``."""
    graph, control = _Graph(state), _Control(state)
    return Starlette(
        routes=[
            Route("/graph/{version}/{phone_number_id}/messages", _behaving(state, graph.send), methods=["POST"]),
            Route("/graph/{version}/{media_id}", _behaving(state, graph.locate)),
            Route("/media/{ticket}/{media_id}", _behaving(state, graph.download)),
            Route("/mercadopago/v1/payments/{payment_id}", _behaving(state, _Payments(state).read)),
            Route("/_sent", control.sent, methods=["GET", "DELETE"]),
            Route("/_behaviour", control.behaviour, methods=["GET", "PUT"]),
            Route("/_payments/{payment_id}", control.payment, methods=["PUT"]),
            Route("/_media/{media_id}", control.media, methods=["PUT"]),
        ]
    )


def _behaving(state: StubState, answer: Handler) -> Handler:
    """The handler behind the state's latency, failures and refusals, for callers with a token."""

    async def behave(request: Request) -> Response:
        state.requests += 1
        # Read at once, as a provider does: what has arrived is acted on even if the sender dies while it waits.
        await request.body()
        behaviour = state.behaviour
        if latency_s := behaviour.draw_latency_s(state.rng):
            await asyncio.sleep(latency_s)
        match behaviour.draw_verdict(state.rng):
            case Verdict.FAIL:
                return _error(behaviour.fail_status, 2, "Service temporarily unavailable")
            case Verdict.REFUSE:
                return _error(400, 131047, "Re-engagement message")
            case Verdict.ANSWER:
                scheme, _, token = request.headers.get("authorization", "").partition(" ")
                if scheme != "Bearer" or not token:
                    return _error(401, 190, "Invalid OAuth access token")
                return await answer(request)

    return behave


class _Graph:
    """https://developers.facebook.com/docs/whatsapp/cloud-api"""

    def __init__(self, state: StubState) -> None:
        self._state = state
        self._numbers = itertools.count(1)
        self._gone: set[str] = set()

    async def send(self, request: Request) -> Response:
        body = _parse(await request.body())
        text = body.get("text") if isinstance(body, dict) else None
        if not isinstance(text, dict) or body.get("messaging_product") != "whatsapp" or not body.get("to"):
            return _error(400, 100, "Invalid parameter")
        message_id = f"wamid.stub{next(self._numbers)}"
        self._state.sent.append(
            {"to": body["to"], "type": body.get("type"), "text": text.get("body"), "id": message_id, "at": time.time()}
        )
        contact = {"input": body["to"], "wa_id": str(body["to"]).removeprefix("+")}
        return _json({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": message_id}]})

    async def locate(self, request: Request) -> Response:
        """The first of two steps: where the recording lies for the next minutes."""
        media_id = request.path_params["media_id"]
        recording = self._state.recordings.get(media_id)
        if recording is None:
            return _error(404, 100, "Unsupported get request")
        ticket = str(next(self._numbers))
        if self._state.expired_addresses > 0:
            self._state.expired_addresses -= 1
            self._gone.add(ticket)
        return _json(
            {
                "messaging_product": "whatsapp",
                "url": f"{str(request.base_url).rstrip('/')}/media/{ticket}/{media_id}",
                "mime_type": recording.mime_type,
                "sha256": hashlib.sha256(recording.data).hexdigest(),
                "file_size": str(len(recording.data)),
                "id": media_id,
            }
        )

    async def download(self, request: Request) -> Response:
        """The second step: the bytes."""
        behaviour = self._state.behaviour
        # One part of the time has passed already, as for every answer.
        if more_s := behaviour.draw_latency_s(self._state.rng) * max(0.0, behaviour.download_factor - 1):
            await asyncio.sleep(more_s)
        recording = self._state.recordings.get(request.path_params["media_id"])
        if recording is None or request.path_params["ticket"] in self._gone:
            return Response(status_code=404)
        return Response(recording.data, media_type=recording.mime_type)


class _Payments:
    """https://www.mercadopago.com.ar/developers/es/reference/payments/_payments_id/get"""

    def __init__(self, state: StubState) -> None:
        self._state = state

    async def read(self, request: Request) -> Response:
        payment = self._state.payments.get(request.path_params["payment_id"])
        if payment is None:
            return _json({"message": "Payment not found", "error": "not_found", "status": 404}, 404)
        return _json(payment)


class _Control:
    """What tests and load runs steer the stubs with."""

    def __init__(self, state: StubState) -> None:
        self._state = state

    async def sent(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._state.sent.clear()
        return _json(self._state.sent)

    async def behaviour(self, request: Request) -> Response:
        if request.method == "PUT":
            given = _parse(await request.body())
            if not isinstance(given, dict):
                return _json({"error": "a JSON object is needed"}, 422)
            try:
                self._state.behaviour = Behaviour.from_json(given)
            except ValueError as error:
                return _json({"error": str(error)}, 422)
        return _json(self._state.behaviour.to_json())

    async def payment(self, request: Request) -> Response:
        body = _parse(await request.body())
        if not isinstance(body, dict):
            return _json({"error": "a JSON object is needed"}, 422)
        payment_id = request.path_params["payment_id"]
        self._state.payments[payment_id] = {"id": int(payment_id) if payment_id.isdigit() else payment_id, **body}
        return _json(self._state.payments[payment_id])

    async def media(self, request: Request) -> Response:
        mime_type = request.headers.get("content-type", Recording(b"").mime_type)
        self._state.recordings[request.path_params["media_id"]] = Recording(await request.body(), mime_type)
        return Response(status_code=204)


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _error(status: int, code: int, message: str) -> Response:
    return _json({"error": {"message": message, "type": "OAuthException", "code": code}}, status)
