"""Running one of the statements that the service reads with, with the parameters of real requests."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, islice

from cabanas.bootstrap import open_service
from cabanas.db.pool import Database, DatabaseUnavailable
from cabanas.db.statements import load_statement
from cabanas.settings import BUSINESS_TIME_ZONE
from cabanas.stages import stage
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stages import Estimate
from cabanas_perf.workloads.base import Need, PureWorkload, Reply, Via, Workload, WorkloadContext, WorkloadSpec

_DAYS_AHEAD = 200
_NIGHTS = 3
_PAGE_ROWS = 50
_GUESTS = 2


@dataclass(frozen=True, slots=True)
class Question:
    """A statement by its name, and what it is asked with."""

    statement: str
    arguments: tuple[object, ...]


class StatementStream:
    """The reading statements in turn, each with parameters from one seeded stream."""

    def __init__(self, accommodation_ids: Sequence[int], today: date, seed: int) -> None:
        self._ids = accommodation_ids
        self._today = today
        self._random = random.Random(seed)  # noqa: S311 - reproducible input
        self._statements = cycle(
            ("check_overlap", "list_reservations", "read_availability", "list_available", "load_accommodation")
        )

    def draw(self, count: int) -> list[Question]:
        return [Question(name, self._make_arguments(name)) for name in islice(self._statements, count)]

    def _make_arguments(self, name: str) -> tuple[object, ...]:
        check_in = self._today + timedelta(days=self._random.randrange(_DAYS_AHEAD))
        check_out = check_in + timedelta(days=_NIGHTS)
        accommodation_id = self._random.choice(self._ids)
        if name == "list_reservations":
            return ("confirmed", None, None, _PAGE_ROWS)
        if name == "list_available":
            return (check_in, check_out, _GUESTS)
        if name == "load_accommodation":
            return (accommodation_id, BUSINESS_TIME_ZONE, None)
        return (accommodation_id, check_in, check_out)


class DirectStatements:
    """Sends statements over one connection of the service's pool at a time."""

    def __init__(self, questions: StatementStream, database: Database) -> None:
        self._questions = questions
        self._database = database

    def draw(self, count: int) -> Sequence[Question]:
        return self._questions.draw(count)

    async def send(self, request: Question) -> Reply:
        try:
            async with self._database.connect() as connection:
                with stage(request.statement):
                    await connection.fetch(load_statement(request.statement), *request.arguments)
        except DatabaseUnavailable as error:
            return Reply(Outcome.ERROR, type(error.__cause__).__name__)
        return Reply(Outcome.OK)


@asynccontextmanager
async def _open(context: WorkloadContext) -> AsyncIterator[Workload | PureWorkload]:
    async with open_service(context.settings) as service:
        ids = [row["id"] for row in await service.browse.accommodations()]
        yield DirectStatements(StatementStream(ids or [1], date.today(), context.seed), service.database)  # noqa: DTZ011


SPEC = WorkloadSpec(
    name="database",
    title="Database statements",
    open=_open,
    default_requests=500,
    needs=frozenset({Need.POSTGRES, Need.REDIS}),
    vias=(Via.DIRECT,),
    # The document's execution times, as EXPLAIN ANALYZE gave them.
    estimates={"check_overlap": Estimate(0.35, 0.35), "list_reservations": Estimate(2.15, 2.15)},
)
