"""The ledger: each optimisation asked for is measured and held against its claim, then the whole of them together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import uvloop

from cabanas.domain.errors import CabanasError
from cabanas_perf.report import record
from cabanas_perf.report.build import build_report
from cabanas_perf.report.files import write_report
from cabanas_perf.report.ledger import judge_claim
from cabanas_perf.runners.databases import Backends, DataSize, open_backends
from cabanas_perf.runners.environment import describe_environment
from cabanas_perf.runners.errors import TargetNotReached
from cabanas_perf.runners.optimizations.audio import measure_model_switching
from cabanas_perf.runners.optimizations.bench import Bench, Measured, Stopped
from cabanas_perf.runners.optimizations.bottlenecks import REQUESTS as STAGE_REQUESTS
from cabanas_perf.runners.optimizations.bottlenecks import measure_stages, rank_bottlenecks
from cabanas_perf.runners.optimizations.cabins import measure_eager_loading
from cabanas_perf.runners.optimizations.cumulative import claimed_only, measure_endpoint
from cabanas_perf.runners.optimizations.endpoints import (
    BEFORE,
    hold_endpoint,
    nlu_endpoint,
    open_document_steps,
    webhook_endpoint,
)
from cabanas_perf.runners.optimizations.nlu import measure_cached_dates, measure_compiled_patterns, measure_early_exit
from cabanas_perf.runners.optimizations.pools import measure_database_pool, measure_redis_pool
from cabanas_perf.runners.optimizations.pricing import measure_closed_form
from cabanas_perf.runners.optimizations.sending import measure_outbox
from cabanas_perf.runners.optimizations.stand import Stand, open_stand
from cabanas_perf.runners.progress import ProgressListener
from cabanas_perf.runners.run import Run, derive_seed
from cabanas_perf.runners.stop import Stop
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.stubs import Behaviour
from cabanas_perf.workloads.base import Need
from cabanas_perf.workloads.before.claims import ClaimedOptimization, load_claims
from cabanas_perf.workloads.before.nlu import BeforeAnalysis
from cabanas_perf.workloads.before.service import DocumentService, open_document_service
from cabanas_perf.workloads.messages import REFERENCE_DATE, message_stream

_NEED_SERVERS = frozenset({"O5", "O6", "O8", "O9"})
_MESSAGES = 10**6
"""More than any run draws; they are made as they are drawn."""
_NO_AUDIO = "voice notes are not part of this table: profile webhook-audio measures them as they are"


@dataclass(frozen=True, slots=True)
class LedgerOptions:
    """What to measure, and how."""

    ids: Sequence[str]
    """As in ``("O1", "O5")``, in the order in which they are reported."""
    command: str
    output: Path
    cumulative: bool
    """True: the document's cumulative tables and its bottlenecks as well."""
    pairs: int | None = None
    """For each condition; None: as many as each asks for."""
    seed: int = 0
    models: Path | None = None
    """A folder of Whisper models, for O7."""
    providers: Behaviour = field(default_factory=Behaviour)
    """How long WhatsApp takes."""
    database_url: str | None = None
    redis_url: str | None = None
    allow_writes: str | None = None

    @property
    def needs(self) -> frozenset[Need]:
        return frozenset(Need) if self.cumulative or not _NEED_SERVERS.isdisjoint(self.ids) else frozenset()


@dataclass(frozen=True, slots=True)
class LedgerResult:
    report: record.Report
    path: Path


@dataclass(slots=True)
class _Findings:
    """What was measured so far; a stopped run keeps it."""

    rows: list[record.Optimization] = field(default_factory=list)
    steps: list[record.CumulativeStep] = field(default_factory=list)
    bottlenecks: list[record.Bottleneck] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Session:
    """What every measurement of a run shares."""

    options: LedgerOptions
    run: Run
    stop: Stop
    progress: ProgressListener
    findings: _Findings

    def bench(self, optimization_id: str) -> Bench:
        return Bench(optimization_id, self.options.seed, self.options.pairs, self.stop, self.progress)


def run_ledger(options: LedgerOptions, *, stop: Stop, progress: ProgressListener) -> LedgerResult:
    """Measure, write the report, and answer with it. A ledger informs: it ends well whatever it finds.

    A stop ends the measurement under way; what was complete by then is reported, as a partial report.

    Raises:
        RunError: when the run cannot begin or go on: an unsafe database, servers that do not start or go away.
    """
    run = Run()
    session = _Session(options, run, stop, progress, _Findings())
    with open_backends(
        options.needs,
        database_url=options.database_url,
        redis_url=options.redis_url,
        writes=True,
        allow_writes=options.allow_writes,
        size=DataSize(seed=options.seed),
        say=progress.say,
    ) as backends:
        environment = uvloop.run(describe_environment(backends, embedded=options.database_url is None))
        try:
            uvloop.run(_measure(session, backends))
        except Stopped:
            progress.say("stopped; what was measured so far is reported")
        except CabanasError as error:
            message = f"the service stopped answering ({type(error).__name__}: {error})"
            raise TargetNotReached(message, fix="look at PostgreSQL and Redis, and run it again") from error
    report = build_report(
        run=run.describe(command=options.command, seed=options.seed, complete=not stop),
        environment=environment,
        exit_code=stop.asked_by or ExitCode.MET,
        optimizations=session.findings.rows,
        ledger=record.Ledger(cumulative=tuple(session.findings.steps), bottlenecks=tuple(session.findings.bottlenecks)),
    )
    return LedgerResult(report, write_report(report, options.output))


