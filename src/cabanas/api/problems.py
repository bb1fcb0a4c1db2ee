"""Errors as problem details (RFC 9457). Every error of the service has one type here, and one status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from cabanas.api.raw_body import BodyTooLarge, MalformedBody
from cabanas.api.webhooks import SignatureRefused, WebhookNotConfigured
from cabanas.audio import (
    AudioCutShort,
    AudioEmpty,
    AudioTooLarge,
    AudioTooLong,
    AudioUnavailable,
    ModelUnavailable,
    NoAudioStream,
    NotAudio,
    TranscriberBusy,
    TranscriptionFailed,
    TranscriptionTimedOut,
)
from cabanas.db.pool import DatabaseUnavailable
from cabanas.domain.errors import (
    AccommodationNotFound,
    CabanasError,
    FieldProblem,
    HoldExpired,
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    InvalidRequest,
    InvalidTransition,
    ReservationNotFound,
    StayUnavailable,
)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:cabanas:problem:"


class Unauthorised(CabanasError):
    """The request lacks the API token, or carries another."""


_BY_ERROR: dict[type[CabanasError], tuple[int, str, str]] = {
    InvalidRequest: (422, "invalid-request", "The request is not valid"),
    AccommodationNotFound: (404, "accommodation-not-found", "No such accommodation"),
    ReservationNotFound: (404, "reservation-not-found", "No such reservation"),
    StayUnavailable: (409, "stay-unavailable", "The nights are taken"),
    HoldExpired: (409, "hold-expired", "The hold has ended"),
    InvalidTransition: (409, "invalid-transition", "The reservation's state does not allow this"),
    IdempotencyKeyInFlight: (409, "idempotency-key-in-flight", "A request with this key is being worked on"),
    IdempotencyKeyReused: (422, "idempotency-key-reused", "The key belongs to another request"),
    Unauthorised: (401, "unauthorised", "A valid API token is needed"),
    SignatureRefused: (403, "signature-refused", "The sender could not be verified"),
    MalformedBody: (400, "malformed-body", "The body cannot be read"),
    BodyTooLarge: (413, "body-too-large", "The body is too long"),
    WebhookNotConfigured: (503, "webhook-not-configured", "This service was started without the provider's secrets"),
    AudioEmpty: (422, "audio-empty", "The recording is empty"),
    AudioTooLarge: (413, "audio-too-large", "The recording has too many bytes"),
    AudioTooLong: (413, "audio-too-long", "The recording is too long"),
    AudioCutShort: (422, "audio-cut-short", "Part of the recording is missing"),
    NotAudio: (415, "not-audio", "The file is no audio that can be read"),
    NoAudioStream: (422, "no-audio-stream", "The file has no sound"),
    AudioUnavailable: (501, "audio-unavailable", "This service transcribes no voice notes"),
    ModelUnavailable: (503, "model-unavailable", "This service has no speech model that it can use"),
    TranscriberBusy: (503, "transcriber-busy", "Too many recordings are waiting; try again"),
    TranscriptionTimedOut: (503, "transcription-timed-out", "The transcription took too long"),
    TranscriptionFailed: (503, "transcription-failed", "The transcription did not come to its end"),
    DatabaseUnavailable: (503, "database-unavailable", "The database cannot be reached; try again"),
}


def problem_response(
    status: int,
    kind: str,
    title: str,
    *,
    detail: str | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem; ``kind`` is the stable end of its ``type``."""
    body: dict[str, Any] = {"type": TYPE_PREFIX + kind, "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = [{"field": error.field, "message": error.message} for error in errors]
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def internal_error_response() -> Response:
    return problem_response(500, "internal-error", "Something went wrong on our side")


def install_problem_handlers(app: FastAPI) -> None:
    """Let the app answer every error that it foresees with its problem."""
    app.add_exception_handler(CabanasError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_malformed)
    app.add_exception_handler(HTTPException, _answer_http)


def _answer_error(_: Request, error: Exception) -> Response:
    for kind in type(error).__mro__:
        if kind in _BY_ERROR:
            status, slug, title = _BY_ERROR[kind]
            break
    else:
        return internal_error_response()
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(status)
    # What the driver said of an unreachable database is for the log, not for the client.
    detail = None if status == 503 else str(error)
    problems = error.problems if isinstance(error, InvalidRequest) else ()
    return problem_response(status, slug, title, detail=detail, errors=problems, headers=headers)


def _answer_malformed(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [
        FieldProblem(".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]), one["msg"])
        for one in error.errors()
    ]
    return _answer_error(_, InvalidRequest(*problems))


def _answer_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    slug = {400: "malformed-body", 404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http-error")
    return problem_response(error.status_code, slug, str(error.detail), headers=error.headers)


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def document_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for the problems that a route may answer with."""
    titles = {
        400: "Not readable",
        401: "No valid token",
        403: "Not verified",
        404: "Not found",
        409: "Conflict",
        413: "Too long",
        415: "Of another format",
        422: "Not valid",
        501: "Not installed",
        503: "Try again",
    }
    return {
        status: {"description": titles[status], "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}}}
        for status in statuses
    }
