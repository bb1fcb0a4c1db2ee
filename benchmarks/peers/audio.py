"""Transcribing voice notes, beside the ways there are to run Whisper on a processor."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import os
import tempfile
import time
import wave
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from itertools import cycle
from pathlib import Path

from benchmarks.peers.ggml import write_ggml
from benchmarks.peers.rows import Absent, Compared, Effort, Row, Section, compare, percentile_bar, speedup_bar

from cabanas_perf.runners.pairs import Timer, Variant, run_pairs

TOGETHER = 4
SILENCE_S = 6.0
_CLASSES = (("at most 10 s", 0.0, 10.0, 3.5), ("15 s", 10.0, 30.0, 1.7), ("40 s", 30.0, 60.0, 1.7))
_CAUSE = (
    "only the encoder's share shrinks with the window, the decoder's stays with the words; and the document's "
    "side already runs with the thread count that suits it best"
)

Transcribe = Callable[[bytes], Awaitable[object]]


def run(effort: Effort) -> Section:
    return Section(
        title="Transcribing a voice note",
        given=(
            "The packaged telephone clips, in turns; wall time, warm; all sides run the same base weights. Ours runs "
            "in worker processes as the service does, from the recording's bytes to the text. The design document's "
            "side is faster-whisper (int8, beam 5) on its full window, fed by FFmpeg. whisper.cpp (sixteen bits, beam "
            "5) gets clips that are decoded already. Which words each side gets wrong: `benchmarks/audio_speed.py`."
        ),
        rows=tuple(_rows(effort)),
    )


def _rows(effort: Effort) -> Iterator[Row]:
    if importlib.util.find_spec("faster_whisper") is None:
        yield Absent("faster-whisper, whisper.cpp", "install the extra audio")
    else:
        yield from asyncio.run(_measure(effort))
    if importlib.util.find_spec("pywhispercpp") is None:
        yield Absent("whisper.cpp", "install benchmarks/peers/requirements.txt")
    yield Absent("openai-whisper", "needs PyTorch, gigabytes of it; it runs the same weights as the two above")


async def _measure(effort: Effort) -> list[Row]:
    from cabanas.audio import Transcriber  # noqa: PLC0415 - belongs to an extra
    from cabanas_perf.workloads.before.transcription import DocumentTranscriber  # noqa: PLC0415
    from cabanas_perf.workloads.clips import CLIPS_FOLDER, load_clips  # noqa: PLC0415

    document = DocumentTranscriber()
    clips = load_clips(CLIPS_FOLDER)
    of_class = {name: [one.data for one in clips if low <= one.duration_s < high] for name, low, high, _ in _CLASSES}
    rows: list[Row] = []
    async with Transcriber() as transcriber:

        async def ours(data: bytes) -> object:
            return await transcriber.transcribe(data)

        async def plain(data: bytes) -> object:
            return await asyncio.to_thread(document.transcribe, data)

        # Every worker, and the other side, has worked once before anything is timed.
        await asyncio.gather(*(ours(clip.data) for clip in clips[:TOGETHER]))
        await plain(clips[0].data)
        peer = f"faster-whisper {version('faster-whisper')} as the design document runs it"
        for name, _, high_s, limit in _CLASSES:
            pairs = effort.slow_pairs if high_s <= 10 else effort.longest_pairs
            row = await _pairs(f"{peer}, clips of {name}", ours, plain, of_class[name], pairs)
            what = f"voice notes of {name}, beside the document's pipeline"
            rows += [row, speedup_bar(what, limit, row.ratio, cause=_CAUSE)]
        short = of_class[_CLASSES[0][0]]
        row = await _pairs(
            f"{peer}, {TOGETHER} short clips at once", ours, plain, short, effort.longest_pairs, together=TOGETHER
        )
        rows += [row, speedup_bar(f"{TOGETHER} short notes at once, beside the same", 5, row.ratio, cause=_CAUSE)]
        if importlib.util.find_spec("pywhispercpp") is not None:
            with _open_whisper_cpp(short) as cpp:
                await cpp(short[0])
                peer = f"whisper.cpp (pywhispercpp {version('pywhispercpp')}), clips of {_CLASSES[0][0]}"
                rows.append(await _pairs(peer, ours, cpp, short, effort.longest_pairs))
        silence = _make_silence()
        silences_s = [await _time_s(ours, silence) for _ in range(9)]
        what = f"{SILENCE_S:g} s of silence"
        rows.append(percentile_bar(what, "s", 0.2, silences_s, 0.5, cause="a worker's round trip and voice detection"))
    return rows


async def _pairs(
    peer: str, ours: Transcribe, theirs: Transcribe, clips: Sequence[bytes], pairs: int, *, together: int = 1
) -> Compared:
    """Pairs of turns, each one round of so many clips that arrive at the same moment."""
    each = cycle(clips)

    def at_once(transcribe: Transcribe) -> Callable[[Sequence[bytes]], Awaitable[object]]:
        async def all_of(batch: Sequence[bytes]) -> object:
            return await asyncio.gather(*(transcribe(data) for data in batch))

        return all_of

    done = await run_pairs(
        Variant("theirs", at_once(theirs)),
        Variant("ours", at_once(ours)),
        draw=lambda: [[next(each) for _ in range(together)]],
        pairs=pairs,
        seed=0,
        timer=Timer.WALL,
        warmup_pairs=0,
        equal=None,
    )
    unit = "s a clip" if together == 1 else "s for all"
    return compare(peer, unit, [ns / 1e9 for ns in done.head_ns], [ns / 1e9 for ns in done.base_ns], done.ratios)


@contextmanager
def _open_whisper_cpp(clips: Sequence[bytes]) -> Iterator[Transcribe]:
    """whisper.cpp on the packaged weights, with as many threads as there are processors."""
    from pywhispercpp.model import Model  # noqa: PLC0415 - installed for peers only

    from cabanas.audio.decode import decode  # noqa: PLC0415 - belongs to an extra
    from cabanas.audio.models import find_models  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder, "base.bin")
        with weights.open("wb") as output:
            write_ggml(find_models()["base"], output)
        model = Model(
            str(weights),
            params_sampling_strategy=1,
            redirect_whispercpp_logs_to=None,
            n_threads=os.cpu_count(),
            language="es",
            print_progress=False,
            beam_search={"beam_size": 5, "patience": -1.0},
        )
        decoded = {data: decode(data, max_duration_s=60).samples for data in clips}

        async def transcribe(data: bytes) -> object:
            segments = await asyncio.to_thread(model.transcribe, decoded[data])
            assert segments
            return segments

        yield transcribe


def _make_silence() -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as recording:
        recording.setparams((1, 2, 16_000, 0, "NONE", ""))
        recording.writeframes(bytes(2 * round(16_000 * SILENCE_S)))
    return held.getvalue()


async def _time_s(transcribe: Transcribe, data: bytes) -> float:
    started_s = time.perf_counter()
    await transcribe(data)
    return time.perf_counter() - started_s
