"""What the catalogue knows about the tables of a plan."""

from __future__ import annotations

from collections.abc import Iterable

from cabanas.db.pool import Connection
from cabanas_perf.plans.facts import IndexFacts, TableFacts, Tables
from cabanas_perf.plans.node import Plan

_TABLES = """
SELECT c.oid::bigint AS oid, c.relname AS name, greatest(c.reltuples, 0)::float8 AS rows
FROM pg_class c
WHERE c.relname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'm') AND pg_table_is_visible(c.oid)
"""
_INDEXES = """
SELECT
    i.indrelid::bigint AS table_oid,
    c.relname AS name,
    ARRAY (
        SELECT pg_get_indexdef(i.indexrelid, k, true)
               || CASE WHEN i.indoption[k - 1] & 1 = 1 THEN ' DESC' ELSE '' END
        FROM generate_series(1, i.indnkeyatts) AS k
    ) AS columns,
    pg_get_expr(i.indpred, i.indrelid) AS predicate,
    EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid) AS is_constraint
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY ($1::bigint[]) AND i.indisvalid
ORDER BY i.indrelid, i.indexrelid
"""


def tables_of(plan: Plan) -> frozenset[str]:
    """The names of the tables that the plan reads or writes."""
    return frozenset(node.relation for node in plan.root.walk() if node.relation)


async def fetch_tables(connection: Connection, names: Iterable[str]) -> Tables:
    """Facts about the tables of these names that the search path finds, by name."""
    tables = await connection.fetch(_TABLES, list(names))
    indexes = await connection.fetch(_INDEXES, [table["oid"] for table in tables])
    return {
        table["name"]: TableFacts(
            name=table["name"],
            rows=table["rows"],
            indexes=tuple(
                IndexFacts(index["name"], tuple(index["columns"]), index["predicate"], index["is_constraint"])
                for index in indexes
                if index["table_oid"] == table["oid"]
            ),
        )
        for table in tables
    }
