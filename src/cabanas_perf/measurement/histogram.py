"""An HdrHistogram of latencies: small, mergeable without loss, right within 0.05 %.

The buckets and the V2 wire format are those of http://hdrhistogram.org/; the statistics over them are ours,
because the library rounds percentile ranks in its own way.
"""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Iterable, Iterator

from hdrh.codec import HdrCookieException, HdrLengthException
from hdrh.histogram import HdrHistogram

from cabanas_perf.measurement.distribution import Distribution
from cabanas_perf.measurement.percentiles import value_at_rank

SIGNIFICANT_DIGITS = 3
LOWEST_NS = 1
HIGHEST_NS = 3_600 * 1_000_000_000


class LatencyHistogram:
    """Counts of latencies from 0 to one hour, in nanoseconds, each bucket at most 0.1 % wide.

    A bucket answers with its middle, so no value is off by more than half of that.
    """

    __slots__ = ("_histogram",)

    def __init__(self) -> None:
        self._histogram = HdrHistogram(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)

    @classmethod
    def of(cls, values_ns: Iterable[int]) -> LatencyHistogram:
        histogram = cls()
        for value_ns in values_ns:
            histogram.record(value_ns)
        return histogram

    @classmethod
    def of_distribution(cls, distribution: Distribution) -> LatencyHistogram:
        histogram = cls()
        for value_ns, times in distribution.counts():
            histogram.record(value_ns, times)
        return histogram

    @property
    def count(self) -> int:
        return int(self._histogram.get_total_count())

    def record(self, latency_ns: int, times: int = 1) -> None:
        """Count a latency. Raises ValueError outside 0 to one hour, rather than counting another value."""
        if not 0 <= latency_ns <= HIGHEST_NS:
            raise ValueError(f"a latency lies between 0 and {HIGHEST_NS} ns, not at {latency_ns} ns")
        self._histogram.record_value(latency_ns, times)

    def merge(self, other: LatencyHistogram) -> None:
        """Add the counts of the other; nothing is lost, because all have the same buckets."""
        if other.count:
            self._histogram.add(other._histogram)

    def counts(self) -> Iterator[tuple[int, int]]:
        for index, times in enumerate(self._histogram.counts[:]):
            if times:
                yield self._middle_ns(index), times

    def _middle_ns(self, index: int) -> int:
        lowest = int(self._histogram.get_value_from_index(index))
        highest = int(self._histogram.get_highest_equivalent_value(lowest))
        return (lowest + highest) // 2

    def at_rank(self, rank: int) -> int:
        if rank < 1:
            raise ValueError(f"ranks begin at 1, not at {rank}")
        return value_at_rank(self.counts(), rank)

    def encode(self) -> str:
        """Base64 of the compressed V2 format, as other HdrHistogram tools read it."""
        encoded: bytes = self._histogram.encode()
        return encoded.decode("ascii")

    @classmethod
    def decode(cls, encoded: str) -> LatencyHistogram:
        """Histogram that `encode` wrote. Raises ValueError for anything else."""
        try:
            decoded = HdrHistogram.decode(encoded)
        except (
            binascii.Error,
            zlib.error,
            HdrCookieException,
            HdrLengthException,
            ValueError,
            TypeError,
        ) as error:
            raise ValueError(f"not an HdrHistogram in the V2 format: {error or type(error).__name__}") from error
        geometry = (
            decoded.lowest_trackable_value,
            decoded.highest_trackable_value,
            decoded.significant_figures,
        )
        if geometry != (LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS):
            raise ValueError(
                f"a histogram from {geometry[0]} to {geometry[1]} with {geometry[2]} digits; "
                f"expected nanoseconds from {LOWEST_NS} to {HIGHEST_NS} with {SIGNIFICANT_DIGITS}"
            )
        histogram = cls()
        histogram._histogram = decoded
        return histogram
