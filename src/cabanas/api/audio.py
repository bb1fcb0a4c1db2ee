"""The transcription of voice notes, over HTTP. It creates nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from cabanas.api.bodies import TranscriptBody, transcript_json
from cabanas.api.dependencies import ServiceDep, json_response
from cabanas.api.problems import document_problems
from cabanas.api.raw_body import MalformedBody
from cabanas.audio import AudioTooLarge, AudioUnavailable, Limits, NotAudio, require_audio
from cabanas.domain.errors import FieldProblem, InvalidRequest
from cabanas.stages import stage

router = APIRouter(prefix="/api/v1/audio", tags=["audio"])

_FIELD = "file"
_LIMIT_BYTES = Limits().max_bytes
_FRAME_BYTES = 64 * 1024
"""For what a form adds to its file: boundaries, headers, a few small fields."""

_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [_FIELD],
                    "properties": {_FIELD: {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


@router.post(
    "/transcribe",
    response_model=TranscriptBody,
    responses=document_problems(400, 413, 415, 422, 501, 503),
    openapi_extra=_UPLOAD,
)
async def transcribe_recording(request: Request, service: ServiceDep) -> Response:
    """What is said in a recording: OGG, M4A, MP3, AAC, AMR, WAV, FLAC or WebM, up to 16 MiB and 15 minutes.

    Silence is answered with an empty text.
    """
    if service.transcriber is None:
        require_audio()
        raise AudioUnavailable("Voice notes are switched off here; start the service with CABANAS_AUDIO_ENABLED=auto")
    with stage("parse_payload"):
        data, declared_length = await _read_recording(request)
    transcript = await service.transcriber.transcribe(data, declared_length=declared_length)
    with stage("format_response"):
        return json_response(transcript_json(transcript))


async def _read_recording(request: Request) -> tuple[bytes, int | None]:
    """The uploaded file, and the length that its part of the form declares.

    The form is read piece by piece, larger files to disk, and no further than the limit.

    Raises:
        NotAudio, MalformedBody, InvalidRequest: it is no form, a broken one, or one without the file.
        AudioTooLarge: as soon as the limit is passed.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise NotAudio(f"Send the recording as multipart/form-data, in the field '{_FIELD}'.")
    try:
        form = await MultiPartParser(request.headers, _limited(request), max_files=1, max_fields=8).parse()
    except MultiPartException as error:
        raise MalformedBody(error.message) from error
    try:
        file = form.get(_FIELD)
        if not isinstance(file, UploadFile):
            raise InvalidRequest(FieldProblem(_FIELD, "the recording is missing"))
        return await file.read(), _parse_length(file.headers.get("content-length", ""))
    finally:
        await form.close()


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    too_large = f"The recording is larger than {_LIMIT_BYTES} bytes; send a shorter one."
    if (_parse_length(request.headers.get("content-length", "")) or 0) > _LIMIT_BYTES + _FRAME_BYTES:
        raise AudioTooLarge(too_large)
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > _LIMIT_BYTES + _FRAME_BYTES:
            raise AudioTooLarge(too_large)
        yield chunk


def _parse_length(header: str) -> int | None:
    return int(header) if header.isascii() and header.isdigit() else None
