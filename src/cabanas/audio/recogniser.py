"""Whisper on the sound that is there, instead of on 30 seconds of which most are padding."""
# mypy: disallow-subclassing-any=False
# faster-whisper is optional and absent where the base install is checked.

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel

from cabanas.audio.availability import available_cores
from cabanas.audio.errors import ModelUnavailable
from cabanas.stages import stage

if TYPE_CHECKING:
    import numpy.typing as npt

_FRAMES_PER_S = 100
# Measured on Spanish prompts: under 3 s of margin, short clips come back repeated or blank far more often.
_MARGIN_FRAMES = 3 * _FRAMES_PER_S
_SHORTEST_WINDOW_FRAMES = 5 * _FRAMES_PER_S


def trim_padding(features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Drop the columns of exact zeros that pad a spectrogram (..., frames), but for a margin.

    The encoder's cost grows faster than its input; at 5 s of sound the padding is seven tenths of all work.
    """
    rows = features.reshape(-1, features.shape[-1])
    sounding = np.flatnonzero(rows.any(axis=0))
    used = int(sounding[-1]) + 1 if sounding.size else 0
    frames = max(used + _MARGIN_FRAMES, _SHORTEST_WINDOW_FRAMES)
    frames += frames % 2  # the encoder halves the frame rate
    return np.ascontiguousarray(features[..., :frames])


class Recogniser(WhisperModel):
    """A Whisper model that encodes the short window; `on_full_window` is the same model on all 30 s."""

    trims_padding = True

    def encode(self, features: npt.NDArray[np.float32]) -> ctranslate2.StorageView:
        with stage("encode"):
            return super().encode(trim_padding(features) if self.trims_padding else features)

    def generate_with_fallback(self, *arguments: Any, **options: Any) -> Any:
        with stage("transcribe"):
            return super().generate_with_fallback(*arguments, **options)

    def on_full_window(self) -> Recogniser:
        # A view: weights, tokenizer and feature extractor are shared, so concurrent calls cannot disturb each other.
        view = copy.copy(self)
        view.trims_padding = False
        return view


def resolve_device(device: str) -> str:
    """'cpu' or 'cuda'; 'auto' is CUDA where there is a usable one."""
    if device != "auto":
        return device
    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def load_recogniser(folder: Path, *, device: str = "auto") -> Recogniser:
    """Load a CTranslate2 Whisper model, in int8 on CPU and in the fastest supported type on CUDA.

    One thread for each of as many parallel requests as there are cores: beam search hands over between threads at
    every token, and two threads for one request measured slower than one.

    Raises:
        ModelUnavailable: the folder's model cannot be loaded.
    """
    resolved = resolve_device(device)
    with stage("model_load"):
        try:
            return Recogniser(
                str(folder),
                device=resolved,
                compute_type="int8" if resolved == "cpu" else "auto",
                cpu_threads=1,
                num_workers=available_cores(),
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelUnavailable(f"The Whisper model in {folder} cannot be loaded: {error}") from error
