"""What a workload is: a stream of inputs, and a way to send one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, Protocol, runtime_checkable

from cabanas.settings import Settings
from cabanas.stages import StageSpan
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stages import Estimate, Trace
from cabanas_perf.slo.verdict import RatioEstimate


class Via(StrEnum):
    """How a core is driven: called in this process, or over HTTP as a client would."""

    DIRECT = "direct"
    HTTP = "http"


class Need(Enum):
    """A server that must be there before the workload can run."""

    POSTGRES = "postgres"
    REDIS = "redis"


@dataclass(frozen=True, slots=True)
class Reply:
    """How one request ended."""

    outcome: Outcome
    kind: str = ""
    reference: str | None = None
    """What the audit looks for: the code of the reservation that was acknowledged."""
    trace: Trace | None = None
    """The request's stages and calls as the server told them; None: as recorded around `send`."""
    acknowledged_ns: int | None = None
    """Until the request was acknowledged, where the answer comes later (webhooks)."""
    latency_ns: int | None = None
    """Until the answer, where that is not when `send` returned; None: as timed around `send`."""


@dataclass(frozen=True, slots=True)
class WorkloadContext:
    """What a workload is opened with."""

    via: Via
    seed: int
    total_requests: int
    """How many inputs will be drawn in all, warm-up and profiled pass included."""
    run_id: str
    settings: Settings
    base_url: str | None = None
    """Where the service answers, for `Via.HTTP`."""
    api_token: str | None = None
    timeout_s: float = 10.0
    distinct: bool = False
    """True: no input is repeated; False: inputs repeat as they do in life."""


class Workload(Protocol):
    """An open workload. Inputs come from one seeded stream and are never drawn twice."""

    def draw(self, count: int) -> Sequence[Any]:
        """The next ``count`` inputs, made before the clock starts."""
        ...

    async def send(self, request: Any) -> Reply:
        """Send one request and say how it ended. An exception that escapes is a defect of the workload."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """What a workload has to tell of a pass beside the replies."""

    wer: RatioEstimate | None = None
    start_up: Sequence[StageSpan] = ()
    """Stages that came before any request, such as loading models."""
    notes: Sequence[str] = ()


@runtime_checkable
class AccountingWorkload(Protocol):
    """A workload that learns more from its requests than how they ended."""

    def account(self, requests: Sequence[Any]) -> Account:
        """What was learnt from these requests, all of which were drawn here, and most of them sent."""
        ...


class CannotRun(Exception):
    """The workload cannot be opened against this target; the text says what is missing."""


class PureWorkload(Protocol):
    """A workload without waiting: timed in a plain loop, where even an ``await`` would show."""

    def draw(self, count: int) -> Sequence[Any]: ...

    def call(self, request: Any) -> Reply: ...


@runtime_checkable
class AnsweringWorkload(Protocol):
    """A pure workload whose answers can be looked at, so that two versions of a core can be told apart by them."""

    def draw(self, count: int) -> Sequence[Any]: ...

    def answer(self, request: Any) -> Any:
        """What `PureWorkload.call` does, with the core's answer."""
        ...

    def describe(self, answer: Any) -> Mapping[str, object]:
        """The answer by field, comparable between versions of the core."""
        ...


@dataclass(frozen=True, slots=True)
class WorkloadSpec:
    """A workload by name, before it is opened. Other packages add theirs in the group ``cabanas_perf.workloads``."""

    name: str
    title: str
    open: OpenWorkload
    default_requests: int
    needs: frozenset[Need] = frozenset()
    vias: tuple[Via, ...] = (Via.DIRECT, Via.HTTP)
    writes: bool = False
    """True when requests leave rows in the database."""
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    """The design document's estimate for each stage, in milliseconds."""
    default_concurrency: int = 1
    """Requests under way at once; above 1 where a request mostly waits for others."""
    costly: bool = False
    """True when a request takes seconds. A count that is given for several targets at once never raises this one's
    above its default, and the profiled pass is a short one.
    """
    works_elsewhere: bool = False
    """True when direct calls are worked on by processes of their own, whose CPU time is not seen here."""
    why_unavailable: Callable[[], str | None] = lambda: None
    """Why this installation cannot run it, and what to install; None where it can."""


class OpenWorkload(Protocol):
    def __call__(self, context: WorkloadContext) -> AbstractAsyncContextManager[Workload | PureWorkload]: ...
