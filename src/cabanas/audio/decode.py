"""Compressed recording in, samples out, in this process: PyAV carries the FFmpeg libraries with it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
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
# A forged header may claim a gigahertz, for which the resampler would compute filters for seconds.
_SAMPLE_RATES_HZ = range(4_000, 384_001)
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
        AudioCutShort: less sound can be decoded than the file declares, or holds.
    """
    try:
        with av.open(
            io.BytesIO(data), mode="r", metadata_errors="ignore", container_options=_CONTAINER_OPTIONS
        ) as container:
            if not container.streams.audio:
                raise NoAudioStream("The file holds no sound; send a voice note.")
            sound, lost_s = _read(container, max_duration_s=max_duration_s)
            if container.format.name in _FORMATS_WITH_TRUE_DURATION:
                lost_s = max(lost_s, (container.duration or 0) / av.time_base - sound.duration_s)
    except (av.error.FFmpegError, ValueError, OverflowError) as error:
        raise NotAudio(
            "This is no audio that can be read; send a voice note (OGG, M4A, MP3, AAC, AMR or WAV)."
        ) from error
    if lost_s > max(_TOLERATED_LOSS_S, _TOLERATED_LOSS_RATIO * (sound.duration_s + lost_s)):
        raise AudioCutShort(
            f"{lost_s:.1f} seconds of the recording are missing or damaged, {sound.duration_s:.1f} are left;"
            " send it again."
        )
    return sound


def _read(container: av.container.InputContainer, *, max_duration_s: float) -> tuple[Sound, float]:
    """The stream's sound, and the seconds in packets that could not be decoded."""
    # Blocks of a second instead of a packet's 20 ms: a quarter of the time went into handing over small ones.
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ, frame_size=SAMPLE_RATE_HZ)
    stream = container.streams.audio[0]
    limit_samples = int(max_duration_s * SAMPLE_RATE_HZ)
    blocks: list[npt.NDArray[np.int16]] = []
    samples = 0
    lost_s = 0.0

    def keep(frames: Iterable[av.AudioFrame | None]) -> None:
        nonlocal samples
        for block in _resampled(resampler, frames):
            samples += len(block)
            blocks.append(block)
        if samples > limit_samples:
            raise AudioTooLong(f"The recording is longer than {max_duration_s:.0f} seconds; send a shorter one.")

    for packet in container.demux(stream):
        # Packet by packet: `container.decode` is over at its first damaged packet, and with it the rest of the note.
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            lost_s += float((packet.duration or 0) * (packet.time_base or 0))
            continue
        keep(frames)
    keep([None])
    samples_read = np.concatenate(blocks).astype(np.float32)
    samples_read /= 32768.0  # in place: fifteen minutes are 58 MB
    return Sound(samples_read), lost_s


def _resampled(resampler: av.AudioResampler, frames: Iterable[av.AudioFrame | None]) -> Iterator[npt.NDArray[np.int16]]:
    for frame in frames:
        if frame is not None:
            if frame.sample_rate not in _SAMPLE_RATES_HZ:
                raise ValueError(f"{frame.sample_rate} samples a second")
            frame.pts = None  # the resampler would refuse a jump in time
        for block in resampler.resample(frame):
            yield block.to_ndarray()[0]
