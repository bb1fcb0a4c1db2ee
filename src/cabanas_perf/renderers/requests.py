"""Where the time of a workload's requests went, as lines of text at most 80 wide."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from cabanas_perf.renderers.numbers import format_ms, format_percent, format_significant
from cabanas_perf.report.record import (
    Attribution,
    Disagreement,
    Finding,
    Memory,
    MemoryGrowth,
    Profile,
    StatementUse,
    Waterfall,
    WaterfallSpan,
    Workload,
)

_WIDTH = 78
_BAR_WIDTH = 30
_NAME_WIDTH = 28
_SPANS = 40
_STATEMENTS = 10
_DISAGREEMENTS = 5
_KINDS = {
    "database": "database round trips",
    "redis": "Redis round trips",
    "pool_wait": "pool waits",
    "cpu": "own code (CPU)",
    "waiting": "waiting",
    "unexplained": "unexplained",
}
_KIBIBYTE = 1024


def render_requests(workload: Workload, *, in_full: bool) -> Iterator[str]:
    """Everything beside the latencies and the stages: nothing where nothing was looked at.

    ``in_full``: with one request span by span, and every statement.
    """
    if workload.attribution is not None:
        yield ""
        yield from _render_attribution(workload.name, workload.attribution)
    if workload.waterfall is not None and in_full:
        yield ""
        yield from _render_waterfall(workload.name, workload.waterfall)
    if workload.statements and in_full:
        yield ""
        yield from _render_statements(workload)
    for finding in workload.findings:
        yield ""
        yield from render_finding(workload.name, finding)
    if workload.disagreements:
        yield ""
        yield from _render_disagreements(workload)
    if workload.memory is not None:
        yield ""
        yield from _render_memory(workload.name, workload.memory)


def render_profile(name: str, profile: Profile) -> str:
    """By which profiler, and what it cost."""
    if profile.slowdown_ratio is None:
        cost = "slow-down not measured"
    else:
        took = "needed" if profile.slowdown_clock == "cpu" else "took"
        unit = " the CPU time" if profile.slowdown_clock == "cpu" else " as long"
        cost = f"where requests {took} {format_significant(profile.slowdown_ratio)} times{unit}"
    return f"{name} profiled apart with {profile.profiler}, {cost}"


def render_finding(name: str, finding: Finding) -> Iterator[str]:
    """The rule and what it found, then what to try."""
    yield from wrap(f"{name}: {finding.rule}: {finding.message}", _WIDTH, subsequent_indent="  ")
    if finding.fix:
        yield from wrap(f"try: {finding.fix}", _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _render_attribution(name: str, attribution: Attribution) -> Iterator[str]:
    mean = format_ms(attribution.ms_per_request)
    yield f"Where the time of {name} went: {mean} ms a request, mean of {attribution.requests}"
    for part in attribution.parts:
        bar = "#" * round(_BAR_WIDTH * part.share_ratio)
        calls = "" if not part.calls_per_request else f"  {format_significant(part.calls_per_request)} calls"
        yield (
            f"  {_KINDS[part.kind]:<21}{format_ms(part.ms_per_request):>7} ms {format_percent(part.share_ratio):>7}  "
            f"{bar}{calls}"
        )


def _render_waterfall(name: str, waterfall: Waterfall) -> Iterator[str]:
    yield f"One request of {name}, that of the median: {format_ms(waterfall.latency_ms)} ms"
    last_ms = max([waterfall.latency_ms, *(span.end_ms for span in waterfall.spans)]) or 1.0
    for span in waterfall.spans[:_SPANS]:
        begin = min(_BAR_WIDTH - 1, int(_BAR_WIDTH * span.start_ms / last_ms))
        length = max(1, round(_BAR_WIDTH * (span.end_ms - span.start_ms) / last_ms))
        bar = " " * begin + "=" * min(length, _BAR_WIDTH - begin)
        indent = "  " * span.depth
        label = _cut(indent + _label(span))
        yield f"  {label:<{_NAME_WIDTH}}|{bar:<{_BAR_WIDTH}}| {format_ms(span.end_ms - span.start_ms)}"
    left = len(waterfall.spans) - _SPANS
    if left > 0:
        yield f"  and {left} more"


def _label(span: WaterfallSpan) -> str:
    return f"redis {span.name}" if span.kind == "redis" else span.name


def _cut(text: str) -> str:
    return text if len(text) <= _NAME_WIDTH else f"{text[: _NAME_WIDTH - 3]}..."


def _render_statements(workload: Workload) -> Iterator[str]:
    assert workload.queries_per_request is not None
    mean = format_significant(workload.queries_per_request)
    yield f"Statements of {workload.name}: {mean} a request, at most {workload.queries_max}"
    for use in workload.statements[:_STATEMENTS]:
        yield from _describe_statement(use)
    left = len(workload.statements) - _STATEMENTS
    if left > 0:
        yield f"  and {left} more"


def _describe_statement(use: StatementUse) -> Iterator[str]:
    took = "" if use.ms_per_call is None else f", {format_ms(use.ms_per_call)} ms each"
    calls = f"{format_significant(use.calls_per_request)} a request"
    yield f"  {_cut(use.name or use.statement):<{_NAME_WIDTH}} {calls}{took}"
    if use.code_lines:
        yield f"    {use.code_lines[0]}"


def _render_disagreements(workload: Workload) -> Iterator[str]:
    yield f"Profilers of {workload.name} disagree by more than 10 points on:"
    for one in workload.disagreements[:_DISAGREEMENTS]:
        yield _describe_disagreement(one)
    yield "  at most one is right; py-spy, from outside, slows small functions least"


def _describe_disagreement(one: Disagreement) -> str:
    shares = ", ".join(f"{profiler} {format_percent(ratio)}" for profiler, ratio in one.self_ratios.items())
    return f"  {_cut(one.name)}: {shares}"


def _render_memory(name: str, memory: Memory) -> Iterator[str]:
    yield f"Memory of {name}, over {memory.requests} requests, apart from what was timed"
    yield (
        f"  a request needs {_kibibytes(memory.peak_bytes_p50)} at its worst moment (median), "
        f"at most {_kibibytes(memory.peak_bytes_max)}"
    )
    for growth in memory.growth:
        yield f"  {_describe_growth(growth)}"
    if any(growth.grows for growth in memory.growth):
        for line in memory.top:
            yield f"    {line.file}:{line.line} {format_significant(line.bytes_per_request)} bytes a request"


def _describe_growth(growth: MemoryGrowth) -> str:
    interval = (
        ""
        if growth.low is None or growth.high is None
        else f" ({format_significant(growth.low)} to {format_significant(growth.high)})"
    )
    word = "GROWS" if growth.grows else "steady"
    return f"{growth.source}: {format_significant(growth.bytes_per_request)} bytes a request{interval}, {word}"


def _kibibytes(size_bytes: int) -> str:
    return f"{format_significant(size_bytes / _KIBIBYTE)} KiB"
