import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.audio import AudioCutShort, AudioEmpty, AudioTooLarge, Limits
from cabanas.audio.container import ends_early
from cabanas.audio.limits import check_received, read_recording
from cabanas_perf.workloads.clips import CLIPS_FOLDER

OGG = (CLIPS_FOLDER / "d05_04.ogg").read_bytes()


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


MP4 = box(b"ftyp", b"M4A \0\0\0\0") + box(b"mdat", b"x" * 100) + box(b"moov", b"y" * 30)
WAV = b"RIFF" + struct.pack("<I", 4 + 8 + 50) + b"WAVE" + b"data" + struct.pack("<I", 50) + b"z" * 50


@pytest.mark.parametrize("whole", [OGG, MP4, WAV], ids=["ogg", "mp4", "wav"])
def test_a_whole_file_ends_where_it_says(whole):
    assert not ends_early(whole)


@pytest.mark.parametrize("cut", [5, 30, 200, len(OGG) // 2, len(OGG) - 1])
def test_an_ogg_cut_anywhere_inside_a_page_ends_early(cut):
    assert ends_early(OGG[:cut])


@pytest.mark.parametrize("cut", [20, 60, len(MP4) - 1])
def test_an_mp4_cut_inside_a_box_ends_early(cut):
    assert ends_early(MP4[:cut])


def test_an_mp4_box_of_64_bit_size_is_followed():
    large = struct.pack(">I4sQ", 1, b"mdat", 116) + b"x" * 100
    assert not ends_early(box(b"ftyp", b"isom") + large)
    assert ends_early(box(b"ftyp", b"isom") + large[:-1])


def test_an_mp4_box_up_to_the_end_of_the_file_is_whole():
    assert not ends_early(box(b"ftyp", b"isom") + struct.pack(">I4s", 0, b"mdat") + b"x" * 9)


def test_a_wav_cut_short_ends_early():
    assert ends_early(WAV[:-1])


@pytest.mark.parametrize("unknown", [0, 0xFFFFFFFF])
def test_a_streamed_wav_does_not_know_its_size(unknown):
    assert not ends_early(b"RIFF" + struct.pack("<I", unknown) + b"WAVEdata")


@given(st.sampled_from([b"", b"OggS", b"RIFF", b"\0\0\0\x10ftyp"]), st.binary(max_size=300))
def test_no_bytes_break_the_check(start, rest):
    assert ends_early(start + rest) in (True, False)


@pytest.mark.parametrize(
    ("data", "declared_length", "error"),
    [
        (b"", None, AudioEmpty),
        (b"", 0, AudioEmpty),
        (b"", 900, AudioCutShort),
        (OGG, len(OGG) + 1, AudioCutShort),
        (OGG[:3000], None, AudioCutShort),
        (b"x" * 101, None, AudioTooLarge),
    ],
)
def test_what_needs_no_decoder_is_refused_at_once(data, declared_length, error):
    limits = Limits(max_bytes=100 if error is AudioTooLarge else 10**6)
    with pytest.raises(error):
        check_received(data, declared_length=declared_length, limits=limits)


def test_a_whole_recording_passes():
    check_received(OGG, declared_length=len(OGG), limits=Limits())


def test_bytes_files_and_paths_are_read_alike(tmp_path):
    path = tmp_path / "note.ogg"
    path.write_bytes(OGG)
    for source in (OGG, io.BytesIO(OGG), path):
        assert read_recording(source, limits=Limits()) == OGG


def test_no_more_is_read_than_the_limit_needs(tmp_path):
    path = tmp_path / "huge.ogg"
    path.write_bytes(b"x" * 5000)
    assert len(read_recording(path, limits=Limits(max_bytes=100))) == 101
    assert len(read_recording(io.BytesIO(b"x" * 5000), limits=Limits(max_bytes=100))) == 101
