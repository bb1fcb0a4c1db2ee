"""Voice notes to text. Importing this loads no model and none of the optional libraries."""

from cabanas.audio.availability import has_audio, require_audio
from cabanas.audio.direct import transcribe
from cabanas.audio.errors import (
    AudioCutShort,
    AudioEmpty,
    AudioError,
    AudioRejected,
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
from cabanas.audio.limits import Limits
from cabanas.audio.on_demand import TranscriberOnDemand
from cabanas.audio.transcriber import Timeouts, Transcriber
from cabanas.audio.transcript import Segment, Transcript

__all__ = [
    "AudioCutShort",
    "AudioEmpty",
    "AudioError",
    "AudioRejected",
    "AudioTooLarge",
    "AudioTooLong",
    "AudioUnavailable",
    "Limits",
    "ModelUnavailable",
    "NoAudioStream",
    "NotAudio",
    "Segment",
    "Timeouts",
    "Transcriber",
    "TranscriberBusy",
    "TranscriberOnDemand",
    "Transcript",
    "TranscriptionFailed",
    "TranscriptionTimedOut",
    "has_audio",
    "require_audio",
    "transcribe",
]
