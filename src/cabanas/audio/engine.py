"""From samples to a transcript: find the speech, hear it on the short window, doubt the answer, hear it again.

Each part of a clip up to 20 s is one window. Longer clips are cut at pauses into parts that are heard in parallel.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps, get_vad_model

from cabanas.audio import guard
from cabanas.audio.availability import available_cores
from cabanas.audio.decode import SAMPLE_RATE_HZ, Sound
from cabanas.audio.policy import nearest_size, wanted_size
from cabanas.audio.recogniser import Recogniser, load_recogniser
from cabanas.audio.spans import Span, balanced_groups, original_position, pad_spans
from cabanas.audio.speech import find_speech
from cabanas.audio.transcript import Segment, Transcript, confidence_of
from cabanas.stages import stage

if TYPE_CHECKING:
    import numpy.typing as npt

_LONGEST_PART_S = 20
_VAD_FRAME = 512
"""Samples that the voice detector judges together."""
_VAD_CONTEXT = 64
"""Samples of the frame before that it sees with each."""
_VAD_BLOCK_FRAMES = 1000
_SPEECH_PADDING_S = 0.4
# Shorter pauses stay in a note that is heard in one piece: the words around them explain each other.
_LONG_PAUSE_S = 2.0
# Less speech than this is no word. Whisper answers a click with "No.", which is an answer to a booking question.
_SHORTEST_SPEECH_S = 0.25
# Fluent speech makes 4 to 6 tokens a second; the limit ends a repetition loop before it gets costly.
_TOKENS_PER_S = 12
_TOKENS_AT_LEAST = 32


@dataclass(frozen=True, slots=True)
class _Part:
    """Speech that is heard in one window: spans of the recording, joined."""

    spans: tuple[Span, ...]
    samples: npt.NDArray[np.float32]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was heard in a part."""

    segments: tuple[Segment, ...]
    retried: bool = False

    @property
    def text(self) -> str:
        return joined_text(self.segments)


def joined_text(segments: Sequence[Segment]) -> str:
    """The segments' words as one line."""
    return " ".join(filter(None, (segment.text.strip() for segment in segments)))


class Engine:
    """The models of one process, loaded and ready. Calls from several threads run in parallel."""

    def __init__(self, models: Mapping[str, Path], *, device: str = "auto") -> None:
        self._models = models
        self._device = device
        self._loaded: dict[str, Recogniser] = {}
        self._load_lock = threading.Lock()
        self._listeners = ThreadPoolExecutor(available_cores(), thread_name_prefix="listener")

    def warm_up(self) -> None:
        """Load every model that some clip would get, and run each once."""
        for size in {nearest_size(wanted_size(duration_s), self._models) for duration_s in (5.0, 20.0, 60.0)}:
            second = np.zeros(SAMPLE_RATE_HZ, np.float32)
            _hear(self._recogniser(size), _Part((Span(0, len(second)),), second), "es")
        _find_speech(second, long=False)

    def transcribe(self, sound: Sound, *, language: str = "es") -> Transcript:
        """What is said in ``sound``, in ``language`` (ISO 639-1). Silence is a transcript without text.

        Raises:
            ModelUnavailable: the model for a clip of this length cannot be loaded.
        """
        wanted = wanted_size(sound.duration_s)
        size = nearest_size(wanted, self._models)
        with stage("vad"):
            speech = _find_speech(sound.samples, long=sound.duration_s > _LONGEST_PART_S)
        speech_s = sum(span.length for span in speech) / SAMPLE_RATE_HZ
        parts = _cut(sound.samples, speech)
        if sum(part.duration_s for part in parts) < _SHORTEST_SPEECH_S:
            heard: list[_Heard] = []
        elif len(parts) == 1:
            heard = [_hear_carefully(self._recogniser(size), parts[0], language, speech_s=speech_s)]
        else:
            recogniser = self._recogniser(size)
            # One span around all of it: the parts run side by side, and their own spans would add up to more time
            # than passed. The listeners' threads have no recording, so theirs stay silent.
            with stage("transcribe"):
                heard = self._hear_in_parallel(recogniser, parts, language)
        with stage("process_segments"):
            segments = tuple(segment for part in heard for segment in part.segments)
            return Transcript(
                text=joined_text(segments),
                confidence=confidence_of(segments),
                language=language,
                duration_s=sound.duration_s,
                speech_s=speech_s,
                model=size,
                model_wanted=wanted,
                window_retries=sum(part.retried for part in heard),
                segments=segments,
            )

    def _recogniser(self, size: str) -> Recogniser:
        with self._load_lock:
            if size not in self._loaded:
                self._loaded[size] = load_recogniser(self._models[size], device=self._device)
            return self._loaded[size]

    def _hear_in_parallel(self, recogniser: Recogniser, parts: list[_Part], language: str) -> list[_Heard]:
        def hear(part: _Part) -> _Heard:
            return _hear_carefully(recogniser, part, language)

        heard = list(self._listeners.map(hear, parts))
        paces = [len(h.text.split()) / part.duration_s for h, part in zip(heard, parts, strict=True)]
        for index in guard.lost_words(paces):
            again = _hear(recogniser.on_full_window(), parts[index], language)
            if len(again.text.split()) > len(heard[index].text.split()) and not guard.suspicion(
                again.text, speech_s=parts[index].duration_s
            ):
                heard[index] = _Heard(again.segments, retried=True)
        return heard


