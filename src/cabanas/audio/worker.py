"""One worker process: reads recordings from standard input, answers on standard output, until its input ends."""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from typing import BinaryIO

from cabanas.audio.decode import decode
from cabanas.audio.engine import Engine
from cabanas.audio.errors import AudioError
from cabanas.audio.limits import Limits, check_received
from cabanas.audio.models import find_models
from cabanas.audio.wire import HEADER, done_message, failed_message, json_frame
from cabanas.stages import Recording, stage


def main() -> int:
    """Serve until standard input ends; the one argument is the settings as JSON."""
    settings = json.loads(sys.argv[1])
    requests, answers = _private_channels()
    try:
        directory = settings["directory"]
        with Recording() as recorded:
            engine = Engine(find_models(Path(directory) if directory else None), device=settings["device"])
            engine.warm_up()
    except AudioError as error:
        _send(answers, failed_message(error))
        return 1
    # What is loaded by now lives as long as the process, so no collection need ever look at it again.
    gc.collect()
    gc.freeze()
    _send(answers, {"event": "ready", "spans": [span for span in recorded.spans if span.name == "model_load"]})
    limits = Limits(**settings["limits"])
    while (request := _read_frame(requests)) is not None:
        recording = _read_frame(requests)
        if recording is None:
            break
        _serve(engine, json.loads(request), recording, answers, limits)
    return 0


def _private_channels() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, moved away from where libraries would read or print."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull) as nothing:  # noqa: PTH123 - a descriptor is wanted, not a path
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, answers


def _serve(engine: Engine, request: dict[str, int | None], recording: bytes, answers: BinaryIO, limits: Limits) -> None:
    try:
        check_received(recording, declared_length=request["declared_length"], limits=limits)
        with Recording() as recorded:
            with stage("decode"):
                sound = decode(recording, max_duration_s=limits.max_duration_s)
            _send(answers, {"event": "decoded", "duration_s": sound.duration_s})
            transcript = engine.transcribe(sound)
    except Exception as error:  # noqa: BLE001 - whatever it is, the next recording deserves a worker
        _send(answers, failed_message(error))
    else:
        _send(answers, done_message(transcript, recorded.spans))


def _read_frame(source: BinaryIO) -> bytes | None:
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    payload = source.read(length)
    return payload if len(payload) == length else None


def _send(answers: BinaryIO, message: dict[str, object]) -> None:
    answers.write(json_frame(message))
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
