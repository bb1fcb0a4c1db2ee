"""How fast messages are read, beside dateparser: in turns, in one process, every message distinct.

    python benchmarks/nlu_speed.py [--rounds 7] [--messages 400]

Prints p50 and p95 of `cabanas.nlu.analyze` and of `dateparser.search.search_dates`, with Spanish given and without a
language, and their ratios with 90 % intervals; then the slowest texts of 4,096 characters built of one repeated piece,
with the factor by which twice the text takes longer. A message's time is the median of its rounds, which takes out
what other processes did to a single one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import date, datetime
from datetime import time as midnight
from functools import partial
from importlib.metadata import version
from math import ceil
from pathlib import Path
from random import Random
from typing import NamedTuple

from dateparser.search import search_dates

from cabanas.nlu import analyze, vocabulary, warm_up
from cabanas_perf.workloads.messages import REFERENCE_DATE, message_stream

TEST_TEXTS = Path(__file__).parent.parent / "tests" / "data" / "nlu" / "messages.tsv"
LONGEST = 4096
RESAMPLES = 2000
DOUBTFUL_FACTOR = 2.2
# Language-less dateparser takes tens of milliseconds a message: a part of them is enough for its ratio.
WITHOUT_LANGUAGE_MESSAGES = 60
CABINS = ("Cabaña del Lago", "Los Arrayanes", "Cabaña 1")

PIECES = (
    "1", "1 ", "1/1 ", "1-1-", "1.", "1, ", "1 y ", "1 o ", "el 1 ", "del 1 al ", "1 de enero ", "1 de enero al ",
    "el lunes 1, ", "entre 1 y ", "hasta el ", "en 1 ", "hace 3 ", "3 noches ", "finde del ", "1ra quincena ",
    "treinta y ", "somos 4 ", "para 4 ", "y 1 nene ", "mi señora y ", "con ", "no puedo ", "deposito el 1 ",
    "la reserva ", "cuanto sale ", "wifi y ", "semana ", "hola queria saber si hay lugar para el finde ", "?! ", "😀",
    "é", "e\u0301", "ñé1 ", " ", "\u00a0", "\n",
)  # fmt: skip


class Timing(NamedTuple):
    """Per message, in microseconds."""

    name: str
    medians_us: list[float]


def percentile(values: Sequence[float], q: float) -> float:
    """Nearest rank; q in 0..1."""
    return sorted(values)[max(0, ceil(q * len(values)) - 1)]


def elapsed_us(call: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - start) / 1000


def interleaved(
    messages: Sequence[tuple[str, date]], readers: dict[str, Callable[[str, date], object]], rounds: int, block: int
) -> list[Timing]:
    """The readers take turns, ``block`` messages at a time, ``rounds`` times over all of them.

    With blocks of one, each reader finds the processor's caches full of the other's work, as a service would.
    """
    times: dict[str, list[list[float]]] = {name: [[] for _ in messages] for name in readers}
    random = Random(rounds)
    order = list(readers)
    for _ in range(rounds):
        for start in range(0, len(messages), block):
            random.shuffle(order)
            for name in order:
                for index in range(start, min(start + block, len(messages))):
                    times[name][index].append(elapsed_us(partial(readers[name], *messages[index])))
    return [Timing(name, [statistics.median(row) for row in rows]) for name, rows in times.items()]


def ratio_of_means(slow: Timing, fast: Timing) -> tuple[float, float, float]:
    """How many times longer the slow one takes, with a 90 % bootstrap interval over the messages."""
    random = Random(1)
    count = len(fast.medians_us)
    ratios = []
    for _ in range(RESAMPLES):
        chosen = random.choices(range(count), k=count)
        ratios.append(sum(slow.medians_us[i] for i in chosen) / sum(fast.medians_us[i] for i in chosen))
    return (
        sum(slow.medians_us) / sum(fast.medians_us),
        percentile(ratios, 0.05),
        percentile(ratios, 0.95),
    )


def spanish_search(text: str, day: date) -> object:
    return search_dates(text, languages=["es"], settings={"RELATIVE_BASE": datetime.combine(day, midnight())})


def plain_search(text: str, day: date) -> object:
    return search_dates(text, settings={"RELATIVE_BASE": datetime.combine(day, midnight())})


def read(text: str, day: date) -> object:
    return analyze(text, reference_date=day)


def adversarial_texts() -> list[str]:
    words = [row.split()[0] + " " for group in vocabulary.GROUPS for row in group.values()]
    return [*PIECES, *words]


def best_us(*texts: str, repeats: int) -> list[float]:
    """The shortest time of each text, in turns: what else the machine does only ever makes one longer."""
    times: list[list[float]] = [[] for _ in texts]
    for _ in range(repeats):
        for row, text in zip(times, texts, strict=True):
            row.append(elapsed_us(partial(analyze, text, reference_date=REFERENCE_DATE, accommodations=CABINS)))
    return list(map(min, times))


def print_line(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")


def print_timings(timings: Sequence[Timing]) -> None:
    for timing in timings:
        p50, p95 = (percentile(timing.medians_us, q) for q in (0.5, 0.95))
        mean = statistics.fmean(timing.medians_us)
        print_line(f"{timing.name:<28}{mean:>12.1f}{p50:>12.1f}{p95:>12.1f}{max(timing.medians_us):>12.1f}")
    fast, *others = timings
    for other in others:
        ratio, low, high = ratio_of_means(other, fast)
        print_line(f"{other.name} / analyze: {ratio:,.0f}x (90 % interval {low:,.0f} to {high:,.0f})")


def choose_messages(seed: int, count: int) -> list[tuple[str, date]]:
    """So many of the stream and all of the tests' tables, none twice."""
    stream = [(m.text, m.reference_date) for m in message_stream(seed, count, distinct=True)]
    written = [line.split("\t")[0] for line in TEST_TEXTS.read_text(encoding="utf-8").splitlines() if "\t" in line]
    return list(dict.fromkeys([*stream, *((text, REFERENCE_DATE) for text in written)]))


