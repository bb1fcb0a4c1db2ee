"""EXPLAIN's JSON to a `Plan`, over PostgreSQL 14 to 18.

``Actual Rows`` is a whole number up to 17 and a decimal one from 18 on; everything that is not about the rules is
left in the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cabanas_perf.plans.node import Node, Plan


class PlanFormatError(ValueError):
    """The text is not what EXPLAIN (FORMAT JSON) prints."""


def parse_explain(document: Any) -> Plan:
    """Read the output of EXPLAIN (FORMAT JSON), as text or decoded; ANALYZE, BUFFERS and SETTINGS as they were given.

    Raises:
        PlanFormatError: when it is something else.
    """
    try:
        decoded = json.loads(document) if isinstance(document, str) else document
        statement: Mapping[str, Any] = decoded[0]
        plan = statement["Plan"]
        return Plan(
            root=_parse_node(plan, ()),
            planning_ms=statement.get("Planning Time"),
            execution_ms=statement.get("Execution Time"),
            jit_ms=_jit_ms(statement.get("JIT")),
            settings=statement.get("Settings", {}),
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        msg = "this is not the output of EXPLAIN (FORMAT JSON)"
        raise PlanFormatError(msg) from error


def _parse_node(raw: Mapping[str, Any], path: tuple[int, ...]) -> Node:
    loops = raw.get("Actual Loops")
    times = loops or 0

    def total(key: str) -> float:
        return float(raw.get(key, 0)) * times

    workers = raw.get("Workers", ())
    return Node(
        path=path,
        kind=raw["Operation"] if raw["Node Type"] == "ModifyTable" else raw["Node Type"],
        planned_rows=float(raw["Plan Rows"]),
        total_cost=float(raw["Total Cost"]),
        loops=loops,
        rows=None if loops is None else total("Actual Rows"),
        time_ms=total("Actual Total Time") if "Actual Total Time" in raw else None,
        relation=raw.get("Relation Name"),
        schema=raw.get("Schema"),
        alias=raw.get("Alias"),
        index=raw.get("Index Name"),
        join_type=raw.get("Join Type"),
        strategy=raw.get("Strategy"),
        parent_relationship=raw.get("Parent Relationship"),
        subplan_name=raw.get("Subplan Name"),
        cte_name=raw.get("CTE Name"),
        filter=raw.get("Filter"),
        index_condition=raw.get("Index Cond"),
        recheck_condition=raw.get("Recheck Cond"),
        join_condition=raw.get("Hash Cond") or raw.get("Merge Cond"),
        join_filter=raw.get("Join Filter"),
        sort_keys=tuple(raw.get("Sort Key", ())),
        presorted_keys=tuple(raw.get("Presorted Key", ())),
        group_keys=tuple(raw.get("Group Key", ())),
        rows_removed_by_filter=total("Rows Removed by Filter"),
        rows_removed_by_recheck=total("Rows Removed by Index Recheck"),
        rows_removed_by_join_filter=total("Rows Removed by Join Filter"),
        sort_method=raw.get("Sort Method"),
        sort_disk_bytes=sum(map(_sort_disk_bytes, (raw, *workers))) + _incremental_sort_disk_bytes(raw),
        hash_batches=max(int(each.get("Hash Batches", each.get("HashAgg Batches", 1))) for each in (raw, *workers)),
        disk_bytes=sum(int(each.get("Disk Usage", 0)) for each in (raw, *workers)) * 1024,
        # These three are sums already, over loops and workers; only the workers' own blocks stand apart.
        heap_fetches=float(raw.get("Heap Fetches", 0)),
        exact_heap_blocks=float(sum(each.get("Exact Heap Blocks", 0) for each in (raw, *workers))),
        lossy_heap_blocks=float(sum(each.get("Lossy Heap Blocks", 0) for each in (raw, *workers))),
        shared_hit_blocks=int(raw.get("Shared Hit Blocks", 0)),
        shared_read_blocks=int(raw.get("Shared Read Blocks", 0)),
        temp_written_blocks=int(raw.get("Temp Written Blocks", 0)),
        parallel_aware=bool(raw.get("Parallel Aware")),
        children=tuple(_parse_node(child, (*path, index)) for index, child in enumerate(raw.get("Plans", ()))),
    )


def _sort_disk_bytes(raw: Mapping[str, Any]) -> int:
    return int(raw["Sort Space Used"]) * 1024 if raw.get("Sort Space Type") == "Disk" else 0


def _incremental_sort_disk_bytes(raw: Mapping[str, Any]) -> int:
    groups = (raw.get("Full-sort Groups", {}), raw.get("Pre-sorted Groups", {}))
    return sum(int(group.get("Sort Space Disk", {}).get("Peak Sort Space Used", 0)) * 1024 for group in groups)


def _jit_ms(jit: Mapping[str, Any] | None) -> float | None:
    if jit is None or "Timing" not in jit:
        return None
    return float(jit["Timing"]["Total"])
