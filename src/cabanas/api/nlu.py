"""The reading of messages, over HTTP. It creates nothing."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from cabanas.api.bodies import AnalysisBody, AnalyzeBody
from cabanas.api.dependencies import ServiceDep, json_response
from cabanas.api.problems import document_problems
from cabanas.nlu import analyze
from cabanas.settings import BUSINESS_TIME_ZONE
from cabanas.stages import stage

router = APIRouter(prefix="/api/v1/nlu", tags=["nlu"])

_BUSINESS_ZONE = ZoneInfo(BUSINESS_TIME_ZONE)


@router.post("/analyze", response_model=AnalysisBody, responses=document_problems(400, 422, 503))
async def analyze_message(body: AnalyzeBody, service: ServiceDep) -> Response:
    """What a guest's message asks for. Without a reference date, today where the cabins are."""
    with stage("context_query"):
        rows = await service.browse.accommodations()
    with stage("nlu"):
        analysis = analyze(
            body.text,
            reference_date=body.reference_date or datetime.now(_BUSINESS_ZONE).date(),
            accommodations=tuple(row["name"] for row in rows),
        )
    with stage("format_response"):
        return json_response(analysis)