class LongText(NamedTuple):
    """A piece repeated to `LONGEST` characters; sorts by its time."""

    once_us: float
    factor: float
    """By how much longer twice the text takes."""
    piece: str


def find_slowest() -> list[LongText]:
    """Every family of texts, the slowest first."""
    rows = []
    for piece in adversarial_texts():
        # Whole pieces alone: a word that is cut can be another word.
        once, twice = (piece * (size // len(piece)) for size in (LONGEST, 2 * LONGEST))
        single, double = best_us(once, twice, repeats=9)
        if double > DOUBTFUL_FACTOR * single:
            # The largest of hundreds of factors is the one that was disturbed, unless it stays.
            single, double = map(min, (single, double), best_us(once, twice, repeats=60))
        rows.append(LongText(single, double / single, piece))
    return sorted(rows, reverse=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--seed", type=int, default=2025)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    warm_up()
    messages = choose_messages(options.seed, options.messages)
    head = f"{'us per message':<28}{'mean':>12}{'p50':>12}{'p95':>12}{'max':>12}"

    print_line(f"Python {sys.version.split()[0]}, dateparser {version('dateparser')}")
    print_line(f"{len(messages)} distinct messages ({options.messages} of the stream, the rest of the tables)")
    print_line(head)
    readers = {"analyze": read, "search_dates(['es'])": spanish_search}
    print_timings(interleaved(messages, readers, options.rounds, block=100))
    print_line()
    print_line("the same, in turns message by message, so that each finds cold caches")
    print_line(head)
    print_timings(interleaved(messages, readers, options.rounds, block=1))
    sample = Random(options.seed).sample(messages, min(WITHOUT_LANGUAGE_MESSAGES, len(messages)))
    plain_search(*sample[0])
    print_line()
    print_line(f"{len(sample)} of them, without a language as well")
    print_line(head)
    print_timings(interleaved(sample, {"analyze": read, "search_dates()": plain_search}, 3, block=20))

    print_line()
    print_line(f"the slowest texts of {LONGEST} characters, of {len(adversarial_texts())} families")
    texts = find_slowest()
    for text in texts[:10]:
        print_line(f"{text.once_us / 1000:>8.2f} ms   t(2n)/t(n) {text.factor:.2f}   {text.piece!r}")
    print_line(f"largest t(2n)/t(n): {max(text.factor for text in texts):.2f}")


if __name__ == "__main__":
    main()
