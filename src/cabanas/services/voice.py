"""A voice note, listened to: fetched from the provider, transcribed, and understood or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cabanas.audio.errors import AudioRejected, ModelUnavailable
from cabanas.audio.transcript import Transcript
from cabanas.clients.errors import ProviderRefused
from cabanas.clients.whatsapp import WhatsAppClient
from cabanas.services import replies
from cabanas.stages import stage


class Transcriber(Protocol):
    async def transcribe(self, data: bytes, *, declared_length: int | None = None) -> Transcript:
        """What is said in the recording. ``declared_length``: how many bytes the provider said that it has.

        Raises:
            AudioRejected: the recording itself is the reason.
            ModelUnavailable: nothing can be transcribed here; any other error may pass.
        """
        ...


class NotUnderstood(Exception):
    """The guest has to say it again; the text says so to them."""


@dataclass(frozen=True, slots=True)
class ListenToGuest:
    """Turns voice notes into words. Without a client or a transcriber it asks every guest to write."""

    client: WhatsAppClient | None
    transcriber: Transcriber | None
    min_confidence: float

    async def __call__(self, media_id: str) -> str:
        """The words of a voice note.

        Raises:
            NotUnderstood: nothing is to be had from this recording, now or later.
            ProviderUnavailable, AudioError: it may work later.
        """
        if self.client is None or self.transcriber is None:
            raise NotUnderstood(replies.NO_VOICE_NOTES)
        try:
            with stage("download"):
                media = await self.client.fetch_media(media_id)
            heard = await self.transcriber.transcribe(media.data, declared_length=media.declared_bytes)
        except (ProviderRefused, AudioRejected) as error:
            raise NotUnderstood(replies.VOICE_NOTE_REJECTED) from error
        except ModelUnavailable as error:
            raise NotUnderstood(replies.NO_VOICE_NOTES) from error
        if not heard.text.strip() or heard.confidence < self.min_confidence:
            raise NotUnderstood(replies.VOICE_NOTE_NOT_UNDERSTOOD)
        return heard.text
