"""Transcription in the calling thread and process, for scripts and measurements."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cabanas.audio.availability import require_audio
from cabanas.audio.blas import load_numpy
from cabanas.audio.limits import Limits, check_received, read_recording
from cabanas.audio.transcript import Transcript
from cabanas.stages import stage

if TYPE_CHECKING:
    from cabanas.audio.engine import Engine


def transcribe(
    audio: bytes | BinaryIO | Path,
    *,
    language: str = "es",
    declared_length: int | None = None,
    limits: Limits | None = None,
    models: Path | None = None,
    device: str = "auto",
) -> Transcript:
    """What is said in ``audio``: a recording's bytes, an open binary file, or a path.

    Blocks for as long as it takes; the models are loaded on the first call and kept. Services use `Transcriber`.
    ``models`` is a folder with one CTranslate2 model folder per size; without it, see `find_models`. ``device`` is
    'cpu', 'cuda' or 'auto'. Silence is a transcript without text.

    Raises:
        AudioRejected: the recording itself is the reason; see its kinds.
        AudioUnavailable: the extra ``audio`` is not installed.
        ModelUnavailable: no model was found or it cannot be loaded.
    """
    bounds = limits or Limits()
    data = read_recording(audio, limits=bounds)
    check_received(data, declared_length=declared_length, limits=bounds)
    require_audio()
    load_numpy()
    from cabanas.audio.decode import decode  # noqa: PLC0415 - optional and slow to import

    with stage("decode"):
        sound = decode(data, max_duration_s=bounds.max_duration_s)
    return _engine(models, device).transcribe(sound, language=language)


@functools.cache
def _engine(models: Path | None, device: str) -> Engine:
    from cabanas.audio.engine import Engine  # noqa: PLC0415
    from cabanas.audio.models import find_models  # noqa: PLC0415

    return Engine(find_models(models), device=device)
