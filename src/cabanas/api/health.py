"""Is the service well, and what has it done? For people, orchestrators and Prometheus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from cabanas.api.dependencies import ServiceDep, json_response
from cabanas.metrics import render_metrics
from cabanas.services.health import Check, Health, HealthReport
from cabanas.stages import stage

router = APIRouter(prefix="/api/v1", tags=["health"])
metrics_router = APIRouter(tags=["health"])


_DOWN: dict[int | str, dict[str, Any]] = {503: {"description": "It cannot book"}}


@router.get("/healthz", responses=_DOWN)
async def healthz(service: ServiceDep) -> Response:
    """The state of the service and of each part; 503 when it cannot book."""
    with stage("health_checks"):
        report = await service.check_health()
    return _health_response(report)


@router.get("/readyz", responses=_DOWN)
async def readyz(service: ServiceDep) -> Response:
    """Should traffic come here? 503 without PostgreSQL or its overlap constraint, 200 ``degraded`` without Redis."""
    return _health_response(await service.check_health())


@router.get("/livez")
async def livez() -> Response:
    """Is the process alive? Asks nobody."""
    return json_response({"status": Health.OK})


@metrics_router.get("/metrics", include_in_schema=False)
@router.get("/metrics", include_in_schema=False)
async def metrics(service: ServiceDep) -> Response:
    """Prometheus' text format."""
    return Response(render_metrics(service.database), media_type="text/plain; version=0.0.4; charset=utf-8")


def _health_response(report: HealthReport) -> Response:
    body = {
        "status": report.status,
        "checks": {"database": _check_json(report.database), "redis": _check_json(report.redis)},
    }
    return json_response(body, 503 if report.status is Health.DOWN else 200)


def _check_json(check: Check) -> dict[str, Any]:
    body: dict[str, Any] = {"status": check.status, "latency_ms": check.latency_ms}
    if check.detail is not None:
        body["detail"] = check.detail
    return body
