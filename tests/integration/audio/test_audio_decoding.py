"""Real codecs: what WhatsApp sends, and what broken or hostile files do."""

import io
import random
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cabanas.audio import (
    AudioCutShort,
    AudioRejected,
    AudioTooLong,
    Limits,
    NoAudioStream,
    NotAudio,
)
from cabanas.audio.limits import check_received
from cabanas_perf.workloads.clips import CLIPS_FOLDER

av = pytest.importorskip("av")
np = pytest.importorskip("numpy")

from cabanas.audio.decode import SAMPLE_RATE_HZ, decode  # noqa: E402 - after the skip

CLIP = (CLIPS_FOLDER / "d05_00.ogg").read_bytes()
DAMAGED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def encoded(format_name: str, codec: str, rate_hz: int, layout: str = "mono") -> bytes:
    """The clip in another format."""
    samples = (decode(CLIP, max_duration_s=60).samples * 32767).astype(np.int16)[None, :]
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE_HZ
    output = io.BytesIO()
    with av.open(output, "w", format=format_name) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        context = stream.codec_context
        resampler = av.AudioResampler(
            format=context.format, layout=layout, rate=rate_hz, frame_size=context.frame_size or None
        )
        for whole in (frame, None):
            for block in resampler.resample(whole):
                container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    return output.getvalue()


def silent_video() -> bytes:
    output = io.BytesIO()
    with av.open(output, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return output.getvalue()


FORMATS = {
    "ogg opus stereo": ("ogg", "libopus", 48_000, "stereo"),
    "aac": ("adts", "aac", 44_100),
    "amr narrow band": ("amr", "libopencore_amrnb", 8_000),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "wav": ("wav", "pcm_s16le", 16_000),
}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {name: encoded(*how) for name, how in FORMATS.items()}


@pytest.mark.parametrize("name", FORMATS)
def test_every_accepted_format_decodes_to_the_same_length(files, name):
    check_received(files[name], declared_length=len(files[name]), limits=Limits())
    assert decode(files[name], max_duration_s=60).duration_s == pytest.approx(5.85, abs=0.1)


def test_samples_lie_between_minus_one_and_one():
    samples = decode(CLIP, max_duration_s=60).samples
    assert samples.dtype == np.float32
    assert 0.05 < np.abs(samples).max() <= 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><html><body>Not found</body></html>" * 20,
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        random.Random(1).randbytes(20_000),
        CLIP[:30],
        b"ffconcat version 1.0\nfile '/etc/hostname'\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ogg\n#EXT-X-ENDLIST\n",
    ],
    ids=["empty", "html", "png", "noise", "30 bytes", "concat playlist", "network playlist"],
)
def test_what_is_no_audio_is_told_so(data):
    with pytest.raises(NotAudio):
        decode(data, max_duration_s=60)


def test_a_video_without_sound_is_told_so():
    with pytest.raises(NoAudioStream):
        decode(silent_video(), max_duration_s=60)


def test_decoding_stops_at_the_longest_duration_allowed():
    with pytest.raises(AudioTooLong, match="5 seconds"):
        decode(CLIP, max_duration_s=5.0)


def test_a_note_whose_middle_is_destroyed_is_not_passed_off_as_whole():
    middle = len(CLIP) // 2
    damaged = CLIP[:middle] + bytes(50) + CLIP[middle + 50 :]
    with pytest.raises(AudioCutShort):
        decode(damaged, max_duration_s=60)


def test_a_damaged_frame_does_not_end_the_note(files):
    whole = decode(files["aac"], max_duration_s=60).duration_s
    damaged = bytearray(files["aac"])
    middle = damaged.index(b"\xff\xf1", len(damaged) // 2)
    damaged[middle + 7 : middle + 60] = bytes(b ^ 0xFF for b in damaged[middle + 7 : middle + 60])
    assert decode(bytes(damaged), max_duration_s=60).duration_s == pytest.approx(whole, abs=0.5)


def test_a_forged_sample_rate_is_refused(files):
    forged = bytearray(files["wav"])
    forged[24:28] = struct.pack("<I", 989_871_744)
    with pytest.raises(NotAudio):
        decode(bytes(forged), max_duration_s=60)


@DAMAGED
@given(
    st.sampled_from(sorted(FORMATS)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=80),
    st.floats(0, 1),
)
def test_damage_of_any_kind_is_sound_or_a_clear_refusal(files, name, changes, kept):
    data = bytearray(files[name])
    for position, value in changes:
        data[int(position * (len(data) - 1))] = value
    recording = bytes(data[: int(kept * len(data))] if kept < 0.5 else data)
    try:
        check_received(recording, declared_length=None, limits=Limits())
        sound = decode(recording, max_duration_s=60)
    except AudioRejected:
        return
    assert np.isfinite(sound.samples).all()
