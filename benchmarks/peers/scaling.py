"""How the cost of each hot path grows: three sizes each, and the exponent that fits them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

import asyncpg
import httpx
import uvloop
from benchmarks.hold import CABINS, free_wishes, open_ours, post, start_measured_service
from benchmarks.made_up import make_explain, make_report, make_samples
from benchmarks.peers.rows import Effort, Growth, Section, median_of

from cabanas.bootstrap import open_service
from cabanas.db.migrate import migrate
from cabanas.db.seed import cabins_for, seed
from cabanas.domain.pricing import Tariff, quote_stay
from cabanas.domain.stay import Stay
from cabanas.embedded import EmbeddedServers, provide_servers
from cabanas.nlu import analyze, warm_up
from cabanas.settings import Settings
from cabanas_perf.load.demand import business_today
from cabanas_perf.plans.growth import fit_exponent
from cabanas_perf.plans.lint import lint
from cabanas_perf.plans.parse import parse_explain
from cabanas_perf.renderers.html.page import render_html
from cabanas_perf.renderers.terminal import render
from cabanas_perf.report.files import render_json
from cabanas_perf.workloads.messages import REFERENCE_DATE, message_stream

_TURN_S = 0.01
"""A turn repeats its work for about so long, so that the clock's own cost does not show."""
_HOLDS_A_TURN = 20
_REQUESTS_A_TURN = 128


def run(effort: Effort) -> Section:
    return Section(
        title="Cost as work grows",
        given=(
            "Medians of several turns, the sizes interleaved. An exponent of 0 is a cost that does not grow, 1 one "
            "that grows in step; a fit over three sizes is good for one digit."
        ),
        rows=(*_pure(effort), *_on_servers(effort)),
    )


def _pure(effort: Effort) -> Iterator[Growth]:
    warm_up()
    text = " ".join(message.text for message in message_stream(2025, 400, distinct=True))
    tariff, check_in = Tariff(Decimal("45000.00"), Decimal("1.25")), date(2026, 1, 2)

    def read(length: int) -> Callable[[], object]:
        part = text[:length]
        return lambda: analyze(part, reference_date=REFERENCE_DATE)

    def price(nights: int) -> Callable[[], object]:
        stay = Stay(check_in, check_in + timedelta(days=nights))
        return lambda: quote_stay(tariff, stay)

    def read_plan(nodes: int) -> Callable[[], object]:
        document = make_explain(nodes)
        return lambda: lint(parse_explain(document))

    def report(count: int) -> Callable[[], object]:
        samples = make_samples(count)
        return lambda: make_report(samples)

    def show(count: int) -> Callable[[], object]:
        made = make_report(make_samples(count))
        return lambda: (render(made), render_json(made))

    def show_page(count: int) -> Callable[[], object]:
        made = make_report(make_samples(count))
        return lambda: render_html(made)

    turns = effort.pairs
    yield _grow("analyze", "characters of the message", "us", 1e6, (64, 512, 4096), read, turns)
    yield _grow("price", "nights", "us", 1e6, (1, 8, 60), price, turns)
    yield _grow("plan parsed and linted", "nodes", "us", 1e6, (9, 49, 249), read_plan, effort.slow_pairs)
    sizes = (1_000, 10_000, 100_000)
    yield _grow("report summarised and built", "samples", "ms", 1e3, sizes, report, 5)
    yield _grow("report rendered, terminal and JSON", "samples", "ms", 1e3, sizes, show, effort.slow_pairs)
    yield _grow("report rendered, HTML", "samples", "ms", 1e3, sizes, show_page, effort.slow_pairs)


def _grow(
    path: str,
    size: str,
    unit: str,
    per_s: float,
    sizes: Sequence[int],
    prepare: Callable[[int], Callable[[], object]],
    turns: int,
) -> Growth:
    calls = {one: prepare(one) for one in sizes}
    costs: dict[int, list[float]] = {one: [] for one in sizes}
    for _ in range(turns):
        for one, call in calls.items():
            costs[one].append(_time_s(call) * per_s)
    return _fit(path, size, unit, costs)


