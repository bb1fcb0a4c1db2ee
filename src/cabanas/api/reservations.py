"""Routes of reservations and accommodations."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from cabanas.api.bodies import (
    AccommodationList,
    AvailabilityBody,
    HeldStayBody,
    ReservationBody,
    ReservationPage,
    WishBody,
    accommodation_json,
    availability_json,
    held_stay_json,
    reservation_json,
)
from cabanas.api.dependencies import (
    IdempotencyKeyHeader,
    ServiceDep,
    has_token,
    json_response,
    need_token,
    parse_idempotency_key,
)
from cabanas.api.problems import document_problems
from cabanas.bootstrap import Service
from cabanas.domain.errors import FieldProblem, InvalidRequest
from cabanas.domain.reservation import MAX_ID, Status
from cabanas.domain.stay import Stay
from cabanas.services.browse import MAX_PAGE_ROWS, Cursor
from cabanas.stages import stage

router = APIRouter(prefix="/api/v1")

Code = Annotated[str, Path(pattern=r"^RES[0-9A-Z]{1,32}$", examples=["RES251014A1B2C3D4"])]
TokenGiven = Annotated[bool, Depends(has_token)]


@router.post(
    "/reservations/prereserve",
    status_code=201,
    response_model=HeldStayBody,
    responses=document_problems(400, 404, 409, 422, 503),
    tags=["reservations"],
)
async def prereserve(body: WishBody, request: Request, idempotency_key: IdempotencyKeyHeader = None) -> Response:
    """Hold a stay until its deposit is paid or the hold ends."""
    service: Service = request.state.service
    held = await service.hold_stay(body.to_wish(), idempotency_key=parse_idempotency_key(idempotency_key))
    with stage("format_response"):
        return json_response(held_stay_json(held), 201)


@router.get(
    "/reservations",
    response_model=ReservationPage,
    responses=document_problems(401, 422, 503),
    tags=["reservations"],
)
async def list_reservations(
    service: ServiceDep,
    token_given: TokenGiven,
    status: Status = Status.CONFIRMED,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_ROWS)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Reservations of one status, latest check-in first, page by page."""
    after = Cursor.decode(cursor) if cursor else None
    with stage("list_query"):
        page = await service.browse.reservations(status, limit=limit, cursor=after)
    with stage("format_response"):
        items = [reservation_json(row, personal=token_given) for row in page.items]
        return json_response({"items": items, "next_cursor": page.next_cursor})


@router.get(
    "/reservations/{code}",
    response_model=ReservationBody,
    responses=document_problems(401, 404, 422, 503),
    tags=["reservations"],
)
async def read_reservation(code: Code, service: ServiceDep, token_given: TokenGiven) -> Response:
    """One reservation; with the API token also whom to reach."""
    return json_response(reservation_json(await service.browse.reservation(code), personal=token_given))


@router.post(
    "/reservations/{code}/confirm",
    response_model=ReservationBody,
    responses=document_problems(401, 404, 409, 422, 503),
    dependencies=[Depends(need_token)],
    tags=["reservations"],
)
async def confirm_reservation(code: Code, service: ServiceDep) -> Response:
    """Turn a hold that has not ended into a reservation."""
    return json_response(reservation_json(await service.settle.confirm(code), personal=True))


@router.post(
    "/reservations/{code}/cancel",
    response_model=ReservationBody,
    responses=document_problems(401, 404, 409, 422, 503),
    dependencies=[Depends(need_token)],
    tags=["reservations"],
)
async def cancel_reservation(code: Code, service: ServiceDep) -> Response:
    """Cancel a hold or a reservation; its nights are free at once."""
    return json_response(reservation_json(await service.settle.cancel(code), personal=True))


@router.get(
    "/accommodations",
    response_model=AccommodationList,
    responses=document_problems(503),
    tags=["accommodations"],
)
async def list_accommodations(service: ServiceDep) -> Response:
    """Every accommodation that can be booked."""
    with stage("list_query"):
        rows = await service.browse.accommodations()
    with stage("format_response"):
        return json_response({"items": [accommodation_json(row) for row in rows]})


@router.get(
    "/accommodations/{accommodation_id}/availability",
    response_model=AvailabilityBody,
    responses=document_problems(404, 422, 503),
    tags=["accommodations"],
)
async def read_availability(
    accommodation_id: Annotated[int, Path(ge=1, le=MAX_ID)],
    check_in: date,
    check_out: date,
    service: ServiceDep,
) -> Response:
    """Whether every night from check-in up to check-out is free, and which are taken."""
    max_nights = service.settings.max_days_ahead
    if not 1 <= (check_out - check_in).days <= max_nights:
        message = f"must be 1 to {max_nights} days after check_in"
        raise InvalidRequest(FieldProblem("check_out", message))
    with stage("availability_query"):
        found = await service.browse.availability(accommodation_id, Stay(check_in, check_out))
    with stage("format_response"):
        return json_response(availability_json(found, check_in, check_out))
