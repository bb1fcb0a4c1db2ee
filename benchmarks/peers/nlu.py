"""Reading a guest's message, beside libraries that find dates in Spanish text."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.nlu_speed import LONGEST, choose_messages, find_slowest, interleaved, read
from benchmarks.peers.external import find_node_package, read_node_version, worker
from benchmarks.peers.rows import (
    Absent,
    Bar,
    Compared,
    Effort,
    Row,
    Section,
    compare,
    percentile_bar,
    single_bar,
    speedup_bar,
)

from cabanas.nlu import analyze, warm_up
from cabanas_perf.measurement.clock import SystemClock
from cabanas_perf.runners.pairs import Side, Timer, Variant, VariantSide, interleave
from cabanas_perf.workloads.messages import message_stream

MESSAGES = 4000
_STREAM, _ROUNDS = 400, 7
_SEED = 2025
_INSIDE_NODE = "JavaScript, compiled as it runs, and dates alone; timed inside node"
_RULES_COST = "each rule that a message may need costs a look at it, and the grammar grew; accuracy comes first"

Message = tuple[str, date]


def run(effort: Effort) -> Section:
    warm_up()
    return Section(
        title="Reading a message",
        given=(
            f"The seeded stream of made-up messages, {MESSAGES} distinct ones; wall time a message, one process, warm. "
            "The peers find dates; ours also reads guests, nights, intents and cabins. The bars for one message are "
            f"over {_STREAM} messages of that stream and all of the tests' tables, each the median of {_ROUNDS} "
            f"rounds; the longest texts repeat one piece to {LONGEST:,} characters, and the slowest piece counts."
        ),
        rows=tuple(_rows(effort)),
    )


def _rows(effort: Effort) -> Iterator[Row]:
    spanish = _compare("dateparser", "es", _search_spanish, 40, effort.pairs)
    plain = _compare("dateparser", "no language given", _search_any, 4, min(effort.pairs, 20))
    yield from (spanish, plain)
    yield speedup_bar("reading a message, beside dateparser in Spanish", 25, spanish.ratio, cause=_RULES_COST)
    yield speedup_bar("reading a message, beside dateparser, no language given", 1000, plain.ratio, cause=_RULES_COST)
    yield from _bars()
    try:
        recognize = _make_recognizer()
    except ImportError as error:
        yield Absent("recognizers-text", f"install benchmarks/peers/requirements.txt ({error.msg})")
    else:
        yield _compare("recognizers-text-suite", "es", recognize, 8, min(effort.pairs, 20))
    chrono = find_node_package("chrono-node")
    if chrono is None:
        yield Absent("chrono-node", "needs node, and the packages of benchmarks/peers/package.json")
    else:
        with worker(["node", str(Path(__file__).with_name("chrono_worker.mjs")), str(chrono)]) as side:
            yield _pairs(
                f"chrono-node {read_node_version(chrono)}, es",
                side,
                200,
                effort.pairs,
                _INSIDE_NODE,
            )


def _bars() -> Iterator[Bar]:
    (timing,) = interleaved(choose_messages(_SEED, _STREAM), {"analyze": read}, _ROUNDS, block=100)
    for q, limit_us in ((0.5, 40), (0.95, 90)):
        what = f"reading a message, P{q * 100:.0f} over {len(timing.medians_us):,} distinct ones"
        yield percentile_bar(what, "us", limit_us, timing.medians_us, q, cause=_RULES_COST)
    texts = find_slowest()
    cause = "a rule looks at the same words again"
    slowest = max(texts)
    what = f"the slowest of {len(texts)} texts of {LONGEST:,} characters, {slowest.piece.strip()!r} repeated"
    yield single_bar(what, "ms", 2, slowest.once_us / 1000, cause=cause)
    yield single_bar("twice the text, by once", "times", 2.5, max(text.factor for text in texts), cause=cause)


def _compare(package: str, setting: str, search: Callable[[Message], object], batch: int, pairs: int) -> Compared:
    side = VariantSide(Variant(package, search), Timer.WALL, SystemClock())
    return _pairs(f"{package} {version(package)}, {setting}", side, batch, pairs)


def _pairs(peer: str, side: Side, batch: int, pairs: int, note: str = "") -> Compared:
    messages = cycle([(one.text, one.reference_date) for one in message_stream(_SEED, MESSAGES, distinct=True)])
    ours = VariantSide(Variant("analyze", _analyze), Timer.WALL, SystemClock())

    def draw() -> Sequence[Any]:
        return list(islice(messages, batch))

    with warnings.catch_warnings():
        # The libraries' own, about formats that they mean to drop.
        warnings.simplefilter("ignore")
        done = asyncio.run(interleave(side, ours, draw=draw, pairs=pairs, seed=0, equal=None))
    to_us = 1e3 * batch
    return compare(
        peer,
        "us a message",
        [ns / to_us for ns in done.head_ns],
        [ns / to_us for ns in done.base_ns],
        done.ratios,
        note,
    )


def _analyze(message: Message) -> object:
    text, day = message
    return analyze(text, reference_date=day)


def _search_spanish(message: Message) -> object:
    return _search(message, languages=["es"])


def _search_any(message: Message) -> object:
    return _search(message, languages=None)


def _search(message: Message, *, languages: list[str] | None) -> object:
    from dateparser.search import search_dates  # noqa: PLC0415 - a third of a second that only this peer pays

    text, day = message
    return search_dates(text, languages=languages, settings={"RELATIVE_BASE": datetime.combine(day, time())})


def _make_recognizer() -> Callable[[Message], object]:
    """Raises ImportError where the library, or what it needs, is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from recognizers_date_time import recognize_datetime  # noqa: PLC0415 - installed for peers only
        from recognizers_text import Culture  # noqa: PLC0415

    def recognize(message: Message) -> object:
        text, day = message
        return recognize_datetime(text, Culture.Spanish, reference=datetime.combine(day, time()))

    return recognize