def _time_s(call: Callable[[], object]) -> float:
    """Seconds that a call takes, by repeating it for a turn's time."""
    started_s, repeats = time.perf_counter(), 0
    while (elapsed_s := time.perf_counter() - started_s) < _TURN_S or not repeats:
        call()
        repeats += 1
    return elapsed_s / repeats


def _fit(path: str, size: str, unit: str, costs: dict[int, list[float]]) -> Growth:
    points = tuple((float(one), median_of(values)) for one, values in costs.items())
    return Growth(path, size, unit, points, fit_exponent(points))


def _on_servers(effort: Effort) -> Iterator[Growth]:
    turns = effort.slow_pairs
    holds, searches = {}, {}
    for reservations in (1_000, 10_000, 100_000):
        with _open_seeded(cabins=cabins_for(reservations) + CABINS, reservations=reservations) as servers:
            asyncio.run(_empty_cabins(servers))
            holds[reservations] = uvloop.run(_time_holds_us(servers, turns))
    yield _fit("hold, called directly", "reservations in the table", "us", holds)
    for cabins in (24, 240, 2_400):
        with _open_seeded(cabins=cabins, reservations=1_000) as servers:
            searches[cabins] = uvloop.run(_time_searches_us(servers, turns))
    yield _fit("availability of one cabin", "cabins", "us", searches)
    with _open_seeded(cabins=CABINS, reservations=0) as servers, start_measured_service(servers) as service:
        answers = uvloop.run(_time_answers_us(service.base_url, turns))
    yield _fit("hold over HTTP, wall time by requests", "clients at once", "us", answers)


@contextmanager
def _open_seeded(*, cabins: int, reservations: int) -> Iterator[EmbeddedServers]:
    with provide_servers(durable=True) as servers:
        assert servers.database_url is not None
        asyncio.run(migrate(servers.database_url))
        asyncio.run(seed(servers.database_url, cabins=cabins, reservations=reservations))
        yield servers


async def _empty_cabins(servers: EmbeddedServers) -> None:
    """So that the wishes, all of them for the first cabins, find free nights."""
    connection = await asyncpg.connect(servers.database_url)
    try:
        await connection.execute(f"DELETE FROM reservations WHERE accommodation_id <= {CABINS}")
        await connection.execute("VACUUM ANALYZE reservations")
        # So that no turn pays for writing down what was seeded.
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _time_holds_us(servers: EmbeddedServers, turns: int) -> list[float]:
    wishes = free_wishes()
    async with open_ours(servers) as hold:
        costs = []
        for _ in range(turns + 1):
            started_s = time.perf_counter()
            for wish in islice(wishes, _HOLDS_A_TURN):
                await hold(wish)
            costs.append((time.perf_counter() - started_s) * 1e6 / _HOLDS_A_TURN)
    return costs[1:]


async def _time_searches_us(servers: EmbeddedServers, turns: int) -> list[float]:
    check_in = business_today() + timedelta(days=30)
    stay = Stay(check_in, check_in + timedelta(days=3))
    settings = Settings(database_url=servers.database_url, redis_url=servers.redis_url)
    async with open_service(settings) as service:
        costs = []
        for _ in range(turns + 1):
            started_s = time.perf_counter()
            for _ in range(_HOLDS_A_TURN):
                await service.browse.availability(1, stay)
            costs.append((time.perf_counter() - started_s) * 1e6 / _HOLDS_A_TURN)
    return costs[1:]


async def _time_answers_us(base_url: str, turns: int) -> dict[int, list[float]]:
    """By clients at once: wall time from the first request to the last answer, by the number of requests."""
    wishes = free_wishes()
    costs: dict[int, list[float]] = {clients: [] for clients in (1, 8, 64)}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=base_url, limits=limits, trust_env=False, timeout=30) as client:

        async def book(count: int) -> None:
            for _ in range(count):
                await post(client, next(wishes))

        await asyncio.gather(*(book(2) for _ in range(64)))
        for _ in range(turns):
            for clients, found in costs.items():
                count = max(1, _REQUESTS_A_TURN // clients)
                started_s = time.perf_counter()
                await asyncio.gather(*(book(count) for _ in range(clients)))
                found.append((time.perf_counter() - started_s) * 1e6 / (count * clients))
    return costs
