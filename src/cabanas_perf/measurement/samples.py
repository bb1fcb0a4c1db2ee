"""What one request left behind, and a compact store for many of them."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from cabanas_perf.measurement.units import ns_to_s


class Outcome(Enum):
    """How a request ended. Only OK and REFUSED are answers; the other two are failures."""

    OK = "ok"
    REFUSED = "refused"
    """An expected refusal, such as dates that are taken. Has a latency of its own."""
    ERROR = "error"
    TIMEOUT = "timeout"


FAILURES = frozenset({Outcome.ERROR, Outcome.TIMEOUT})

_OUTCOMES = tuple(Outcome)
_OUTCOME_INDEX = {outcome: index for index, outcome in enumerate(_OUTCOMES)}
_KIND_MAX_LENGTH = 60
_NOT_IN_A_KIND = re.compile(r"[^A-Za-z0-9_.-]+")
_LONG_NUMBER = re.compile(r"\d{5,}")


@dataclass(frozen=True, slots=True)
class Sample:
    """One request: when it began (seconds since the run began), how long it took and how it ended.

    `kind` names the refusal or the failure in one word (`dates_taken`, `http_500`, `ConnectError`).
    """

    started_s: float
    latency_ns: int
    outcome: Outcome
    kind: str = ""


def clean_kind(kind: str) -> str:
    """Kind fit for a report: one word, at most 60 characters, long numbers masked.

    Kinds often come from exceptions, whose texts may carry a guest's phone number.

    >>> clean_kind("no reply to +54 9 2944 123456")
    'no_reply_to_54_9_2944_#'
    """
    word = _NOT_IN_A_KIND.sub("_", kind).strip("_")
    return _LONG_NUMBER.sub("#", word)[:_KIND_MAX_LENGTH]


class Samples:
    """Samples in the order in which they were added, about 18 bytes each."""

    __slots__ = ("_kind_index", "_kind_of", "_kinds", "_latency_ns", "_outcome_of", "_started_s")

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self._started_s = array("d")
        self._latency_ns = array("q")
        self._outcome_of = array("B")
        self._kind_of = array("H")
        self._kinds: list[str] = []
        self._kind_index: dict[str, int] = {}
        for sample in samples:
            self.append(sample)

    def append(self, sample: Sample) -> None:
        """Add one sample; its kind is stored as `clean_kind` makes it.

        Raises ValueError when the latency is negative.
        """
        if sample.latency_ns < 0:
            raise ValueError(f"a latency cannot be negative: {sample.latency_ns} ns")
        self._started_s.append(sample.started_s)
        self._latency_ns.append(sample.latency_ns)
        self._outcome_of.append(_OUTCOME_INDEX[sample.outcome])
        self._kind_of.append(self._intern(sample.kind))

    def _intern(self, kind: str) -> int:
        index = self._kind_index.get(kind)
        if index is None:
            cleaned = clean_kind(kind)
            if cleaned not in self._kinds:
                self._kinds.append(cleaned)
            index = self._kind_index[kind] = self._kinds.index(cleaned)
        return index

    def __len__(self) -> int:
        return len(self._latency_ns)

    def __iter__(self) -> Iterator[Sample]:
        for started_s, latency_ns, outcome, kind in zip(
            self._started_s, self._latency_ns, self._outcome_of, self._kind_of, strict=True
        ):
            yield Sample(started_s, latency_ns, _OUTCOMES[outcome], self._kinds[kind])

    def latencies_ns(self, outcome: Outcome) -> array[int]:
        """Latencies of the requests that ended so, in the order of the samples."""
        wanted = _OUTCOME_INDEX[outcome]
        pairs = zip(self._outcome_of, self._latency_ns, strict=True)
        return array("q", (latency_ns for found, latency_ns in pairs if found == wanted))

    def counts(self) -> Counter[tuple[Outcome, str]]:
        """How many requests ended in each outcome and kind."""
        pairs = Counter(zip(self._outcome_of, self._kind_of, strict=True))
        return Counter({(_OUTCOMES[outcome], self._kinds[kind]): n for (outcome, kind), n in pairs.items()})

    def span_s(self) -> float:
        """Seconds from the first start to the last end; 0 without samples."""
        if not self._started_s:
            return 0.0
        ends = (
            started_s + ns_to_s(latency_ns)
            for started_s, latency_ns in zip(self._started_s, self._latency_ns, strict=True)
        )
        return max(ends) - min(self._started_s)