async def _measure(session: _Session, backends: Backends) -> None:
    options, claims = session.options, load_claims()
    async with AsyncExitStack() as stack:
        stand = None
        if options.needs:
            opening = open_stand(backends, run_id=session.run.id, seed=options.seed, providers=options.providers)
            stand = await stack.enter_async_context(opening)
        measure_by_id = _measures(session, stand)
        for optimization_id in options.ids:
            if session.stop:
                raise Stopped
            measured = await measure_by_id[optimization_id](session.bench(optimization_id))
            session.findings.rows.append(build_row(claims.optimization(optimization_id), measured))
        if options.cumulative and stand is not None:
            await _measure_together(session, stand)


def _measures(session: _Session, stand: Stand | None) -> Mapping[str, Callable[[Bench], Awaitable[Measured]]]:
    """How each optimisation is measured; those that need servers are there when there is a stand."""
    measures: dict[str, Callable[[Bench], Awaitable[Measured]]] = {
        "O1": measure_compiled_patterns,
        "O2": measure_cached_dates,
        "O3": measure_early_exit,
        "O4": measure_closed_form,
        "O7": lambda bench: measure_model_switching(bench, session.options.models),
    }
    if stand is None:
        return measures
    settings = stand.settings
    assert settings.database_url is not None
    database_url = settings.database_url
    return measures | {
        "O5": lambda bench: _measure_sending(bench, stand, session.options.providers),
        "O6": lambda bench: measure_eager_loading(bench, database_url, session.run.id),
        "O8": lambda bench: measure_redis_pool(bench, settings),
        "O9": lambda bench: measure_database_pool(bench, settings),
    }


async def _measure_sending(bench: Bench, stand: Stand, providers: Behaviour) -> Measured:
    async with (
        open_document_service(stand.settings) as inline,
        open_document_service(stand.settings, {"O5"}) as outbox,
    ):
        return await measure_outbox(bench, inline, outbox, stand.free_stays, providers)


def build_row(claimed: ClaimedOptimization, measured: Measured) -> record.Optimization:
    """The ledger's row: every claim, every point, and the verdict at the condition that the claim speaks of."""
    low, high = claimed.headline.low_ratio, claimed.headline.high_ratio
    assert low is not None
    assert high is not None
    row = record.Optimization(
        id=claimed.id,
        title=claimed.title,
        claim=claimed.headline.statement,
        claimed_low_ratio=low,
        claimed_high_ratio=high,
        verdict="not measurable here",
        reason=measured.reason,
        effort_h=claimed.effort_h,
        horizon=claimed.horizon,
        claims=tuple(
            record.Claim(
                section=one.section, statement=one.statement, low_ratio=one.low_ratio, high_ratio=one.high_ratio
            )
            for one in claimed.claims
        ),
        contradiction=claimed.contradiction,
        points=measured.points,
        unit=claimed.unit,
        notes=measured.notes,
    )
    point = next((one for one in measured.points if one.condition == measured.headline), None)
    if point is None:
        return row
    ruling = judge_claim(low, high, point)
    return row.model_copy(
        update={
            "saving_ratio": point.saving_ratio,
            "saving_low_ratio": point.saving_low_ratio,
            "saving_high_ratio": point.saving_high_ratio,
            "pairs": point.pairs,
            "conditions": point.condition,
            "verdict": ruling.verdict,
            "reason": ruling.reason,
            "outputs_equal": point.outputs_equal,
            "saved_ms": point.before_ms * point.saving_ratio,
        }
    )


async def _measure_together(session: _Session, stand: Stand) -> None:
    """The cumulative tables, endpoint by endpoint, and the stages of the document's service before any of it."""
    claims, findings, bench = load_claims(), session.findings, session.bench("cumulative")
    stream = message_stream(derive_seed(session.options.seed, "cumulative"), _MESSAGES)

    def draw_texts(count: int) -> Sequence[str]:
        return [message.text for message in islice(stream, count)]

    async with open_document_steps(stand.settings) as services:
        readings = {step: services[step].nlu for step in (BEFORE, "O1-O3")}
        for endpoint in (
            hold_endpoint(services, stand.shipped, stand.free_stays),
            webhook_endpoint(services, stand.sender, stand.guests, draw_texts),
            nlu_endpoint(readings, draw_texts),
        ):
            findings.steps += await measure_endpoint(bench, endpoint, claims)
        findings.steps += claimed_only("webhook-audio", claims, _NO_AUDIO)
        findings.bottlenecks += await _find_bottlenecks(bench, services[BEFORE], stand, draw_texts)


async def _find_bottlenecks(
    bench: Bench, service: DocumentService, stand: Stand, draw_texts: Callable[[int], Sequence[str]]
) -> list[record.Bottleneck]:
    async def read(text: str) -> BeforeAnalysis:
        return service.nlu.analyze(text, reference_date=REFERENCE_DATE)

    await stand.free_stays.free()
    wishes = stand.free_stays.take(STAGE_REQUESTS)
    deliveries = [stand.guests.write(text) for text in draw_texts(STAGE_REQUESTS)]
    measured = [
        *await measure_stages(bench, "prereservation", wishes, service.hold),
        *await measure_stages(bench, "webhook-text", deliveries, service.answer),
        *await measure_stages(bench, "nlu", draw_texts(STAGE_REQUESTS), read),
    ]
    return rank_bottlenecks(measured, load_claims(), reason=_NO_AUDIO)
