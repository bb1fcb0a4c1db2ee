"""Transcription as the design document writes it: a WAV file by FFmpeg, then one base model on its full window.

Needs the extra ``audio``. It stays here, unoptimised, as the side that the service's own transcription is measured
against.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import av
from faster_whisper import WhisperModel

from cabanas.audio.models import find_models

_SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class PlainTranscript:
    """What the document's pipeline answers."""

    text: str
    confidence: float


class DocumentTranscriber:
    """One model in int8, beam 5, every other setting the library's default; one clip at a time.

    ``model`` is its folder; None: the base model that this machine has.
    """

    def __init__(self, model: Path | None = None) -> None:
        # The document leaves the threads open; one is the faster choice here, so that the comparison does not win
        # by hobbling this side.
        folder = model or find_models()["base"]
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def transcribe(self, data: bytes) -> PlainTranscript:
        """Write the recording to disk, convert it to a WAV file, transcribe that file."""
        with tempfile.TemporaryDirectory(prefix="transcription-") as folder:
            recording, wav = Path(folder, "recording.ogg"), Path(folder, "recording.wav")
            recording.write_bytes(data)
            if (ffmpeg := shutil.which("ffmpeg")) is not None:
                _convert_by_program(ffmpeg, recording, wav)
            else:
                _convert_in_process(recording, wav)
            found, _ = self._model.transcribe(str(wav), language="es", beam_size=5)
            segments = list(found)
        text = " ".join(segment.text.strip() for segment in segments)
        mean = sum(segment.avg_logprob for segment in segments) / len(segments) if segments else -math.inf
        return PlainTranscript(text=text, confidence=math.exp(mean))


def _convert_by_program(ffmpeg: str, recording: Path, wav: Path) -> None:
    command = [ffmpeg, "-nostdin", "-loglevel", "error", "-i", os.fspath(recording)]
    command += ["-ar", str(_SAMPLE_RATE_HZ), "-ac", "1", os.fspath(wav)]
    subprocess.run(command, check=True)  # noqa: S603 - fixed program and flags, paths of our own


def _convert_in_process(recording: Path, wav: Path) -> None:
    """The same WAV file where no ffmpeg program is installed; spares this side a process, nothing else."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_SAMPLE_RATE_HZ)
    with av.open(os.fspath(recording), mode="r") as source, wave.open(os.fspath(wav), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(_SAMPLE_RATE_HZ)
        for frame in (*source.decode(audio=0), None):
            for block in resampler.resample(frame):
                sink.writeframes(block.to_ndarray().tobytes())
