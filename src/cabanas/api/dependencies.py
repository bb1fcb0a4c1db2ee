"""What routes ask for: the service, and who is asking."""

from __future__ import annotations

import hmac
from typing import Annotated

import orjson
from fastapi import Depends, Header, Request
from starlette.responses import Response

from cabanas.api.problems import Unauthorised
from cabanas.bootstrap import Service
from cabanas.domain.errors import FieldProblem, InvalidRequest

MAX_KEY_LENGTH = 255


async def get_service(request: Request) -> Service:
    service: Service = request.state.service
    return service


ServiceDep = Annotated[Service, Depends(get_service)]


async def has_token(
    service: ServiceDep, authorization: Annotated[str | None, Header(include_in_schema=False)] = None
) -> bool:
    """True with the API token, False without any. Raises Unauthorised for a wrong one."""
    if authorization is None:
        return False
    scheme, _, given = authorization.partition(" ")
    token = service.settings.api_token
    if (
        token is None
        or scheme.lower() != "bearer"
        or not hmac.compare_digest(given.strip().encode(), token.get_secret_value().encode())
    ):
        msg = "the token is not the one that this service was started with"
        raise Unauthorised(msg)
    return True


async def need_token(given: Annotated[bool, Depends(has_token)]) -> None:
    if not given:
        msg = "send the header Authorization: Bearer <api token>"
        raise Unauthorised(msg)


IdempotencyKeyHeader = Annotated[str | None, Header(alias="Idempotency-Key", max_length=MAX_KEY_LENGTH + 2)]


def parse_idempotency_key(header: str | None) -> str | None:
    """The client's key, as a structured-field string or bare (draft-ietf-httpapi-idempotency-key-header-07).

    Raises:
        InvalidRequest: for an empty key, one that is too long, or one of other characters.
    """
    if header is None:
        return None
    key = header
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        message = f"must have 1 to {MAX_KEY_LENGTH} printable ASCII characters"
        raise InvalidRequest(FieldProblem("Idempotency-Key", message))
    return key


def json_response(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
