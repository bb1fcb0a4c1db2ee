"""Voice notes: this project's transcription beside the design document's, on the same clips in one run.

    python benchmarks/audio_speed.py tests/data/audio [--rounds 3] [--together 4] [--json FILE]

The folder holds clips and a ``transcripts.tsv`` with the columns ``file`` and ``transcript``. Both sides take turns
clip by clip, each going first every other time; a clip's time is its median over the rounds. Ratios are of medians;
the word error rate's difference carries a paired bootstrap interval. Needs the extra ``audio``.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, process_time

from cabanas.audio.decode import decode
from cabanas.audio.engine import Engine
from cabanas.audio.models import find_models
from cabanas_perf.measurement.wer import WordErrors, paired_difference, pooled_rate, word_errors
from cabanas_perf.workloads.before.transcription import DocumentTranscriber

CLASSES_S = ((0.0, 10.0), (10.0, 30.0), (30.0, 3600.0))


@dataclass(frozen=True)
class Clip:
    name: str
    data: bytes
    reference: str
    duration_s: float


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


def load_clips(folder: Path) -> Iterator[Clip]:
    with (folder / "transcripts.tsv").open(newline="") as file:
        for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            data = (folder / line["file"]).read_bytes()
            duration_s = decode(data, max_duration_s=3600).duration_s
            yield Clip(line["file"], data, line["transcript"], duration_s)


def timed(transcribe: Callable[[bytes], str], clip: Clip) -> tuple[float, float, str]:
    started_s, cpu_started_s = perf_counter(), process_time()
    text = transcribe(clip.data)
    return perf_counter() - started_s, process_time() - cpu_started_s, text


def measure(clip: Clip, sides: Sequence[Callable[[bytes], str]], rounds: int, first: int) -> list[Side]:
    times: list[list[tuple[float, float, str]]] = [[], []]
    for turn in range(rounds):
        for side in (0, 1) if (first + turn) % 2 == 0 else (1, 0):
            times[side].append(timed(sides[side], clip))
    return [
        Side(
            wall_s=statistics.median(wall for wall, _, _ in runs),
            cpu_s=statistics.median(cpu for _, cpu, _ in runs),
            text=runs[0][2],
            errors=word_errors(clip.reference, runs[0][2]),
        )
        for runs in times
    ]


def summarise(rows: Sequence[Row]) -> dict[str, object]:
    def median(values: Iterator[float]) -> float:
        return statistics.median(values)

    before, after = median(r.before.wall_s for r in rows), median(r.after.wall_s for r in rows)
    cpu_before, cpu_after = median(r.before.cpu_s for r in rows), median(r.after.cpu_s for r in rows)
    difference = paired_difference([r.before.errors for r in rows], [r.after.errors for r in rows])
    return {
        "clips": len(rows),
        "before_median_s": before,
        "after_median_s": after,
        "speedup_ratio": before / after,
        "cpu_speedup_ratio": cpu_before / cpu_after,
        "before_wer": pooled_rate([r.before.errors for r in rows]),
        "after_wer": pooled_rate([r.after.errors for r in rows]),
        "wer_difference": asdict(difference),
    }


def together(transcribe: Callable[[bytes], str], clips: Sequence[Clip]) -> float:
    """Seconds until clips that arrive at the same moment are all transcribed."""
    with ThreadPoolExecutor(len(clips)) as pool:
        started_s = perf_counter()
        list(pool.map(transcribe, [clip.data for clip in clips]))
        return perf_counter() - started_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=1, help="timed turns of each side per clip")
    parser.add_argument("--together", type=int, default=4, help="short clips that arrive at once; 0 leaves it out")
    parser.add_argument("--json", type=Path, help="also write every clip's numbers to this file")
    options = parser.parse_args()

    document = DocumentTranscriber()
    engine = Engine(find_models())
    engine.warm_up()

    def before(data: bytes) -> str:
        return document.transcribe(data).text

    def after(data: bytes) -> str:
        return engine.transcribe(decode(data, max_duration_s=3600)).text

    clips = sorted(load_clips(options.folder), key=lambda clip: clip.name)
    before(clips[0].data)
    rows = [Row(clip, *measure(clip, (before, after), options.rounds, first=index)) for index, clip in enumerate(clips)]
    results: dict[str, object] = {}
    for low_s, high_s in CLASSES_S:
        if chosen := [row for row in rows if low_s <= row.clip.duration_s < high_s]:
            results[f"{low_s:.0f} to {high_s:.0f} s"] = summarise(chosen)
    results["all"] = summarise(rows)
    short = [clip for clip in clips if 4 <= clip.duration_s <= 8][: options.together]
    if short:
        pairs = [(together(before, short), together(after, short)) for _ in range(max(3, options.rounds))]
        before_s, after_s = (statistics.median(side) for side in zip(*pairs, strict=True))
        results[f"{len(short)} at once"] = {
            "before_s": before_s,
            "after_s": after_s,
            "speedup_ratio": before_s / after_s,
        }
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
