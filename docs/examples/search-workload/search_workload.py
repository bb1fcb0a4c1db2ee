"""What a guest's first search takes: is this cabin free on these nights?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from random import Random

from cabanas_perf.workloads.base import Need, Reply, Via, Workload, WorkloadContext, WorkloadSpec
from cabanas_perf.workloads.http import HttpSender, open_http_sender

CABINS, DAYS = 12, 300


class Search:
    """Draws paths from one seeded stream, and asks for them."""

    def __init__(self, sender: HttpSender, seed: int) -> None:
        self._sender = sender
        self._random = Random(seed)

    def draw(self, count: int) -> Sequence[str]:
        return [self._path() for _ in range(count)]

    async def send(self, request: str) -> Reply:
        answer = await self._sender.get(request)
        return answer.to_reply(ok=200)

    def _path(self) -> str:
        cabin = self._random.randint(1, CABINS)
        check_in = date.today() + timedelta(days=self._random.randint(1, DAYS))
        return f"/api/v1/accommodations/{cabin}/availability?check_in={check_in}&check_out={check_in + timedelta(2)}"


@asynccontextmanager
async def open_search(context: WorkloadContext) -> AsyncIterator[Workload]:
    async with open_http_sender(context) as sender:
        yield Search(sender, context.seed)


SPEC = WorkloadSpec(
    name="search",
    title="Search for free nights",
    open=open_search,
    default_requests=300,
    needs=frozenset(Need),
    vias=(Via.HTTP,),
)
