"""Asking the service whether it is well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from cabanas.bootstrap import Service, open_service
from cabanas.services.health import Health
from cabanas.stages import stage
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.workloads.base import Need, PureWorkload, Reply, Via, Workload, WorkloadContext, WorkloadSpec
from cabanas_perf.workloads.http import HttpSender, open_http_sender


class DirectHealth:
    def __init__(self, service: Service) -> None:
        self._service = service

    def draw(self, count: int) -> Sequence[None]:
        return [None] * count

    async def send(self, _: None) -> Reply:
        with stage("health_checks"):
            report = await self._service.check_health()
        return Reply(Outcome.OK) if report.status is Health.OK else Reply(Outcome.ERROR, report.status)


class HttpHealth:
    def __init__(self, sender: HttpSender) -> None:
        self._sender = sender

    def draw(self, count: int) -> Sequence[None]:
        return [None] * count

    async def send(self, _: None) -> Reply:
        answer = await self._sender.get("/api/v1/healthz")
        return answer.to_reply(ok=200)


@asynccontextmanager
async def _open(context: WorkloadContext) -> AsyncIterator[Workload | PureWorkload]:
    if context.via is Via.DIRECT:
        async with open_service(context.settings) as service:
            yield DirectHealth(service)
    else:
        async with open_http_sender(context) as sender:
            yield HttpHealth(sender)


SPEC = WorkloadSpec(
    name="health",
    title="Health check",
    open=_open,
    default_requests=300,
    needs=frozenset({Need.POSTGRES, Need.REDIS}),
)
