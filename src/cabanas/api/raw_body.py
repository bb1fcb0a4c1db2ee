"""The bytes of a request, read once and not beyond a limit."""

from __future__ import annotations

import json
from typing import Any

import orjson
from starlette.requests import Request

from cabanas.domain.errors import CabanasError


class BodyTooLarge(CabanasError):
    """The body is longer than the route takes."""


class MalformedBody(CabanasError):
    """The body is not what its signature or its sender says it is."""


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Raises BodyTooLarge, as soon as the limit is passed."""
    if int(request.headers.get("content-length") or 0) > limit_bytes:
        raise BodyTooLarge(f"at most {limit_bytes} bytes")
    chunks, length = [], 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > limit_bytes:
            raise BodyTooLarge(f"at most {limit_bytes} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in the body. Raises MalformedBody."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = _parse_leniently(body)
    if not isinstance(found, dict):
        raise MalformedBody("the body is no JSON object")
    return found


def _parse_leniently(body: bytes) -> object:
    """Half an emoji, as clients that cut texts by length send it, is valid JSON that no encoding can store."""
    try:
        found = json.loads(body)
        whole = json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")
        return orjson.loads(whole)
    except (ValueError, RecursionError) as error:
        raise MalformedBody("the body is not JSON") from error
