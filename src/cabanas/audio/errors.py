"""What can go wrong with a voice note, told apart by who has to act.

`AudioRejected` and its kinds: the recording itself is the reason, so sending the same bytes again cannot help.
Everything else is on our side and may work later. Silence is neither: it is a transcript without words.
"""

from __future__ import annotations

from cabanas.domain.errors import CabanasError


class AudioError(CabanasError):
    """Any failure to turn a recording into a transcript."""


class AudioRejected(AudioError):
    """The recording cannot be transcribed, whoever tries."""


class AudioEmpty(AudioRejected):
    """There are no bytes at all."""


class AudioTooLarge(AudioRejected):
    """More bytes than a voice note may have."""


class AudioTooLong(AudioRejected):
    """More sound than a voice note may have."""


class AudioCutShort(AudioRejected):
    """Part of the recording is missing or destroyed: what is left would be transcribed as if it were all."""


class NotAudio(AudioRejected):
    """The bytes are in no audio format that is accepted here."""


class NoAudioStream(AudioRejected):
    """A media file without sound, such as a silent video."""


class AudioUnavailable(AudioError):
    """The optional audio dependencies are not installed."""


class ModelUnavailable(AudioError):
    """No usable Whisper model was found, or the one found is damaged."""


class TranscriberBusy(AudioError):
    """Every place in the waiting line is taken; try again later."""


class TranscriptionTimedOut(AudioError):
    """The clip took longer than any clip of its length should; its worker was replaced."""


class TranscriptionFailed(AudioError):
    """The clip ended its worker, twice, or met an unexpected error inside it."""


def error_named(kind: str, message: str) -> AudioError:
    """Rebuild an error that crossed a process boundary as its class name and message."""
    known = {error.__name__: error for error in (*AudioError.__subclasses__(), *AudioRejected.__subclasses__())}
    if kind in known:
        return known[kind](message)
    return TranscriptionFailed(f"{kind} in the transcription worker")
