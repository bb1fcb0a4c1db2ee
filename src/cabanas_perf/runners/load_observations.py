"""From what the generator and the service's tables say to what can be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cabanas_perf.load.delta import Collected
from cabanas_perf.load.plan import LoadPlan
from cabanas_perf.load.tally import Cell, Phase, Tally, build_histogram
from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.samples import FAILURES, Outcome
from cabanas_perf.measurement.summary import Summary, summarise_counts
from cabanas_perf.measurement.units import NS_PER_S
from cabanas_perf.runners.webhook_replies import ENDPOINT_BY_KIND, WebhookReply
from cabanas_perf.slo.verdict import Observation

REPLIED_ENDPOINTS = frozenset(ENDPOINT_BY_KIND.values())
_NO_REPLY = (Outcome.ERROR, "no_reply")
_UNSEEN = "the service's tables say when replies were sent, and are not within reach; name them with --audit-dsn"


@dataclass(frozen=True, slots=True)
class Part:
    """One run of the generator within a load run: the scenario's own, or a top-up."""

    plan: LoadPlan
    collected: Collected

    def had_steady(self, at_s: float) -> bool:
        """Whether a moment, in seconds since 1970, lies in the steady phase."""
        started_at_s = min((facts.started_at_s for facts in self.collected.facts.values()), default=0.0)
        return self.plan.phase_of(at_s - started_at_s) is Phase.STEADY


def observe(
    parts: Sequence[Part], endpoints: Collection[str], replies: Sequence[WebhookReply] | None
) -> dict[str, Observation]:
    """What the steady phases of all parts say of each endpoint, those that nobody expected requests to included;
    replies None: not to be seen.
    """
    observations = {}
    seen = {endpoint for part in parts for endpoint in part.collected.tally.endpoints()}
    for endpoint in (*endpoints, *sorted(seen.difference(endpoints))):
        total = Tally()
        elapsed_s = 0.0
        for part in parts:
            if endpoint in part.collected.tally.endpoints():
                total.add(part.collected.tally)
                elapsed_s += part.plan.steady_s
        cell = total.select(endpoint, Phase.STEADY)
        if not cell.outcomes:
            observations[endpoint] = Observation(missing="no request was sent")
        elif endpoint in REPLIED_ENDPOINTS:
            observations[endpoint] = _observe_replied(endpoint, cell, elapsed_s, parts, replies)
        else:
            observations[endpoint] = Observation(summarise_cell(endpoint, cell, elapsed_s))
    return observations


def summarise_cell(endpoint: str, cell: Cell, elapsed_s: float) -> Summary:
    return summarise_counts(
        endpoint,
        cell.outcomes,
        latency=build_histogram(cell.response),
        refused_latency=build_histogram(cell.refused),
        elapsed_s=elapsed_s,
    )


def _observe_replied(
    endpoint: str, cell: Cell, elapsed_s: float, parts: Sequence[Part], replies: Sequence[WebhookReply] | None
) -> Observation:
    steady = [
        reply
        for reply in replies or ()
        if reply.endpoint == endpoint and any(part.had_steady(reply.received_at_s) for part in parts)
    ]
    answered = LatencyHistogram.of(round(reply.reply_s * NS_PER_S) for reply in steady if reply.reply_s is not None)
    outcomes = Counter(cell.outcomes)
    unanswered = len(steady) - answered.count
    if unanswered:
        # An acknowledged message that nobody answers is a failure for the guest who wrote it.
        outcomes[Outcome.OK, ""] -= unanswered
        outcomes[_NO_REPLY] += unanswered
    summary = summarise_counts(
        endpoint, +outcomes, latency=answered, ack_latency=build_histogram(cell.response), elapsed_s=elapsed_s
    )
    return Observation(summary, missing="" if replies is not None else _UNSEEN)


def count_failures(cell: Cell) -> int:
    return sum(times for (outcome, _), times in cell.outcomes.items() if outcome in FAILURES)


def count_unanswered(cell: Cell) -> int:
    """Requests of which nobody knows whether the service worked on them: failures without an answer."""
    return sum(
        times for (outcome, kind), times in cell.outcomes.items() if outcome in FAILURES and not _was_answered(kind)
    )


def _was_answered(kind: str) -> bool:
    return kind.startswith("http_") or kind == "wrong_answer"
