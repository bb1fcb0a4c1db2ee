"""What every rendering of a report says in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import get_args

from cabanas_perf.renderers.numbers import format_percent, format_short, format_significant
from cabanas_perf.report.ledger import saved_per_hour_ms
from cabanas_perf.report.record import (
    IndexAdvice,
    LedgerVerdict,
    Optimization,
    QueryGrowth,
    Report,
    Stage,
    VerdictRecord,
)
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.verdict import Verdict

VERDICT_SYMBOLS = {
    Verdict.MET: "✓",
    Verdict.MISSED: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_IN_SCOPE: "-",
}
PARTIAL = "The run was cut short; this report is partial and never passes."


def explain_verdict(record: VerdictRecord) -> str:
    """The reason, and the samples that would settle it where that is known."""
    if record.missing_samples is None:
        return record.reason
    plural = "" if record.missing_samples == 1 else "s"
    return f"{record.reason}; needs at least {record.missing_samples} more sample{plural}"


def summarise_verdicts(report: Report) -> str:
    """How many objectives ended how, and what was left out by hand; of a ledger, how many claims."""
    if report.optimizations and not report.verdicts:
        return summarise_ledger(report.optimizations)
    counts = [
        f"{n} {verdict.value.replace('_', ' ')}"
        for verdict in Verdict
        if (n := sum(record.verdict is verdict for record in report.verdicts))
    ]
    word = report.verdict.value.replace("_", " ")
    summary = f"{word} ({', '.join(counts) or 'no objective judged'})"
    return f"{summary}; left out by hand: {', '.join(report.run.skipped)}" if report.run.skipped else summary


def summarise_ledger(rows: Iterable[Optimization]) -> str:
    """How many optimisations got which verdict, as ``2 confirmed, 1 below claim``."""
    counts = Counter(row.verdict for row in rows)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in get_args(LedgerVerdict) if counts[verdict])


def describe_exit(report: Report) -> str:
    """The exit code and what it says."""
    informs = report.optimizations and not report.verdicts and report.exit_code is ExitCode.MET
    meaning = "a ledger informs, whatever it finds" if informs else report.exit_code.meaning
    return f"Exit code {int(report.exit_code)}: {meaning}."


def describe_estimate(stage: Stage) -> str:
    """The document's estimate in milliseconds, `-` where it has none."""
    low_ms, high_ms = stage.estimate_low_ms, stage.estimate_high_ms
    if low_ms is None or high_ms is None:
        return "-"
    return f"{low_ms:g}" if low_ms == high_ms else f"{low_ms:g} to {high_ms:g}"


def describe_advice(advice: IndexAdvice) -> str:
    """What the candidate index did to reads and to writes, and its size."""
    parts = [f"{advice.index}: {advice.verdict}"]
    if advice.latency_ratio is not None:
        parts.append(
            f"time x{format_significant(advice.latency_ratio)} "
            f"({_interval(advice.latency_low_ratio, advice.latency_high_ratio)}, {advice.pairs} pairs)"
        )
    if advice.write_ratio is not None:
        parts.append(
            f"inserts x{format_significant(advice.write_ratio)} "
            f"({_interval(advice.write_low_ratio, advice.write_high_ratio)})"
        )
    if advice.cost_ratio is not None:
        parts.append(f"planner's cost {format_percent(advice.cost_ratio)} of before")
    if advice.size_bytes is not None:
        parts.append(f"{advice.size_bytes / 1024**2:.1f} MiB")
    return ", ".join(parts)


def _interval(low: float | None, high: float | None) -> str:
    return " to ".join("?" if bound is None else format_significant(bound) for bound in (low, high))


def describe_growth(growth: QueryGrowth) -> str:
    """The blocks read at each size, of a statement that outgrows its result."""
    sizes = ", ".join(f"{format_short(point.table_rows)}: {point.blocks:,} blocks" for point in growth.points)
    return f"grows faster than its result ({sizes})"


def describe_worth(row: Optimization) -> str:
    """What an hour of the document's effort saves of one unit."""
    worth_ms = saved_per_hour_ms(row)
    if worth_ms is None:
        return row.verdict
    if not worth_ms:
        return f"nothing proven ({row.verdict})" if row.verdict != "changes the answer" else row.verdict
    return f"{format_significant(worth_ms)} ms of a {row.unit}, for each of {row.effort_h:g} h"
