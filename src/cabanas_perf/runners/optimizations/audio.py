"""O7: short recordings by the base model, and by the tiny one that their length asks for.

Another model hears other words, so the words are compared as well as the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from cabanas.audio import AudioError, has_audio
from cabanas.audio.models import find_models
from cabanas.audio.policy import wanted_size
from cabanas_perf.measurement.wer import pooled_rate, word_errors
from cabanas_perf.runners.optimizations.bench import Bench, Condition, Measured
from cabanas_perf.runners.pairs import Timer, Variant
from cabanas_perf.workloads.clips import load_clips

_ONE_MODEL = "base"
_SHORT = wanted_size(0)
_PAIRS = 6
_CLIPS = 3


async def measure_model_switching(bench: Bench, models: Path | None) -> Measured:
    """O7, where ``models`` is a folder that has the model for short recordings beside the one for all."""
    if models is None:
        return Measured(reason=f"it needs a second Whisper model: --models DIR with folders {_ONE_MODEL} and {_SHORT}")
    if not has_audio():
        return Measured(reason="it needs the extra audio: pip install 'cabanas-perf[audio]'")
    try:
        found = find_models(models)
    except AudioError as error:
        return Measured(reason=str(error))
    if missing := {_ONE_MODEL, _SHORT} - found.keys():
        return Measured(reason=f"{models} has no model {' and '.join(sorted(missing))}")
    # Imported here: faster-whisper comes with an extra.
    from cabanas_perf.workloads.before.transcription import DocumentTranscriber  # noqa: PLC0415

    clips = sorted((clip for clip in load_clips() if wanted_size(clip.duration_s) == _SHORT), key=lambda one: one.name)
    positions = cycle(range(len(clips)))
    texts: dict[str, dict[str, str]] = {_ONE_MODEL: {}, _SHORT: {}}

    def listening(size: str) -> Variant:
        models_loaded: list[DocumentTranscriber] = []

        def load(_: Sequence[int]) -> None:
            # Anew for each turn, one side at a time: where a model happens to lie in memory makes it faster or slower
            # by a tenth for as long as it lives, the same model too.
            models_loaded[:] = [DocumentTranscriber(found[size])]

        def listen(position: int) -> str:
            text = models_loaded[0].transcribe(clips[position].data).text
            texts[size][clips[position].name] = text
            return text

        return Variant(size, listen, before=load)

    point = await bench.compare(
        Condition("recordings under 10 s"),
        listening(_ONE_MODEL),
        listening(_SHORT),
        draw=lambda: list(islice(positions, _CLIPS)),
        pairs=_PAIRS,
        timer=Timer.CPU,
        warmup_pairs=1,
    )
    rates = {
        size: pooled_rate([word_errors(clip.reference, heard[clip.name]) for clip in clips if clip.name in heard])
        for size, heard in texts.items()
    }
    note = ", ".join(f"{size} mishears {(rate or 0) * 100:.0f} % of the words" for size, rate in rates.items())
    return Measured((point,), point.condition, notes=(note,))
