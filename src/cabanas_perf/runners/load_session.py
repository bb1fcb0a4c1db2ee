"""What the parts of a load run share: its target, its view, and how one part is sent."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import uvloop

from cabanas_perf.load.client_settings import (
    MERCADOPAGO_SECRET_VARIABLE,
    PAYMENT_IDS_VARIABLE,
    VOICE_NOTES_VARIABLE,
    WHATSAPP_SECRET_VARIABLE,
)
from cabanas_perf.load.delta import Collected
from cabanas_perf.load.errors import ScenarioError
from cabanas_perf.load.guards import GuardResult, check_guards
from cabanas_perf.load.hopeless import find_hopeless
from cabanas_perf.load.progress import LoadProgress, measure_progress
from cabanas_perf.load.scenario import Scenario, check_top_up, make_plan
from cabanas_perf.load.user_files import find_user_classes, list_endpoints
from cabanas_perf.runners.databases import DATABASE_ERRORS
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.explain_database import connect
from cabanas_perf.runners.load_generator import Distribution, GeneratorRun, run_generator
from cabanas_perf.runners.load_observations import REPLIED_ENDPOINTS, Part
from cabanas_perf.runners.providers import register_payments
from cabanas_perf.runners.server_watch import ServerRecord, Watched, watch_server
from cabanas_perf.runners.statement_stats import WatchedStatements, watch_statements
from cabanas_perf.runners.stop import Stop
from cabanas_perf.runners.target import Target, TargetOptions
from cabanas_perf.runners.webhook_replies import WebhookReply, read_replies
from cabanas_perf.slo.file import SloFile
from cabanas_perf.slo.objective import ALL_WORKLOADS, MEASURED_BY, Objective, RunKind, Unit
from cabanas_perf.workloads.prereservation import run_marker

_SECRET_BY_USER_FILE = {"whatsapp": WHATSAPP_SECRET_VARIABLE, "mercadopago": MERCADOPAGO_SECRET_VARIABLE}
_REPLIES_WAIT_S = 30.0
"""Twice what the slowest reply, a voice note's, may take."""
_PAYMENTS = 100
_LOOK_EVERY_S = 1.0


class LoadView(Protocol):
    """Shows how a run gets on."""

    def say(self, message: str) -> None: ...

    def wants_progress(self) -> bool:
        """Whether it is time to show how the run gets on; to measure that is not free."""
        ...

    def show(self, progress: LoadProgress) -> None: ...


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What to load, with what, and how to judge it."""

    scenario: Scenario
    command: str
    slo: SloFile
    slo_set: str
    output: Path
    where: TargetOptions
    distribution: Distribution = field(default_factory=Distribution)
    seed: int = 0
    audit: bool = True
    audit_dsn: str | None = None
    ui_port: int | None = None
    abort: bool = True
    """End a run that cannot meet its objectives any more."""


@dataclass(frozen=True, slots=True)
class LoadSession:
    """What every part of a run shares."""

    options: LoadOptions
    target: Target
    run_id: str
    objectives: Sequence[Objective]
    """Those in scope."""
    stop: Stop
    view: LoadView
    payments: range
    """Ids of payments that the provider knows; empty when its stub is not ours."""
    voice_notes: Sequence[str] = ()
    """Media ids of recordings that the provider has."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Endpoints of the scenario that are sent nothing, and why."""

    @property
    def base_url(self) -> str:
        assert self.target.base_url is not None
        return self.target.base_url

    @property
    def marker(self) -> str:
        return run_marker(self.run_id)

    @property
    def database_url(self) -> str | None:
        return self.options.audit_dsn or self.target.backends.database_url


@dataclass(frozen=True, slots=True)
class PartOutcome:
    """What a run of the generator came to."""

    part: Part
    guards: tuple[GuardResult, ...]
    server: ServerRecord
    statements: WatchedStatements
    hopeless: Objective | None


def check_audit_dsn(audit_dsn: str | None) -> None:
    """Raise RunError, before anything is sent, when the database that is to be audited cannot be reached."""
    if audit_dsn is not None:
        uvloop.run(_reach(audit_dsn))


async def _reach(database_url: str) -> None:
    connection = await connect(database_url)
    await connection.close()


def find_endpoints(scenario: Scenario) -> tuple[str, ...]:
    """The endpoints that the scenario sends requests to. Raises RunError when its users do not exist, or do not know
    an endpoint that its top-up has a rate for.
    """
    try:
        classes = find_user_classes(scenario.user_files)
        if scenario.top_up is not None:
            check_top_up(scenario.top_up, {tag for tags in classes.values() for tag in tags})
        return list_endpoints(scenario.mix, classes)
    except ScenarioError as error:
        raise RunError(str(error), fix=error.fix) from error


