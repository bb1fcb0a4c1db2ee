"""Whether the optional audio dependencies are there, found out without importing them."""

from __future__ import annotations

import os
from importlib.util import find_spec

from cabanas.audio.errors import AudioUnavailable

_NEEDED = ("av", "ctranslate2", "faster_whisper", "numpy")


def has_audio() -> bool:
    """Whether voice notes can be transcribed here, as far as libraries go."""
    return not _missing()


def require_audio() -> None:
    """Do nothing where voice notes can be transcribed.

    Raises:
        AudioUnavailable: a library is missing; the message says what to install.
    """
    if missing := _missing():
        raise AudioUnavailable(
            f"Voice notes need the extra 'audio' ({', '.join(missing)} not found): pip install 'cabanas-perf[audio]'"
        )


def _missing() -> list[str]:
    return [name for name in _NEEDED if find_spec(name) is None]


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
