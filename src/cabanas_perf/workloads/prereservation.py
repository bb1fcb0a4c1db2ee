"""Holding one stay."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import date, timedelta

import asyncpg

from cabanas.bootstrap import Service, open_service
from cabanas.db.pool import DatabaseUnavailable
from cabanas.domain.errors import CabanasError, StayUnavailable
from cabanas.domain.reservation import StayWish
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stages import Estimate
from cabanas_perf.workloads.base import Need, PureWorkload, Reply, Via, Workload, WorkloadContext, WorkloadSpec
from cabanas_perf.workloads.http import HttpSender, open_http_sender

_FIRST_DAY_AHEAD, _LAST_DAY_AHEAD = 7, 300
_MIN_NIGHTS, _MAX_NIGHTS = 2, 5
_MAX_GUESTS = 2  # every cabin sleeps at least two


def run_marker(run_id: str) -> str:
    """The contact name by which a run's reservations are known, counted and removed."""
    return f"cabanas-perf {run_id}"


class WishStream:
    """Wishes over all cabins and the coming months, from one seeded stream."""

    def __init__(self, accommodation_ids: Sequence[int], today: date, seed: int, marker: str) -> None:
        self._ids = accommodation_ids
        self._today = today
        self._random = random.Random(seed)  # noqa: S311 - reproducible input
        self._marker = marker

    def draw(self, count: int) -> list[StayWish]:
        return [self._make() for _ in range(count)]

    def _make(self) -> StayWish:
        rng = self._random
        check_in = self._today + timedelta(days=rng.randint(_FIRST_DAY_AHEAD, _LAST_DAY_AHEAD))
        return StayWish(
            accommodation_id=rng.choice(self._ids),
            check_in=check_in,
            check_out=check_in + timedelta(days=rng.randint(_MIN_NIGHTS, _MAX_NIGHTS)),
            guests=rng.randint(1, _MAX_GUESTS),
            channel="web",
            contact_name=self._marker,
            contact_phone=f"+54911555{rng.randrange(100, 200):05d}",
        )


class DirectHold:
    """Calls the service's use case in this process."""

    def __init__(self, wishes: WishStream, service: Service) -> None:
        self._wishes = wishes
        self._service = service

    def draw(self, count: int) -> Sequence[StayWish]:
        return self._wishes.draw(count)

    async def send(self, request: StayWish) -> Reply:
        try:
            held = await self._service.hold_stay(request)
        except StayUnavailable:
            return Reply(Outcome.REFUSED, "dates_taken")
        except DatabaseUnavailable as error:
            cause = error.__cause__
            return Reply(Outcome.TIMEOUT if isinstance(cause, TimeoutError) else Outcome.ERROR, type(cause).__name__)
        except (CabanasError, asyncpg.PostgresError) as error:
            return Reply(Outcome.ERROR, type(error).__name__)
        return Reply(Outcome.OK, reference=held.code)


class HttpHold:
    """Posts wishes to the service."""

    def __init__(self, wishes: WishStream, sender: HttpSender) -> None:
        self._wishes = wishes
        self._sender = sender

    def draw(self, count: int) -> Sequence[dict[str, object]]:
        return [
            {name: str(value) if isinstance(value, date) else value for name, value in asdict(wish).items()}
            for wish in self._wishes.draw(count)
        ]

    async def send(self, request: dict[str, object]) -> Reply:
        answer = await self._sender.post("/api/v1/reservations/prereserve", request)
        code = answer.json().get("code") if answer.status == 201 else None
        return answer.to_reply(ok=201, refused=409, reference=code)


@asynccontextmanager
async def _open(context: WorkloadContext) -> AsyncIterator[Workload | PureWorkload]:
    marker = run_marker(context.run_id)
    if context.via is Via.DIRECT:
        async with open_service(context.settings) as service:
            ids = [row["id"] for row in await service.browse.accommodations()]
            yield DirectHold(WishStream(ids or [1], date.today(), context.seed, marker), service)  # noqa: DTZ011
    else:
        async with open_http_sender(context) as sender:
            answer = await sender.get("/api/v1/accommodations")
            ids = [item["id"] for item in answer.json()["items"]] if answer.status == 200 else []
            # Without cabins the wishes fail one by one, and are counted as what they are.
            yield HttpHold(WishStream(ids or [1], date.today(), context.seed, marker), sender)  # noqa: DTZ011


SPEC = WorkloadSpec(
    name="prereservation",
    title="Pre-reservation",
    open=_open,
    default_requests=300,
    needs=frozenset({Need.POSTGRES, Need.REDIS}),
    writes=True,
    estimates={
        "validate": Estimate(10, 20),
        "load_accommodation": Estimate(50, 100),
        "price": Estimate(50, 100),
        "lock_acquire": Estimate(50, 200),
        "overlap_insert": Estimate(200, 350),  # steps 5 and 6 of the document, one statement here
        "lock_release": Estimate(10, 20),
    },
)
