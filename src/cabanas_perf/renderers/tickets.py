"""One Markdown ticket for each optimisation of a ledger, the one that is worth most first."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.renderers.numbers import format_claim, format_ms, format_saving
from cabanas_perf.renderers.wording import describe_worth
from cabanas_perf.report.ledger import by_worth
from cabanas_perf.report.record import Optimization, Report

_ADVICE = {
    "confirmed": "Do it: it saves what was claimed.",
    "above claim": "Do it: it saves more than was claimed.",
    "below claim": "Not for the reason given: it saves less than was claimed.",
    "changes the answer": "Not as a speed-up: decide first which answer is wanted.",
    "not measurable here": "Measure first: nothing is known yet.",
}


def render_tickets(report: Report) -> Iterator[tuple[str, str]]:
    """A name to file it under, as ``01-O5``, and the ticket's text, for each optimisation."""
    for place, row in enumerate(by_worth(report.optimizations), 1):
        yield f"{place:02}-{row.id}", "\n".join(_render(row, place, report)) + "\n"


def _render(row: Optimization, place: int, report: Report) -> Iterator[str]:
    yield f"# {row.id}: {row.title}"
    yield ""
    yield f"- Priority: {place} of {len(report.optimizations)}, by what an hour saves: {describe_worth(row)}"
    if row.effort_h is not None:
        yield f"- Effort: {row.effort_h:g} h ({row.horizon})"
    yield f"- Claimed: {format_claim(row.claimed_low_ratio, row.claimed_high_ratio)} ({row.claim})"
    measured = format_saving(row.saving_ratio, row.saving_low_ratio, row.saving_high_ratio)
    at = f", at {row.conditions}, {row.pairs} pairs" if row.conditions else ""
    yield f"- Measured: {measured}{at}"
    yield f"- Verdict: {row.verdict}: {row.reason}"
    yield ""
    yield _ADVICE[row.verdict]
    if row.points:
        yield from ("", "## Measured", "", f"Times of one {row.unit}; savings with their 95 % intervals.", "")
        yield "| condition | before ms | after ms | saved | same answers |"
        yield "| --- | ---: | ---: | ---: | --- |"
        for point in row.points:
            saved = format_saving(point.saving_ratio, point.saving_low_ratio, point.saving_high_ratio)
            same = "yes" if point.outputs_equal else "no"
            yield (
                f"| {point.condition} | {format_ms(point.before_ms)} | {format_ms(point.after_ms)} | {saved} | {same} |"
            )
    yield from (f"\n{note[0].upper()}{note[1:]}." for note in row.notes)
    yield from ("", "## What the document says", "")
    for claim in row.claims:
        yield f"- {claim.section}: {claim.statement}"
    if row.contradiction:
        yield f"\nAgainst itself: {row.contradiction}"
    yield from ("", f"Measured by `{report.run.command}`, {report.run.started_at:%Y-%m-%d}, run {report.run.id}.")
