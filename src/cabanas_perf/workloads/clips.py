"""The sample voice notes that ship with the toolkit; their folder's README.md names source and licence."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cabanas_perf

CLIPS_FOLDER = Path(cabanas_perf.__file__).with_name("_clips")


@dataclass(frozen=True, slots=True)
class Clip:
    """A voice note, how long it is, and what is said in it."""

    name: str
    data: bytes
    duration_s: float
    reference: str


def load_clips(folder: Path = CLIPS_FOLDER) -> tuple[Clip, ...]:
    """The clips of a folder by name, as its ``transcripts.tsv`` lists them (file, seconds, transcript)."""
    with (folder / "transcripts.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    clips = [
        Clip(row["file"], (folder / row["file"]).read_bytes(), float(row["seconds"]), row["transcript"]) for row in rows
    ]
    return tuple(sorted(clips, key=lambda clip: clip.name))
