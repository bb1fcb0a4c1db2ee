"""Voice notes: this project's transcription beside the design document's, on the same clips in one run.

    python benchmarks/audio_speed.py [FOLDER] [--rounds 3] [--together 4] [--json FILE]

The folder holds clips and a ``transcripts.tsv`` with the columns ``file``, ``seconds`` and ``transcript``; without it
the clips that ship with the toolkit are used. Both sides take turns
clip by clip, each going first every other time; a clip's time is its median over the rounds. This project's side runs
as the service runs it, in worker processes; the document's side runs as the document writes it, in a process too.

``speedup_ratio`` is of the medians, in wall time; ``per_clip`` is the median of the clips' own ratios with its 90 %
interval, in wall time and in processor time, which a busy machine disturbs less. A note over 20 s is heard on two
cores, which only its wall time shows. The word error rate's difference carries a paired bootstrap interval. Needs the
extra ``audio``, and Linux for the processor time of others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from time import clock_gettime, perf_counter

from cabanas.audio import Transcriber
from cabanas_perf.measurement.paired import estimate_ratio
from cabanas_perf.measurement.wer import WordErrors, paired_difference, pooled_rate, word_errors
from cabanas_perf.workloads.before.transcription import DocumentTranscriber
from cabanas_perf.workloads.clips import CLIPS_FOLDER, Clip, load_clips

CLASSES_S = ((0.0, 10.0), (10.0, 30.0), (30.0, 3600.0))
PAIRS_TOGETHER = 7


@dataclass(frozen=True)
class Side:
    """One pipeline's result for one clip."""

    wall_s: float
    cpu_s: float
    text: str
    errors: WordErrors


@dataclass(frozen=True)
class Row:
    clip: Clip
    before: Side
    after: Side


Transcribe = Callable[[Sequence[bytes]], Awaitable[tuple[list[str], float]]]
"""The texts of recordings that arrive at the same moment, and the processor seconds that they took in all."""


@cache
def document() -> DocumentTranscriber:
    return DocumentTranscriber()


def open_document() -> None:
    # A session of its own, as each of our workers has one: Linux shares out a busy machine's time by session first.
    os.setsid()
    document()


def hear_as_document(recordings: Sequence[bytes]) -> tuple[list[str], float]:
    started_s = own_cpu_s()
    with ThreadPoolExecutor(len(recordings)) as threads:
        texts = [heard.text for heard in threads.map(document().transcribe, recordings)]
    return texts, own_cpu_s() - started_s


def own_cpu_s() -> float:
    """Of this process, and of the programs that it ran to their ends."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def cpu_s_with(pids: Sequence[int]) -> float:
    """Of this process and of others that run."""
    # Another process's clock, as clock_getcpuclockid(3) numbers it: in nanoseconds, where /proc has ticks.
    return own_cpu_s() + sum(clock_gettime((~pid << 3) | 2) for pid in pids)


async def measure(clip: Clip, sides: Sequence[Transcribe], rounds: int, first: int) -> list[Side]:
    runs: list[list[tuple[float, float, str]]] = [[], []]
    for turn in range(rounds):
        for side in (0, 1) if (first + turn) % 2 == 0 else (1, 0):
            started_s = perf_counter()
            (text,), cpu_s = await sides[side]([clip.data])
            runs[side].append((perf_counter() - started_s, cpu_s, text))
    return [
        Side(
            wall_s=statistics.median(wall_s for wall_s, _, _ in times),
            cpu_s=statistics.median(cpu_s for _, cpu_s, _ in times),
            text=times[0][2],
            errors=word_errors(clip.reference, times[0][2]),
        )
        for times in runs
    ]


def summarise(rows: Sequence[Row]) -> dict[str, object]:
    before_s = statistics.median(row.before.wall_s for row in rows)
    after_s = statistics.median(row.after.wall_s for row in rows)
    return {
        "clips": len(rows),
        "before_median_s": before_s,
        "after_median_s": after_s,
        "speedup_ratio": before_s / after_s,
        "per_clip": {
            "wall": asdict(estimate_ratio([row.before.wall_s / row.after.wall_s for row in rows])),
            "cpu": asdict(estimate_ratio([row.before.cpu_s / row.after.cpu_s for row in rows])),
        },
        "before_wer": pooled_rate([row.before.errors for row in rows]),
        "after_wer": pooled_rate([row.after.errors for row in rows]),
        "wer_difference": asdict(
            paired_difference([row.before.errors for row in rows], [row.after.errors for row in rows])
        ),
    }


async def together(transcribe: Transcribe, clips: Sequence[Clip]) -> float:
    """Seconds until clips that arrive at the same moment are all transcribed."""
    started_s = perf_counter()
    await transcribe([clip.data for clip in clips])
    return perf_counter() - started_s


async def compare(options: argparse.Namespace) -> tuple[list[Row], dict[str, object]]:
    clips = load_clips(options.folder)
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=open_document) as documents:
        async with Transcriber() as transcriber:

            async def before(recordings: Sequence[bytes]) -> tuple[list[str], float]:
                return await asyncio.get_running_loop().run_in_executor(documents, hear_as_document, recordings)

            async def after(recordings: Sequence[bytes]) -> tuple[list[str], float]:
                started_s = cpu_s_with(transcriber.worker_pids)
                heard = await asyncio.gather(*(transcriber.transcribe(data) for data in recordings))
                return [one.text for one in heard], cpu_s_with(transcriber.worker_pids) - started_s

            await before([clips[0].data])
            return await run(clips, before, after, options)


async def run(
    clips: Sequence[Clip], before: Transcribe, after: Transcribe, options: argparse.Namespace
) -> tuple[list[Row], dict[str, object]]:
    rows = [
        Row(clip, *await measure(clip, (before, after), options.rounds, first=index))
        for index, clip in enumerate(clips)
    ]
    results: dict[str, object] = {"load average": os.getloadavg()}
    for low_s, high_s in CLASSES_S:
        if chosen := [row for row in rows if low_s <= row.clip.duration_s < high_s]:
            results[f"{low_s:.0f} to {high_s:.0f} s"] = summarise(chosen)
    results["all"] = summarise(rows)
    if short := [clip for clip in clips if 4 <= clip.duration_s <= 8][: options.together]:
        pairs = [(await together(before, short), await together(after, short)) for _ in range(PAIRS_TOGETHER)]
        before_s, after_s = (statistics.median(side) for side in zip(*pairs, strict=True))
        results[f"{len(short)} at once"] = {
            "before_s": before_s,
            "after_s": after_s,
            "speedup_ratio": before_s / after_s,
            "per_pair": asdict(estimate_ratio([before / after for before, after in pairs])),
        }
    return rows, results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=CLIPS_FOLDER)
    parser.add_argument("--rounds", type=int, default=1, help="timed turns of each side per clip")
    parser.add_argument("--together", type=int, default=4, help="short clips that arrive at once; 0 leaves it out")
    parser.add_argument("--json", type=Path, help="also write every clip's numbers to this file")
    options = parser.parse_args()

    rows, results = asyncio.run(compare(options))
    for name, result in results.items():
        print(name, json.dumps(result, default=float))  # noqa: T201
    if options.json:
        per_clip = [
            {"clip": r.clip.name, "before": asdict(r.before), "after": asdict(r.after), "reference": r.clip.reference}
            for r in rows
        ]
        options.json.write_text(json.dumps({"results": results, "clips": per_clip}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
