"""Records every request of one of the generator's processes."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from cabanas_perf.load.outcomes import classify
from cabanas_perf.load.plan import LoadPlan
from cabanas_perf.load.tally import Tally
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.units import ns_to_s


class Recorder:
    """Counts requests when they are sent and when they end; what is between the two is in flight."""

    def __init__(self, plan: LoadPlan, *, now_ns: Callable[[], int] = perf_counter_ns) -> None:
        self.plan = plan
        self.started_ns = now_ns()
        self._now_ns = now_ns
        self.issued = 0
        self.finished = 0
        self._tally = Tally()
        self._codes: list[str] = []

    def issue(self, due_ns: int | None) -> dict[str, int]:
        """Context of a request that is sent now; `due_ns` is when it should have been, None for now."""
        now_ns = self._now_ns()
        self.issued += 1
        if due_ns is None or due_ns > now_ns:
            return {"due_ns": now_ns, "late_ns": 0}
        return {"due_ns": due_ns, "late_ns": now_ns - due_ns}

    def on_request(
        self,
        name: str,
        response_time: float,
        context: dict[str, Any],
        exception: BaseException | None = None,
        response: Any = None,
        **_: object,
    ) -> None:
        """Count a finished request; a listener of Locust's `request` event."""
        service_ns = round(response_time * 1e6)
        due_ns = context.get("due_ns")
        if due_ns is None:  # the client does not ask its user for a context
            due_ns = self._now_ns() - service_ns
            self.issued += 1
        self.finished += 1
        since_start_ns = due_ns - self.started_ns
        outcome, kind = classify(exception, getattr(response, "status_code", 0) or 0)
        self._tally.record(
            name,
            self.plan.phase_of(ns_to_s(since_start_ns)),
            since_start_ns,
            service_ns=service_ns,
            late_ns=context.get("late_ns", 0),
            outcome=outcome,
            kind=kind,
        )
        if outcome is Outcome.OK and (code := context.get("code")):
            self._codes.append(code)

    def take(self) -> tuple[Tally, tuple[str, ...]]:
        """What was recorded since the last call, and the codes of reservations that were acknowledged."""
        codes, self._codes = tuple(self._codes), []
        return self._tally.take(), codes