def choose_scope(objectives: Sequence[Objective], endpoints: Collection[str], scenario: Scenario) -> frozenset[str]:
    """Ids of the objectives that the run declares, before it starts, to judge."""
    return frozenset(
        one.id
        for one in objectives
        if one.workload in {*endpoints, ALL_WORKLOADS}
        and one.indicator in MEASURED_BY[RunKind.LOAD]
        and one.id not in scenario.out_of_scope
    )


def payments_of(target: Target) -> range:
    """Payments for webhooks to tell about, made known to the target's stub; none at a host that is not ours."""
    return range(0) if target.stubs is None else register_payments(target.stubs, _PAYMENTS)


def client_environment(service: Mapping[str, str], scenario: Scenario) -> dict[str, str]:
    """What the generator's users need and nobody else should see.

    Raises:
        RunError: when a secret is missing; unsigned webhooks would be refused, one and all.
    """
    environment: dict[str, str] = {}
    files = {path.stem for path in scenario.user_files}
    for stem, variable in _SECRET_BY_USER_FILE.items():
        secret = service.get(variable) or os.environ.get(variable)
        if secret:
            environment[variable] = secret
        elif stem in files and any(stem in stream.user_class.lower() for stream in scenario.mix):
            raise RunError(f"webhooks of {stem} must be signed", fix=f"set {variable} to the service's secret")
    return environment


def send_part(session: LoadSession, scenario: Scenario) -> PartOutcome:
    """Run the generator once over the scenario."""
    options, target, view = session.options, session.target, session.view
    plan = make_plan(
        scenario,
        marker=session.marker,
        seed=options.seed,
        workers=options.distribution.workers,
        results=Path(os.devnull),
    )
    hopeless: Objective | None = None
    looked_at_s = 0.0

    def watch(collected: Collected) -> bool:
        nonlocal hopeless, looked_at_s
        if view.wants_progress():
            view.show(measure_progress(plan, collected, session.objectives))
        if options.abort and collected.elapsed_s - looked_at_s >= _LOOK_EVERY_S:
            looked_at_s = collected.elapsed_s
            hopeless = find_hopeless(session.objectives, plan, collected, replies=REPLIED_ENDPOINTS)
            if hopeless is not None:
                view.say(f"{hopeless.id} cannot be met any more; the run ends here")
        return not session.stop and hopeless is None

    watched = Watched(
        session.base_url,
        target.service.pid if target.service else None,
        target.backends.database_url,
        target.backends.redis_url,
    )
    database_is_ours = options.where.host is None and options.where.database_url is None
    with (
        watch_statements(session.database_url, may_create=database_is_ours) as statements,
        watch_server(watched) as server,
    ):
        run = run_generator(
            plan,
            host=session.base_url,
            environment={
                **client_environment(target.environment, scenario),
                PAYMENT_IDS_VARIABLE: f"{session.payments.start}+{len(session.payments)}" if session.payments else "",
                VOICE_NOTES_VARIABLE: ",".join(session.voice_notes),
            },
            distribution=options.distribution,
            ui_port=options.ui_port,
            on_progress=watch,
        )
    _check_ran(run)
    guards = check_guards(
        run.plan,
        run.collected,
        latencies=[one.assertion for one in session.objectives if one.assertion.unit is Unit.MS],
        ended_early=run.ended_early,
    )
    return PartOutcome(Part(run.plan, run.collected), guards, server, statements, hopeless)


def _check_ran(run: GeneratorRun) -> None:
    if not run.collected.facts and not run.ended_early:
        last_words = "\n".join(run.log_tail.splitlines()[-5:])
        raise RunError(
            f"the load generator ended with code {run.exit_code} before it sent anything:\n{last_words}",
            fix="correct the user files, or start the workers that were expected",
        )


def read_part_replies(session: LoadSession, endpoints: Collection[str]) -> Sequence[WebhookReply] | None:
    """When the run's messages were answered so far; None when the service's tables are not within reach, or not any
    more.
    """
    if session.database_url is None:
        return None
    if not REPLIED_ENDPOINTS.intersection(endpoints):
        return ()
    wait_s = 0.0 if session.stop else _REPLIES_WAIT_S
    try:
        return uvloop.run(read_replies(session.database_url, marker=session.marker.replace(" ", "."), wait_s=wait_s))
    except DATABASE_ERRORS:
        return None
