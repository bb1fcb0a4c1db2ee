"""Indexes tried before anybody builds one: the same statement with and without, in pairs, and what writes pay for it.

Everything happens in two copies of the table inside one transaction that is rolled back: nothing stays behind, even
when the run is killed. HypoPG, where it is installed, spares the building of what the planner would not use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from cabanas.db.pool import Connection
from cabanas_perf.measurement.clock import Clock, SystemClock
from cabanas_perf.measurement.intervals import percentile_ranks
from cabanas_perf.plans.candidates import Candidate, propose_indexes
from cabanas_perf.plans.facts import Tables
from cabanas_perf.plans.lint import lint
from cabanas_perf.plans.node import Plan
from cabanas_perf.report.record import IndexAdvice, Query
from cabanas_perf.runners.explain_statement import Limits, estimate_plan, rolled_back
from cabanas_perf.runners.explain_tables import fetch_tables, tables_of

READ_PAIRS = 40
WRITE_PAIRS = 20
_WRITE_ROWS = 200
_DIFFERENCE = 0.05
"""A ratio counts when its whole interval lies so far from 1."""
_BUILD_TIMEOUT_S = 600.0
_WITHOUT, _WITH = "cabanas_perf_without", "cabanas_perf_with"
_INDEX = "cabanas_perf_candidate"

DOCUMENTED: Mapping[str, tuple[Candidate, ...]] = {
    "list_reservations": (Candidate("reservations", ("reservation_status", "check_in DESC")),),
}
"""Indexes that the design document proposes, tried first, against a table without them."""

_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)
FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
_INDEX_DEFINITIONS = (
    "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = $1::text::regclass ORDER BY indexrelid"
)
_TARGET_OF_INDEX = re.compile(r" ON (?:ONLY )?\S+ USING ")


@dataclass(frozen=True, slots=True)
class _Ratio:
    """The median of paired ratios, and its exact two-sided 90 % interval."""

    value: float
    low: float
    high: float


async def prove_advice(
    connection: Connection,
    query: Query,
    plan: Plan,
    draw: Callable[[], Sequence[object]],
    *,
    limits: Limits,
    say: Callable[[str], None],
) -> tuple[IndexAdvice, ...]:
    """Try the document's candidates for this statement, then those that its findings suggest.

    For a database that may be written to.
    """
    tables = await fetch_tables(connection, tables_of(plan))
    documented = DOCUMENTED.get(query.name, ())
    proposed = propose_indexes(plan, lint(plan, tables), tables)
    advice = []
    for candidate in dict.fromkeys((*documented, *proposed)):
        say(f"trying {candidate.create_sql(candidate.table)} for {query.name}")
        advice.append(await prove(connection, query.statement, candidate, draw, limits=limits))
    return tuple(advice)


async def prove(
    connection: Connection,
    sql: str,
    candidate: Candidate,
    draw: Callable[[], Sequence[object]],
    *,
    limits: Limits,
    clock: Clock | None = None,
) -> IndexAdvice:
    """What one index does to one statement."""
    index = candidate.create_sql(candidate.table)
    cost_ratio, used = await _ask_hypopg(connection, sql, candidate, draw(), limits)
    if used is False:
        return IndexAdvice(index=index, cost_ratio=cost_ratio, verdict="not used")
    bench = _Bench(connection, candidate, clock or SystemClock())
    async with rolled_back(connection, Limits(max(_BUILD_TIMEOUT_S, limits.timeout_s))):
        size_bytes = await bench.build()
        if not await bench.is_used(sql, draw()):
            return IndexAdvice(index=index, cost_ratio=cost_ratio, size_bytes=size_bytes, verdict="not used")
        reads = _summarise(await bench.pair_reads(sql, [draw() for _ in range(READ_PAIRS)]))
        writes = _summarise(await bench.pair_writes())
    return IndexAdvice(
        index=index,
        cost_ratio=cost_ratio,
        pairs=READ_PAIRS,
        latency_ratio=reads.value,
        latency_low_ratio=reads.low,
        latency_high_ratio=reads.high,
        write_ratio=writes.value,
        write_low_ratio=writes.low,
        write_high_ratio=writes.high,
        size_bytes=size_bytes,
        verdict=_judge(reads),
    )


class _Bench:
    """Two copies of a table, one with the candidate, inside the caller's transaction."""

    def __init__(self, connection: Connection, candidate: Candidate, clock: Clock) -> None:
        self._connection = connection
        self._candidate = candidate
        self._clock = clock

    async def build(self) -> int:
        """Make both copies; answers with the candidate's size in bytes."""
        table = self._candidate.table
        columns = await self._connection.fetchval(_COLUMNS, table)
        definitions = [row[0] for row in await self._connection.fetch(_INDEX_DEFINITIONS, table)]
        await self._connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        # Each copy is read from the table's first page on, so that a row has the same place in both.
        await self._connection.execute("SET LOCAL synchronize_seqscans = off")
        for schema in (_WITHOUT, _WITH):
            copy = f"{schema}.{table}"
            await self._connection.execute(f"CREATE SCHEMA {schema}")
            await self._connection.execute(f"CREATE TABLE {copy} (LIKE {table} INCLUDING ALL EXCLUDING INDEXES)")
            await self._connection.execute(
                f"INSERT INTO {copy} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {table}"  # noqa: S608
            )
            for definition in definitions:
                await self._connection.execute(_TARGET_OF_INDEX.sub(f" ON {copy} USING ", definition, count=1))
            await self._use(schema)
            await self._drop_superseded()
            if schema == _WITH:
                columns_of_index = ", ".join(self._candidate.columns)
                await self._connection.execute(f"CREATE INDEX {_INDEX} ON {copy} ({columns_of_index})")
            await self._connection.execute(f"ANALYZE {copy}")
        await self._connection.execute(
            f"CREATE TEMPORARY TABLE cabanas_perf_batch ON COMMIT DROP AS"  # noqa: S608 - our own names
            f" SELECT *, ctid AS cabanas_perf_place FROM {_WITHOUT}.{table} ORDER BY random() LIMIT {_WRITE_ROWS}"
        )
        size: int = await self._connection.fetchval(f"SELECT pg_relation_size('{_WITH}.{_INDEX}')")
        return size

    async def is_used(self, sql: str, arguments: Sequence[object]) -> bool:
        await self._use(_WITH)
        plan = await estimate_plan(self._connection, sql, arguments)
        return any(node.index == _INDEX for node in plan.root.walk())

    async def pair_reads(self, sql: str, draws: Sequence[Sequence[object]]) -> list[float]:
        """The latency with the index by that without, for each draw; who goes first alternates."""
        prepared = {}
        for schema in (_WITHOUT, _WITH):
            await self._use(schema)
            prepared[schema] = await self._connection.prepare(sql)
        ratios = []
        for number, arguments in enumerate((draws[0], *draws)):
            taken_ns = {}
            for schema in self._order(number):
                await self._use(schema)
                savepoint = self._connection.transaction()
                await savepoint.start()
                started_ns = self._clock.now_ns()
                await prepared[schema].fetch(*arguments)
                taken_ns[schema] = self._clock.now_ns() - started_ns
                await savepoint.rollback()
            if number:  # the first pair fills the caches
                ratios.append(taken_ns[_WITH] / taken_ns[_WITHOUT])
        return ratios

    async def pair_writes(self) -> list[float]:
        """The time to insert a batch of rows with the index by that without."""
        table = self._candidate.table
        columns = await self._connection.fetchval(_COLUMNS, table)
        ratios = []
        for number in range(WRITE_PAIRS + 1):
            taken_ns = {}
            for schema in self._order(number):
                copy = f"{schema}.{table}"
                savepoint = self._connection.transaction()
                await savepoint.start()
                await self._connection.execute(
                    f"DELETE FROM {copy} t USING cabanas_perf_batch b WHERE t.ctid = b.cabanas_perf_place"  # noqa: S608
                )
                insert = (
                    f"INSERT INTO {copy} ({columns}) OVERRIDING SYSTEM VALUE"  # noqa: S608 - names out of the catalogue
                    f" SELECT {columns} FROM cabanas_perf_batch"
                )
                started_ns = self._clock.now_ns()
                await self._connection.execute(insert)
                taken_ns[schema] = self._clock.now_ns() - started_ns
                await savepoint.rollback()
            if number:
                ratios.append(taken_ns[_WITH] / taken_ns[_WITHOUT])
        return ratios

    @staticmethod
    def _order(number: int) -> tuple[str, str]:
        return (_WITHOUT, _WITH) if number % 2 else (_WITH, _WITHOUT)

    async def _use(self, schema: str) -> None:
        # Prepared statements keep their plans as long as they run under the path that they were prepared with.
        await self._connection.execute(f"SET LOCAL search_path = {schema}, public")

    async def _drop_superseded(self) -> None:
        """Drop what the candidate would stand for: indexes that begin with its columns."""
        tables: Tables = await fetch_tables(self._connection, [self._candidate.table])
        for index in tables[self._candidate.table].indexes:
            if index.predicate is None and index.columns[: len(self._candidate.columns)] == self._candidate.columns:
                await self._connection.execute(f'DROP INDEX "{index.name}"')


