"""What requests did to memory: the peak of one, and the growth over many."""

from __future__ import annotations

from cabanas_perf.renderers.html.layout import Column, build_card, build_facts, build_table, draw_badge
from cabanas_perf.renderers.html.markup import Html
from cabanas_perf.renderers.numbers import format_significant
from cabanas_perf.report.record import Memory, MemoryGrowth

_KIBIBYTE = 1 << 10
_SOURCES = {"traced": "Python objects", "resident": "the whole process"}


def build_memory(name: str, memory: Memory) -> Html:
    """A card with the peaks of requests, whether memory grows, and the lines whose memory grew most."""
    facts = build_facts([
        ("peak of a request, median", _kibibytes(memory.peak_bytes_p50)),
        ("highest peak", _kibibytes(memory.peak_bytes_max)),
        ("requests", f"{memory.requests:,}"),
    ])  # fmt: skip
    growth = build_table(
        f"Growth of memory by requests of {name}",
        (Column("Of", "text"), Column("bytes a request"), Column("90 % interval"), Column("outcome", "text")),
        (_build_growth(each) for each in memory.growth),
    )
    top = build_table(
        f"Lines whose memory grew with requests of {name}",
        (Column("Line", "text"), Column("bytes a request")),
        ((f"{each.file}:{each.line}", format_significant(each.bytes_per_request)) for each in memory.top),
    )
    return build_card(name, facts, growth if memory.growth else None, top if memory.top else None, note="memory")


def _build_growth(growth: MemoryGrowth) -> tuple[str, str, str, Html]:
    bounds = " to ".join("?" if bound is None else format_significant(bound) for bound in (growth.low, growth.high))
    outcome = draw_badge("✗ grows", "bad") if growth.grows else draw_badge("✓ steady", "good")
    return _SOURCES[growth.source], format_significant(growth.bytes_per_request), bounds, outcome


def _kibibytes(value_bytes: int) -> str:
    return f"{format_significant(value_bytes / _KIBIBYTE)} KiB"