def _find_speech(samples: npt.NDArray[np.float32], *, long: bool) -> list[Span]:
    """Speech without padding. A long clip's is told apart at every breath, to have places where it can be cut."""
    if long:
        # Its stricter rule finds the better places to cut.
        options = VadOptions(
            speech_pad_ms=0,
            min_silence_duration_ms=160,
            max_speech_duration_s=_LONGEST_PART_S - 2 * _SPEECH_PADDING_S,
        )
        return [Span(found["start"], found["end"]) for found in get_speech_timestamps(samples, options)]
    probabilities = _speech_probabilities(samples)
    spans = find_speech(probabilities, shortest_pause=_frames(_LONG_PAUSE_S), longest=len(probabilities))
    return [Span(span.start * _VAD_FRAME, min(span.end * _VAD_FRAME, len(samples))) for span in spans]


def _speech_probabilities(samples: npt.NDArray[np.float32]) -> list[float]:
    """The voice detector's answer for each frame; the last one is padded.

    As the detector's own call does it, but in blocks that hand on its state: ten minutes at once take 170 MB.
    """
    if not len(samples):
        return []
    padded = np.pad(samples, (_VAD_CONTEXT, -len(samples) % _VAD_FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _VAD_CONTEXT + _VAD_FRAME)[::_VAD_FRAME]
    session = get_vad_model().session
    hidden = cell = np.zeros((1, 1, 128), np.float32)
    probabilities: list[float] = []
    for start in range(0, len(frames), _VAD_BLOCK_FRAMES):
        block = np.ascontiguousarray(frames[start : start + _VAD_BLOCK_FRAMES])
        found, hidden, cell = session.run(None, {"input": block, "h": hidden, "c": cell})
        probabilities += found.reshape(-1).tolist()
    return probabilities


def _frames(seconds: float) -> int:
    return int(seconds * SAMPLE_RATE_HZ / _VAD_FRAME)


def _cut(samples: npt.NDArray[np.float32], speech: Sequence[Span]) -> list[_Part]:
    padded = pad_spans(speech, padding=int(_SPEECH_PADDING_S * SAMPLE_RATE_HZ), total=len(samples))
    groups = balanced_groups(padded, longest=_LONGEST_PART_S * SAMPLE_RATE_HZ)
    return [_Part(tuple(group), np.concatenate([samples[a:b] for a, b in group])) for group in groups]


def _hear_carefully(
    recogniser: Recogniser,
    part: _Part,
    language: str,
    *,
    speech_s: float | None = None,
) -> _Heard:
    """Hear a part on the short window, and on the full one where the answer looks wrong."""
    seconds = part.duration_s if speech_s is None else speech_s
    heard = _hear(recogniser, part, language)
    if guard.suspicion(heard.text, speech_s=seconds) is None:
        return heard
    again = _hear(recogniser.on_full_window(), part, language)
    return _Heard(again.segments, retried=True)


def _hear(recogniser: Recogniser, part: _Part, language: str) -> _Heard:
    found, _ = recogniser.transcribe(
        part.samples,
        language=language,
        beam_size=5,
        # Ends the search at three finished sentences instead of five: fewer tokens, and the same words.
        patience=0.6,
        # A second, warmer try repairs most failed ones; all six of the default cost 12 s on plain silence.
        temperature=(0.0, 0.4),
        condition_on_previous_text=False,
        # Without them Whisper may stop at a pause and lose what comes after.
        without_timestamps=False,
        max_new_tokens=int(_TOKENS_AT_LEAST + _TOKENS_PER_S * part.duration_s),
    )
    return _Heard(
        tuple(
            Segment(
                start_s=_original_s(segment.start, part),
                end_s=_original_s(segment.end, part),
                text=segment.text.strip(),
                mean_log_probability=segment.avg_logprob,
                tokens=len(segment.tokens),
            )
            for segment in found
        )
    )


def _original_s(part_s: float, part: _Part) -> float:
    return original_position(round(part_s * SAMPLE_RATE_HZ), part.spans) / SAMPLE_RATE_HZ
