"""What did not fit into work_mem and went to disk."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.plans.facts import Tables
from cabanas_perf.plans.finding import Finding, Severity
from cabanas_perf.plans.node import Plan

BLOCK_BYTES = 8192
BIG_SPILL_BYTES = 64 * 1024**2
_STORES = frozenset({"Materialize", "CTE Scan", "WindowAgg", "Recursive Union", "Function Scan"})
_MORE_MEMORY = "a larger work_mem for this statement"


def find_sorts_on_disk(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``sort-spill``: the sort wrote temporary files."""
    for node in plan.root.walk():
        if node.sort_disk_bytes:
            yield Finding(
                "sort-spill",
                _severity(node.sort_disk_bytes),
                node.path,
                node.label,
                f"sorts on disk ({_mib(node.sort_disk_bytes)})",
                {"disk_bytes": float(node.sort_disk_bytes), "rows": node.rows or 0.0},
                f"{_MORE_MEMORY}, fewer or narrower rows before the sort, or an index in this order",
            )


def find_hashes_on_disk(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``hash-spill``: the hash table of a join, or of an aggregate, was split into batches on disk."""
    for node in plan.root.walk():
        if node.never_executed or (node.hash_batches <= 1 and not node.disk_bytes):
            continue
        written_bytes = node.disk_bytes or node.temp_written_blocks * BLOCK_BYTES
        yield Finding(
            "hash-spill",
            _severity(written_bytes),
            node.path,
            node.label,
            f"hashes in {node.hash_batches} batches, {_mib(written_bytes)} of them on disk",
            {"batches": float(node.hash_batches), "disk_bytes": float(written_bytes)},
            f"{_MORE_MEMORY} or hash_mem_multiplier, or fewer rows before the hash",
        )


def find_stores_on_disk(plan: Plan, _: Tables) -> Iterator[Finding]:
    """``store-spill``: rows kept for later, as a CTE's are, went to disk."""
    for node in plan.root.walk():
        written_blocks = node.temp_written_blocks - sum(child.temp_written_blocks for child in node.children)
        if node.kind in _STORES and written_blocks > 0:
            yield Finding(
                "store-spill",
                _severity(written_blocks * BLOCK_BYTES),
                node.path,
                node.label,
                f"keeps {_mib(written_blocks * BLOCK_BYTES)} on disk",
                {"disk_bytes": float(written_blocks * BLOCK_BYTES)},
                f"{_MORE_MEMORY}, or a CTE that is NOT MATERIALIZED",
            )


def _severity(written_bytes: int) -> Severity:
    return Severity.ERROR if written_bytes >= BIG_SPILL_BYTES else Severity.WARNING


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / 1024**2:,.1f} MiB"
