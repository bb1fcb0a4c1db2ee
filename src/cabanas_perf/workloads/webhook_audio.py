"""A guest's voice note: acknowledged at once, fetched, transcribed, understood, and the reply sent."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx

from cabanas.services.inbox import Source
from cabanas_perf.measurement.stages import Estimate
from cabanas_perf.workloads import webhook_text
from cabanas_perf.workloads.base import CannotRun, Need, PureWorkload, Workload, WorkloadContext, WorkloadSpec
from cabanas_perf.workloads.clips import Clip, load_clips
from cabanas_perf.workloads.transcription import ESTIMATES, why_audio_is_unavailable
from cabanas_perf.workloads.webhook_guests import open_guest_messages
from cabanas_perf.workloads.webhook_sender import open_webhook_sender


@asynccontextmanager
async def _open(context: WorkloadContext) -> AsyncIterator[Workload | PureWorkload]:
    async with open_webhook_sender(context, Source.WHATSAPP, hears=True) as sender:
        media_ids = await give_clips_to_stub(sender.settings.graph_base_url, load_clips())
        parts = _voice_notes(media_ids, context.seed)
        async with open_guest_messages(sender, context, "audio", parts) as workload:
            yield workload


async def give_clips_to_stub(graph_base_url: str, clips: Iterable[Clip]) -> Sequence[str]:
    """Let the stand-in for the provider have the clips; answers with their media ids.

    Raises:
        CannotRun: when the provider is no stand-in on this machine, or does not take them.
    """
    address = urlsplit(graph_base_url)
    if address.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise CannotRun("the voice notes lie with the stubs; start the service with them: cabanas-perf serve --stubs")
    ids = []
    async with httpx.AsyncClient(base_url=f"{address.scheme}://{address.netloc}", trust_env=False) as client:
        for clip in clips:
            media_id = f"sample-{clip.name.removesuffix('.ogg')}"
            headers = {"Content-Type": "audio/ogg; codecs=opus"}
            try:
                answer = await client.put(f"/_media/{media_id}", content=clip.data, headers=headers)
                answer.raise_for_status()
            except httpx.HTTPError as error:
                raise CannotRun(f"the stubs do not take recordings ({type(error).__name__})") from error
            ids.append(media_id)
    return ids


def _voice_notes(media_ids: Sequence[str], seed: int) -> Iterator[Mapping[str, object]]:
    source = random.Random(seed)  # noqa: S311 - reproducible input
    while True:
        for media_id in source.sample(media_ids, k=len(media_ids)):
            yield {"id": media_id, "mime_type": "audio/ogg; codecs=opus", "voice": True}


SPEC = WorkloadSpec(
    name="webhook-audio",
    title="WhatsApp audio",
    open=_open,
    # The fewest that can prove a P95, and a few more for notes that fail to.
    default_requests=65,
    needs=frozenset({Need.POSTGRES, Need.REDIS}),
    writes=True,
    estimates={**webhook_text.SPEC.estimates, **ESTIMATES, "download": Estimate(2000, 4000)},
    default_concurrency=6,  # most of a request is the provider's download
    costly=True,
    works_elsewhere=True,
    why_unavailable=why_audio_is_unavailable,
)
