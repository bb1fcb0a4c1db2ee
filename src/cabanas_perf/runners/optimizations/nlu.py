"""O1, O2 and O3: the message reading, one switch at a time. It computes and never waits, so the CPU clock tells."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from cabanas_perf.report.record import SavingPoint
from cabanas_perf.runners.optimizations.bench import Bench, Condition, Measured
from cabanas_perf.runners.pairs import Timer, Variant
from cabanas_perf.runners.run import derive_seed
from cabanas_perf.workloads.before.nlu import BEFORE, O2, BeforeAnalysis, BeforeNlu, Switches
from cabanas_perf.workloads.messages import DEFAULT_REPEAT_SHARE, REFERENCE_DATE, message_stream

_STREAM_MESSAGES = 10**6
"""More than any run draws; they are made as they are drawn."""
_HOT_TEXTS = 24
_HIT_RATES = (0.0, 0.5, 0.7, 0.9, 1.0)
_READ_TWICE = 40
"""Messages that are read whole on both sides, only to compare what is read."""
_NAMED = Switches(named_language=True)
_COMPILED = Switches(compiled_patterns=True)


@dataclass(frozen=True, slots=True)
class _Work:
    """A piece of the reading: how many messages fill a turn, and how many pairs its cost leaves time for."""

    name: str
    messages: int
    pairs: int


WHOLE = _Work("a whole message, as the document has it", messages=3, pairs=10)
"""About 30 ms each, while dateparser guesses the language."""
NAMED = _Work("a whole message, its language named", messages=20, pairs=20)
INTENT = _Work("its intent alone", messages=400, pairs=20)


class Texts:
    """Guests' messages, none of which comes twice."""

    def __init__(self, seed: int) -> None:
        self._texts = (message.text for message in message_stream(seed, _STREAM_MESSAGES, distinct=True))

    def take(self, count: int) -> list[str]:
        return list(islice(self._texts, count))


def read_with(switches: Switches) -> Variant:
    """Whole messages, by a reading with a cache of its own."""
    return _reading(BeforeNlu(switches))


def _reading(nlu: BeforeNlu) -> Variant:
    def read(text: str) -> BeforeAnalysis:
        return nlu.analyze(text, reference_date=REFERENCE_DATE)

    return Variant("whole messages", read)


def classify_with(switches: Switches) -> Variant:
    """The intent alone."""
    nlu = BeforeNlu(switches)
    return Variant("intents", lambda text: nlu.classify(text.lower()))


def classify_first_with(switches: Switches) -> Variant:
    """The intent alone, without what `re` remembers of earlier patterns."""
    nlu = BeforeNlu(switches)

    def classify(text: str) -> str:
        re.purge()
        return nlu.classify(text.lower())

    return Variant("first intents", classify)


async def measure_compiled_patterns(bench: Bench) -> Measured:
    """O1. The claim is about the whole reading, of which finding the intent is a small part."""
    texts = Texts(derive_seed(bench.seed, "O1"))
    first = _Work(f"{INTENT.name}, the first of a process", messages=3, pairs=INTENT.pairs)
    points = [
        *await _compare_readings(bench, texts, lambda switches: replace(switches, compiled_patterns=True)),
        await _compare(bench, first, texts, classify_first_with(BEFORE), classify_first_with(_COMPILED)),
    ]
    return Measured(tuple(points), WHOLE.name, notes=("re keeps compiled patterns itself: O1 spares the look-up",))


async def measure_early_exit(bench: Bench) -> Measured:
    """O3. It answers with the first intent found where the loop answered with the last one."""
    texts = Texts(derive_seed(bench.seed, "O3"))
    points = await _compare_readings(bench, texts, lambda switches: replace(switches, early_exit=True))
    sample = texts.take(INTENT.messages)
    different = _count_different(classify_with(BEFORE), classify_with(replace(BEFORE, early_exit=True)), sample)
    note = f"{different} of {len(sample)} messages are given another intent than before"
    return Measured(tuple(points), WHOLE.name, notes=(note,))


def _count_different(before: Variant, after: Variant, texts: Sequence[str]) -> int:
    return sum(before.call(text) != after.call(text) for text in texts)


async def _compare_readings(bench: Bench, texts: Texts, apply: Callable[[Switches], Switches]) -> list[SavingPoint]:
    """With one more switch on: the whole reading, the same once the language is named, and finding the intent."""
    return [
        await _compare(bench, WHOLE, texts, read_with(BEFORE), read_with(apply(BEFORE))),
        await _compare(bench, NAMED, texts, read_with(_NAMED), read_with(apply(_NAMED))),
        await _compare(bench, INTENT, texts, classify_with(BEFORE), classify_with(apply(BEFORE))),
    ]


async def _compare(bench: Bench, work: _Work, texts: Texts, before: Variant, after: Variant) -> SavingPoint:
    return await bench.compare(
        Condition(work.name),
        before,
        after,
        draw=lambda: texts.take(work.messages),
        pairs=work.pairs,
        timer=Timer.CPU,
    )


async def measure_cached_dates(bench: Bench) -> Measured:
    """O2. What a cache saves is what share of the texts it has seen: a curve, with hits alone as the claim has it."""
    seed = derive_seed(bench.seed, "O2")
    points = [await _compare_at_hit_rate(bench, Texts(seed), rate, seed) for rate in _HIT_RATES]
    stream = (message.text for message in message_stream(seed, _STREAM_MESSAGES))
    as_written = await bench.compare(
        Condition(f"as guests write, {_percent(DEFAULT_REPEAT_SHARE)} from a few common texts"),
        read_with(_NAMED),
        read_with(O2),
        draw=lambda: list(islice(stream, NAMED.messages)),
        pairs=NAMED.pairs,
        timer=Timer.CPU,
    )
    texts = Texts(seed + 1)
    language = await bench.compare(
        Condition("the language named as well, nothing repeated"),
        read_with(BEFORE),
        read_with(O2),
        draw=lambda: texts.take(WHOLE.messages),
        pairs=WHOLE.pairs,
        timer=Timer.CPU,
    )
    sample = texts.take(_READ_TWICE)
    note = (
        f"the sketch also names the language, which saves {_percent(language.saving_ratio)} before anything repeats"
        f" and reads {_count_different(read_with(BEFORE), read_with(O2), sample)} of {len(sample)} messages differently"
    )
    return Measured((*points, as_written, language), points[-1].condition, notes=(note,))


async def _compare_at_hit_rate(bench: Bench, texts: Texts, rate: float, seed: int) -> SavingPoint:
    hot = texts.take(_HOT_TEXTS)
    cached = BeforeNlu(O2)
    for text in hot:
        cached.analyze(text, reference_date=REFERENCE_DATE)
    rng = random.Random(seed)  # noqa: S311 - reproducible input
    hits = round(rate * NAMED.messages)

    def draw() -> Sequence[str]:
        batch = rng.choices(hot, k=hits) + texts.take(NAMED.messages - hits)
        return rng.sample(batch, k=len(batch))

    return await bench.compare(
        Condition(f"{_percent(rate)} of the messages repeated", rate),
        read_with(_NAMED),
        _reading(cached),
        draw=draw,
        pairs=NAMED.pairs,
        timer=Timer.CPU,
    )


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.0f} %"
