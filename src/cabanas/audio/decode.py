"""Compressed recording in, samples out, in this process: PyAV carries the FFmpeg libraries with it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import av.error
import numpy as np

from cabanas.audio.errors import AudioCutShort, AudioTooLong, NoAudioStream, NotAudio

if TYPE_CHECKING:
    import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000

# Playlist and "concat" inputs make FFmpeg open files and addresses that the sender names, so only plain containers
# are accepted, and none of them may open anything further.
_CONTAINER_OPTIONS = {
    "format_whitelist": "aac,amr,amrnb,amrwb,flac,matroska,webm,mov,mp4,m4a,mp3,ogg,wav",
    "protocol_whitelist": "",
}
# The others (MP3, AAC, AMR) store no duration, and what FFmpeg estimates from the bit rate may be far off.
_FORMATS_WITH_TRUE_DURATION = frozenset({"ogg", "wav", "flac", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"})
# Below both, a difference is codec delay and rounding.
_TOLERATED_LOSS_S = 0.5
_TOLERATED_LOSS_RATIO = 0.02


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono samples at 16 kHz, float32 in -1 to 1."""

    samples: npt.NDArray[np.float32]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ


def decode(data: bytes, *, max_duration_s: float) -> Sound:
    """Decode OGG/Opus, AAC, AMR, MP3, M4A/MP4, WAV, FLAC or WebM; the first audio stream, mixed to mono.

    Raises:
        NotAudio: no accepted format is recognised.
        NoAudioStream: a media file without sound.
        AudioTooLong: more sound than ``max_duration_s``; decoding stops there.
        AudioCutShort: less sound can be decoded than the file declares.
    """
    try:
        with av.open(
            io.BytesIO(data), mode="r", metadata_errors="ignore", container_options=_CONTAINER_OPTIONS
        ) as container:
            if not container.streams.audio:
                raise NoAudioStream("The file holds no sound; send a voice note.")
            sound = _read(container, max_duration_s=max_duration_s)
            declared_s = (container.duration or 0) / av.time_base
            has_true_duration = container.format.name in _FORMATS_WITH_TRUE_DURATION
    except (av.error.FFmpegError, ValueError, OverflowError) as error:
        raise NotAudio(
            "This is no audio that can be read; send a voice note (OGG, M4A, MP3, AAC, AMR or WAV)."
        ) from error
    lost_s = declared_s - sound.duration_s
    if has_true_duration and lost_s > max(_TOLERATED_LOSS_S, _TOLERATED_LOSS_RATIO * declared_s):
        raise AudioCutShort(
            f"Only {sound.duration_s:.1f} of {declared_s:.1f} seconds can be decoded; send the recording again."
        )
    return sound


def _read(container: av.container.InputContainer, *, max_duration_s: float) -> Sound:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    limit_samples = int(max_duration_s * SAMPLE_RATE_HZ)
    blocks: list[npt.NDArray[np.int16]] = []
    samples = 0
    for frame in _resampled(container, resampler):
        block = frame.to_ndarray()[0]
        samples += len(block)
        if samples > limit_samples:
            raise AudioTooLong(f"The recording is longer than {max_duration_s:.0f} seconds; send a shorter one.")
        blocks.append(block)
    whole = np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
    return Sound(whole.astype(np.float32) / 32768.0)


def _resampled(container: av.container.InputContainer, resampler: av.AudioResampler) -> Iterator[av.AudioFrame]:
    frames = container.decode(audio=0)
    while True:
        try:
            frame = next(frames, None)
        except av.error.InvalidDataError:
            continue  # a damaged packet; what its loss amounts to is judged on the whole
        if frame is not None:
            frame.pts = None  # the resampler would refuse a jump in time
        yield from resampler.resample(frame)
        if frame is None:
            return