async def _ask_hypopg(
    connection: Connection, sql: str, candidate: Candidate, arguments: Sequence[object], limits: Limits
) -> tuple[float | None, bool | None]:
    """The planner's cost with the index by that without, and whether it would use it; None twice without HypoPG.

    An index that is there already has no use for a hypothetical twin.
    """
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'hypopg')"):
        return None, None
    tables = await fetch_tables(connection, [candidate.table])
    table = tables.get(candidate.table)
    if table is None or any(index.columns[: len(candidate.columns)] == candidate.columns for index in table.indexes):
        return None, None
    async with rolled_back(connection, limits):
        await connection.execute("CREATE EXTENSION IF NOT EXISTS hypopg")
        before = await estimate_plan(connection, sql, arguments)
        name = await connection.fetchval(
            "SELECT indexname FROM hypopg_create_index($1)", candidate.create_sql(candidate.table)
        )
        after = await estimate_plan(connection, sql, arguments)
        # Hypothetical indexes live in the session, not in the transaction.
        await connection.execute("SELECT hypopg_reset()")
    used = any(node.index == name for node in after.root.walk())
    return (after.root.total_cost / before.root.total_cost if before.root.total_cost else None), used


def _summarise(ratios: Sequence[float]) -> _Ratio:
    ordered = sorted(ratios)
    low, high = percentile_ranks(0.5, len(ordered))
    assert low is not None
    assert high is not None
    return _Ratio(median(ordered), ordered[low - 1], ordered[high - 1])


def _judge(ratio: _Ratio) -> Literal["helps", "no difference", "hurts"]:
    if ratio.high < 1 - _DIFFERENCE:
        return "helps"
    return "hurts" if ratio.low > 1 + _DIFFERENCE else "no difference"
