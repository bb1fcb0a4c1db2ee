"""Indexes tried before anybody builds one: the same statement with and without, in pairs, and what writes pay for it.

Everything happens in two copies of the table inside one transaction that is rolled back: nothing stays behind, even
when the run is killed. HypoPG, where it is installed, spares the building of what the planner would not use.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Literal

from cabanas.db.pool import Connection
from cabanas_perf.measurement.clock import Clock, SystemClock
from cabanas_perf.measurement.paired import Difference, judge_pairs
from cabanas_perf.plans.candidates import Candidate, propose_indexes
from cabanas_perf.plans.facts import Tables
from cabanas_perf.plans.lint import lint
from cabanas_perf.plans.node import Plan
from cabanas_perf.report.record import IndexAdvice, Query
from cabanas_perf.runners.explain_statement import Limits, estimate_plan, rolled_back
from cabanas_perf.runners.explain_tables import fetch_tables, tables_of
from cabanas_perf.runners.pairs import PairRun, Turn, interleave

READ_PAIRS = 20
WRITE_PAIRS = 10
_WRITE_ROWS = 200
_BUILD_TIMEOUT_S = 600.0
_WITHOUT, _WITH = "cabanas_perf_without", "cabanas_perf_with"
_INDEX = "cabanas_perf_candidate"

_JUDGED: Mapping[Difference, Literal["helps", "no difference", "hurts"]] = {
    Difference.FASTER: "helps",
    Difference.SLOWER: "hurts",
    Difference.NONE: "no difference",
    # Advice is given for what is proven.
    Difference.UNPROVEN: "no difference",
}

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
        reads = judge_pairs((await bench.pair_reads(sql, draw)).ratios)
        writes = judge_pairs((await bench.pair_writes()).ratios)
    return IndexAdvice(
        index=index,
        cost_ratio=cost_ratio,
        pairs=READ_PAIRS,
        latency_ratio=reads.estimate.ratio,
        latency_low_ratio=reads.estimate.low,
        latency_high_ratio=reads.estimate.high,
        write_ratio=writes.estimate.ratio,
        write_low_ratio=writes.estimate.low,
        write_high_ratio=writes.estimate.high,
        size_bytes=size_bytes,
        verdict=_JUDGED[reads.difference],
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

    async def pair_reads(self, sql: str, draw: Callable[[], Sequence[object]]) -> PairRun:
        """The statement without the index and with it, a draw of its parameters for each pair."""
        sides = []
        for schema in (_WITHOUT, _WITH):
            await self._use(schema)
            statement = await self._connection.prepare(sql)
            sides.append(_Undone(self._connection, self._clock, _path(schema), statement.fetch))
        return await _pair(*sides, draw=draw, pairs=READ_PAIRS)

    async def pair_writes(self) -> PairRun:
        """The insertion of a batch of rows into the table without the index and with it."""
        columns = await self._connection.fetchval(_COLUMNS, self._candidate.table)
        sides = []
        for schema in (_WITHOUT, _WITH):
            copy = f"{schema}.{self._candidate.table}"
            # The rows make room for themselves, off the clock.
            delete = f"DELETE FROM {copy} t USING cabanas_perf_batch b WHERE t.ctid = b.cabanas_perf_place"  # noqa: S608
            insert = (
                f"INSERT INTO {copy} ({columns}) OVERRIDING SYSTEM VALUE"  # noqa: S608 - names out of the catalogue
                f" SELECT {columns} FROM cabanas_perf_batch"
            )
            sides.append(_Undone(self._connection, self._clock, delete, partial(self._connection.execute, insert)))
        return await _pair(*sides, draw=lambda: (), pairs=WRITE_PAIRS)

    async def _use(self, schema: str) -> None:
        # Prepared statements keep their plans as long as they run under the path that they were prepared with.
        await self._connection.execute(_path(schema))

    async def _drop_superseded(self) -> None:
        """Drop what the candidate would stand for: indexes that begin with its columns."""
        tables: Tables = await fetch_tables(self._connection, [self._candidate.table])
        for index in tables[self._candidate.table].indexes:
            if index.predicate is None and index.columns[: len(self._candidate.columns)] == self._candidate.columns:
                await self._connection.execute(f'DROP INDEX "{index.name}"')


class _Undone:
    """One side of a pair: a statement in a savepoint that is rolled back, timed on the wall clock."""

    def __init__(
        self, connection: Connection, clock: Clock, before: str, work: Callable[..., Awaitable[object]]
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._before = before
        self._work = work

    async def turn(self, batch: Sequence[Sequence[object]]) -> Turn:
        (arguments,) = batch
        savepoint = self._connection.transaction()
        await savepoint.start()
        await self._connection.execute(self._before)
        started_ns = self._clock.now_ns()
        await self._work(*arguments)
        taken_ns = self._clock.now_ns() - started_ns
        await savepoint.rollback()
        return Turn(taken_ns, ())


async def _pair(without: _Undone, with_it: _Undone, *, draw: Callable[[], Sequence[object]], pairs: int) -> PairRun:
    """Rows come back in any order, so outputs are not compared; the first pair fills the caches."""
    return await interleave(without, with_it, draw=lambda: [draw()], pairs=pairs, seed=0, warmup_pairs=1, equal=None)


def _path(schema: str) -> str:
    return f"SET LOCAL search_path = {schema}, public"


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
