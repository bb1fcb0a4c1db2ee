"""Voice notes: this project's transcription beside the design document's, on the same clips in one run.

    python benchmarks/audio_speed.py [FOLDER] [--rounds 3] [--together 4] [--json FILE]

The folder holds clips and a ``transcripts.tsv`` with the columns ``file``, ``seconds`` and ``transcript``; without it
the clips that ship with the toolkit are used. Both sides take turns
clip by clip, each going first every other time; a clip's time is its median over the rounds. This project's side runs
as the service runs it, in worker processes; the document's side runs in this one, as the document writes it. Ratios
are of medians; the word error rate's difference carries a paired bootstrap interval. Needs the extra ``audio``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from cabanas.audio import Transcriber
from cabanas_perf.measurement.wer import WordErrors, paired_difference, pooled_rate, word_errors
from cabanas_perf.workloads.before.transcription import DocumentTranscriber
from cabanas_perf.workloads.clips import CLIPS_FOLDER, Clip, load_clips

CLASSES_S = ((0.0, 10.0), (10.0, 30.0), (30.0, 3600.0))


@dataclass(frozen=True)
class Side:
    """One pipeline's result for one clip."""

    wall_s: float
    text: str
    errors: WordErrors


@dataclass(frozen=True)
class Row:
    clip: Clip
    before: Side
    after: Side


Transcribe = Callable[[bytes], Awaitable[str]]


async def measure(clip: Clip, sides: Sequence[Transcribe], rounds: int, first: int) -> list[Side]:
    runs: list[list[tuple[float, str]]] = [[], []]
    for turn in range(rounds):
        for side in (0, 1) if (first + turn) % 2 == 0 else (1, 0):
            started_s = perf_counter()
            text = await sides[side](clip.data)
            runs[side].append((perf_counter() - started_s, text))
    return [
        Side(
            wall_s=statistics.median(wall_s for wall_s, _ in times),
            text=times[0][1],
            errors=word_errors(clip.reference, times[0][1]),
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
        "before_wer": pooled_rate([row.before.errors for row in rows]),
        "after_wer": pooled_rate([row.after.errors for row in rows]),
        "wer_difference": asdict(
            paired_difference([row.before.errors for row in rows], [row.after.errors for row in rows])
        ),
    }


async def together(transcribe: Transcribe, clips: Sequence[Clip]) -> float:
    """Seconds until clips that arrive at the same moment are all transcribed."""
    started_s = perf_counter()
    await asyncio.gather(*(transcribe(clip.data) for clip in clips))
    return perf_counter() - started_s


async def compare(options: argparse.Namespace) -> tuple[list[Row], dict[str, object]]:
    document = DocumentTranscriber()
    async with Transcriber() as transcriber:

        async def before(data: bytes) -> str:
            return (await asyncio.to_thread(document.transcribe, data)).text

        async def after(data: bytes) -> str:
            return (await transcriber.transcribe(data)).text

        clips = load_clips(options.folder)
        await before(clips[0].data)
        rows = [
            Row(clip, *await measure(clip, (before, after), options.rounds, first=index))
            for index, clip in enumerate(clips)
        ]
        results: dict[str, object] = {}
        for low_s, high_s in CLASSES_S:
            if chosen := [row for row in rows if low_s <= row.clip.duration_s < high_s]:
                results[f"{low_s:.0f} to {high_s:.0f} s"] = summarise(chosen)
        results["all"] = summarise(rows)
        if short := [clip for clip in clips if 4 <= clip.duration_s <= 8][: options.together]:
            pairs = [(await together(before, short), await together(after, short)) for _ in range(5)]
            before_s, after_s = (statistics.median(side) for side in zip(*pairs, strict=True))
            results[f"{len(short)} at once"] = {
                "before_s": before_s,
                "after_s": after_s,
                "speedup_ratio": before_s / after_s,
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
