"""Two versions side by side, in words."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.measurement.paired import Difference
from cabanas_perf.renderers.numbers import format_percent, format_significant, format_value
from cabanas_perf.report.record import ComparedSide, Comparison
from cabanas_perf.slo.objective import Unit

_COMMIT_SHOWN = 10


def render_comparison(comparison: Comparison) -> Iterator[str]:
    """Lines of text: the answer first, then what it rests on."""
    yield f"{comparison.workload}: {describe_difference(comparison)}"
    for label, side in (("base", comparison.base), ("head", comparison.head)):
        yield f"  {label}  {format_value(side.p50_ms, Unit.MS)} a request, {describe_side(side)}"
    clock = {"cpu": "CPU", "wall": "wall"}[comparison.clock]
    yield (
        f"  {comparison.pairs} pairs of {comparison.batch} and {comparison.batch} requests a side, "
        f"in {len(comparison.rounds)} pairs of processes, {clock} clock"
    )
    if comparison.outputs_compared:
        same = comparison.outputs_compared - comparison.outputs_different
        yield f"  answers: {same} of {comparison.outputs_compared} the same"
    if comparison.outputs_different:
        yield "  THE ANSWERS DIFFER: this is not the same work done faster or slower"
    for note in comparison.notes:
        yield f"  note: {note}"


def describe_side(side: ComparedSide) -> str:
    """Name, commit, and whether there is more than the commit."""
    commit = "" if side.commit is None else f" ({side.commit[:_COMMIT_SHOWN]}{', with changes' if side.dirty else ''})"
    return f"{side.name}{commit}"


def describe_difference(comparison: Comparison) -> str:
    """What the pairs prove, in a sentence."""
    if comparison.ratio is None or comparison.ratio_low is None or comparison.ratio_high is None:
        return "too few pairs to say anything"
    low, high = format_significant(comparison.ratio_low), format_significant(comparison.ratio_high)
    times = f"{format_significant(comparison.ratio)} times the base ({low} to {high})"
    largest = format_percent(comparison.largest_difference_ratio)
    match comparison.difference:
        case Difference.SLOWER:
            return f"slower, {times}"
        case Difference.FASTER:
            return f"faster, {times}"
        case Difference.NONE:
            return f"no difference larger than {largest}, {times}"
    more = "" if comparison.pairs_needed is None else f"; about {comparison.pairs_needed} pairs would tell"
    return f"inconclusive, {times}: differences of up to {largest} are possible{more}"
