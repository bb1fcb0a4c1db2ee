"""Transcribing one voice note."""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import islice
from time import perf_counter_ns

from cabanas.audio import AudioError, AudioUnavailable, Transcriber, TranscriptionTimedOut, require_audio
from cabanas.stages import StageSpan
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stages import Estimate
from cabanas_perf.measurement.units import ns_to_ms, ns_to_s
from cabanas_perf.measurement.wer import WordErrors, pooled_interval, pooled_rate, word_errors
from cabanas_perf.slo.verdict import RatioEstimate
from cabanas_perf.workloads.base import Account, PureWorkload, Reply, Via, Workload, WorkloadContext, WorkloadSpec
from cabanas_perf.workloads.clips import Clip, load_clips
from cabanas_perf.workloads.http import open_http_sender

ESTIMATES = {"decode": Estimate(1000, 2000), "transcribe": Estimate(4000, 8000), "process_segments": Estimate(100, 200)}
"""The document's steps of converting, recognising, and putting the segments together."""

_TIMEOUT_S = 60.0
"""A long note takes seconds, and the first one may wait for the models."""
_CLASSES = (("under 10 s", 10.0), ("10 to 30 s", 30.0), ("30 s and more", float("inf")))
"""The document's classes of duration, by their upper bounds."""


@dataclass(slots=True, eq=False)
class Note:
    """One clip on its way, and what came of it: the text and its nanoseconds, None until it is heard."""

    clip: Clip
    text: str | None = None
    latency_ns: int = 0


Listen = Callable[[Clip], Awaitable[tuple[str | None, Reply]]]
"""What is heard in a clip, None after a failure, and how the request ended."""


class Transcription:
    """The sample clips in rounds of all of them, every round in an order of its own; what is drawn starts a round."""

    def __init__(self, listen: Listen, seed: int, start_up: Callable[[], Sequence[StageSpan]]) -> None:
        self._listen = listen
        self._start_up = start_up
        self._clips = load_clips()
        self._random = random.Random(seed)  # noqa: S311 - reproducible input

    def draw(self, count: int) -> Sequence[Note]:
        return [Note(clip) for clip in islice(self._shuffled_rounds(), count)]

    def _shuffled_rounds(self) -> Iterator[Clip]:
        while True:
            yield from self._random.sample(self._clips, k=len(self._clips))

    async def send(self, request: Note) -> Reply:
        started_ns = perf_counter_ns()
        request.text, reply = await self._listen(request.clip)
        request.latency_ns = perf_counter_ns() - started_ns
        return reply

    def account(self, requests: Sequence[Note]) -> Account:
        heard = [note for note in requests if note.text is not None]
        return Account(estimate_wer(heard), self._start_up(), list(describe_speed(heard)))


def estimate_wer(heard: Sequence[Note]) -> RatioEstimate | None:
    """The word error rate over the clips, however often each was heard; None when none was."""
    by_clip: defaultdict[str, list[WordErrors]] = defaultdict(list)
    for note in heard:
        by_clip[note.clip.name].append(word_errors(note.clip.reference, note.text or ""))
    clips = [
        WordErrors(sum(one.errors for one in times), sum(one.reference_words for one in times))
        for times in by_clip.values()
    ]
    rate = pooled_rate(clips)
    if rate is None:
        return None
    low, high = pooled_interval(clips) or (None, None)
    return RatioEstimate(rate, low, high, samples=len(clips))


def describe_speed(heard: Sequence[Note]) -> Iterator[str]:
    """One line for each class of duration: how long its notes took, and the share of their own length that it was."""
    shortest_s = 0.0
    for name, bound_s in _CLASSES:
        notes = [note for note in heard if shortest_s <= note.clip.duration_s < bound_s]
        shortest_s = bound_s
        if notes:
            median_ms = ns_to_ms(statistics.median(note.latency_ns for note in notes))
            factor = ns_to_s(sum(note.latency_ns for note in notes)) / sum(note.clip.duration_s for note in notes)
            yield f"notes of {name}: {len(notes)}, median {median_ms:.0f} ms, real-time factor {factor:.3f}"


def why_audio_is_unavailable() -> str | None:
    try:
        require_audio()
    except AudioUnavailable as error:
        return str(error)
    return None


@asynccontextmanager
async def _open(context: WorkloadContext) -> AsyncIterator[Workload | PureWorkload]:
    if context.via is Via.DIRECT:
        async with Transcriber() as transcriber:
            yield Transcription(_listen_directly(transcriber), context.seed, lambda: transcriber.start_up_spans)
        return
    async with open_http_sender(replace(context, timeout_s=max(context.timeout_s, _TIMEOUT_S))) as sender:

        async def listen(clip: Clip) -> tuple[str | None, Reply]:
            answer = await sender.upload("/api/v1/audio/transcribe", clip.name, clip.data)
            return answer.json()["text"] if answer.status == 200 else None, answer.to_reply(ok=200)

        yield Transcription(listen, context.seed, lambda: ())


def _listen_directly(transcriber: Transcriber) -> Listen:
    async def listen(clip: Clip) -> tuple[str | None, Reply]:
        try:
            transcript = await transcriber.transcribe(clip.data, declared_length=len(clip.data))
        except TranscriptionTimedOut as error:
            return None, Reply(Outcome.TIMEOUT, type(error).__name__)
        except AudioError as error:
            return None, Reply(Outcome.ERROR, type(error).__name__)
        return transcript.text, Reply(Outcome.OK)

    return listen


SPEC = WorkloadSpec(
    name="transcription",
    title="Transcription",
    open=_open,
    # Each clip once.
    default_requests=13,
    estimates=ESTIMATES,
    costly=True,
    works_elsewhere=True,
    why_unavailable=why_audio_is_unavailable,
)
