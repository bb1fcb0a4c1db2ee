"""Transcribing a voice note, beside the ways there are to run Whisper on a processor."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import cycle

from benchmarks.peers.rows import Absent, Effort, Row, Section, compare

from cabanas_perf.runners.pairs import PairRun, Timer, Variant, run_pairs

LONGEST_S = 12.0


def run(effort: Effort) -> Section:
    return Section(
        title="Transcribing a voice note",
        given=(
            f"The packaged telephone clips of at most {LONGEST_S:.0f} s, in turns; wall time a clip, warm. Ours runs "
            "in worker processes as the service runs it. `audio_speed.py` sets words that were heard wrongly beside it."
        ),
        rows=tuple(_rows(effort)),
    )


def _rows(effort: Effort) -> Iterator[Row]:
    if importlib.util.find_spec("faster_whisper") is None:
        yield Absent("faster-whisper", "install the extra audio")
    else:
        done = asyncio.run(_measure(effort))
        yield compare(
            f"faster-whisper {version('faster-whisper')}, full window",
            "s a clip",
            [ns / 1e9 for ns in done.head_ns],
            [ns / 1e9 for ns in done.base_ns],
            done.ratios,
            "base model, int8, beam 5, a WAV file by FFmpeg: as the design document writes it",
        )
    weights = "no package carries its weights, and nothing is downloaded at run time"
    yield Absent("openai-whisper", weights)
    yield Absent("whisper.cpp", weights)


async def _measure(effort: Effort) -> PairRun:
    from cabanas.audio import Transcriber  # noqa: PLC0415 - belongs to an extra
    from cabanas_perf.workloads.before.transcription import DocumentTranscriber  # noqa: PLC0415
    from cabanas_perf.workloads.clips import CLIPS_FOLDER, Clip, load_clips  # noqa: PLC0415

    clips = cycle([clip for clip in load_clips(CLIPS_FOLDER) if clip.duration_s <= LONGEST_S])
    document = DocumentTranscriber()
    async with Transcriber() as transcriber:

        async def transcribe_ours(clip: Clip) -> object:
            return await transcriber.transcribe(clip.data)

        async def transcribe_plain(clip: Clip) -> object:
            return await asyncio.to_thread(document.transcribe, clip.data)

        def draw() -> Sequence[Clip]:
            return [next(clips)]

        return await run_pairs(
            Variant("plain", transcribe_plain),
            Variant("ours", transcribe_ours),
            draw=draw,
            pairs=effort.slow_pairs,
            seed=0,
            timer=Timer.WALL,
            warmup_pairs=1,
            equal=None,
        )
