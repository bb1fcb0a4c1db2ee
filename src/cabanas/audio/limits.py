"""How much recording is accepted, and the checks that need no decoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cabanas.audio import container
from cabanas.audio.errors import AudioCutShort, AudioEmpty, AudioTooLarge


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for one recording."""

    max_bytes: int = 16 * 1024**2  # what the WhatsApp Cloud API delivers at most
    max_duration_s: float = 15 * 60.0


def read_recording(audio: bytes | BinaryIO | Path, *, limits: Limits) -> bytes:
    """All bytes of the recording, never reading further than the limit needs.

    Raises:
        AudioTooLarge: there are more bytes than allowed.
    """
    if isinstance(audio, bytes):
        return audio
    if isinstance(audio, Path):
        with audio.open("rb") as file:
            return file.read(limits.max_bytes + 1)
    return audio.read(limits.max_bytes + 1)


def check_received(data: bytes, *, declared_length: int | None, limits: Limits) -> None:
    """Refuse what can be refused without decoding.

    Raises:
        AudioEmpty: no bytes.
        AudioTooLarge: more bytes than allowed.
        AudioCutShort: fewer bytes than ``declared_length`` (a Content-Length) or than the file's own structure says.
    """
    if not data and not declared_length:
        raise AudioEmpty("The recording is empty; record it again.")
    if len(data) > limits.max_bytes:
        raise AudioTooLarge(f"The recording is larger than {limits.max_bytes} bytes; send a shorter one.")
    if declared_length is not None and len(data) < declared_length:
        raise AudioCutShort(f"Only {len(data)} of {declared_length} bytes arrived; send the recording again.")
    if container.ends_early(data):
        raise AudioCutShort("The recording breaks off before its end; send it again.")
