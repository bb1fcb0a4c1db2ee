"""What the samples of one workload come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cabanas_perf.measurement.distribution import (
    Distribution,
    RawDistribution,
    mean_ns,
    percentile_ns,
    stdev_ns,
)
from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.samples import FAILURES, Outcome, Samples
from cabanas_perf.measurement.units import ns_to_ms, s_to_ms


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Latencies of requests that ended alike, in milliseconds; `distribution` keeps the values themselves."""

    distribution: Distribution
    count: int
    mean_ms: float
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    min_ms: float
    max_ms: float
    stdev_ms: float | None
    """None below two samples."""

    @classmethod
    def of(cls, distribution: Distribution) -> LatencySummary | None:
        """None without values."""
        if not distribution.count:
            return None
        deviation_ns = stdev_ns(distribution)
        return cls(
            distribution=distribution,
            count=distribution.count,
            mean_ms=ns_to_ms(mean_ns(distribution)),
            p50_ms=ns_to_ms(percentile_ns(distribution, 0.50)),
            p90_ms=ns_to_ms(percentile_ns(distribution, 0.90)),
            p95_ms=ns_to_ms(percentile_ns(distribution, 0.95)),
            p99_ms=ns_to_ms(percentile_ns(distribution, 0.99)),
            min_ms=ns_to_ms(distribution.at_rank(1)),
            max_ms=ns_to_ms(distribution.at_rank(distribution.count)),
            stdev_ms=None if deviation_ns is None else ns_to_ms(deviation_ns),
        )

    def encode_histogram(self) -> str:
        """Values as a base64 HdrHistogram."""
        return LatencyHistogram.of_distribution(self.distribution).encode()


@dataclass(frozen=True, slots=True)
class Summary:
    """One workload: how its requests ended, and how long the answered ones took.

    Failures (errors and timeouts) are in `errors` and `outcomes` and in no latency.
    """

    workload: str
    requests: int
    ok: int
    refused: int
    errors: int
    outcomes: Mapping[str, int]
    """Requests by `outcome` or `outcome/kind`, most frequent first: `ok`, `refused/dates_taken`,
    `error/http_500`."""
    latency: LatencySummary | None
    refused_latency: LatencySummary | None
    ack_latency: LatencySummary | None
    """Until the request was acknowledged, where that is not the answer (webhooks)."""
    elapsed_s: float
    throughput_rps: float | None
    """Answered requests a second, refusals included, failures not; None when no time passed."""
    cpu_ms_per_request: float | None


def summarise(
    workload: str,
    samples: Samples,
    *,
    elapsed_s: float | None = None,
    cpu_s: float | None = None,
    ack_latencies_ns: Iterable[int] = (),
) -> Summary:
    """Summarise raw samples; `elapsed_s` is from the first start to the last end unless given."""
    return summarise_counts(
        workload,
        samples.counts(),
        latency=RawDistribution(samples.latencies_ns(Outcome.OK)),
        refused_latency=RawDistribution(samples.latencies_ns(Outcome.REFUSED)),
        ack_latency=RawDistribution(ack_latencies_ns),
        elapsed_s=samples.span_s() if elapsed_s is None else elapsed_s,
        cpu_s=cpu_s,
    )


def summarise_counts(
    workload: str,
    counts: Mapping[tuple[Outcome, str], int],
    *,
    latency: Distribution,
    elapsed_s: float,
    refused_latency: Distribution | None = None,
    ack_latency: Distribution | None = None,
    cpu_s: float | None = None,
) -> Summary:
    """Summarise what was counted while the run went on: requests by outcome and kind, and their latencies."""
    by_outcome: Counter[Outcome] = Counter()
    for (outcome, _), n in counts.items():
        by_outcome[outcome] += n
    requests = by_outcome.total()
    answered = by_outcome[Outcome.OK] + by_outcome[Outcome.REFUSED]
    return Summary(
        workload=workload,
        requests=requests,
        ok=by_outcome[Outcome.OK],
        refused=by_outcome[Outcome.REFUSED],
        errors=sum(by_outcome[outcome] for outcome in FAILURES),
        outcomes=_outcomes(counts),
        latency=LatencySummary.of(latency),
        refused_latency=None if refused_latency is None else LatencySummary.of(refused_latency),
        ack_latency=None if ack_latency is None else LatencySummary.of(ack_latency),
        elapsed_s=elapsed_s,
        throughput_rps=answered / elapsed_s if elapsed_s > 0 else None,
        cpu_ms_per_request=s_to_ms(cpu_s) / requests if cpu_s is not None and requests else None,
    )


def _outcomes(counts: Mapping[tuple[Outcome, str], int]) -> dict[str, int]:
    by_name: Counter[str] = Counter()
    for (outcome, kind), n in counts.items():
        by_name[f"{outcome.value}/{kind}" if kind else outcome.value] += n
    return dict(sorted(by_name.items(), key=lambda item: (-item[1], item[0])))
