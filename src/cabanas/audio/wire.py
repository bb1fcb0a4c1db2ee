"""What the transcriber and its worker processes say to each other: frames of a 4-byte length and a payload.

A request is one JSON frame and one frame with the recording. Answers are JSON frames, in this order: `ready` once,
then for each request `decoded` and `done`, or `failed` at any point. Pure.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict
from typing import Any

from cabanas.audio.errors import AudioError, error_named
from cabanas.audio.transcript import Segment, Transcript
from cabanas.stages import StageSpan

HEADER = struct.Struct(">I")


def frame(payload: bytes) -> bytes:
    return HEADER.pack(len(payload)) + payload


def json_frame(message: dict[str, Any]) -> bytes:
    return frame(json.dumps(message).encode())


def done_message(transcript: Transcript, spans: list[StageSpan]) -> dict[str, Any]:
    return {"event": "done", "transcript": asdict(transcript), "spans": spans}


def failed_message(error: Exception) -> dict[str, Any]:
    # Only our own messages are fit for others; a stranger's might quote the recording.
    return {
        "event": "failed",
        "kind": type(error).__name__,
        "message": str(error) if isinstance(error, AudioError) else "",
    }


def read_transcript(message: dict[str, Any]) -> Transcript:
    fields = dict(message["transcript"])
    fields["segments"] = tuple(Segment(**segment) for segment in fields["segments"])
    return Transcript(**fields)


def read_spans(message: dict[str, Any]) -> list[StageSpan]:
    return [StageSpan(*span) for span in message.get("spans", ())]


def read_error(message: dict[str, Any]) -> AudioError:
    return error_named(message["kind"], message["message"])
