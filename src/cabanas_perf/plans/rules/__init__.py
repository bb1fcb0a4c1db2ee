"""The rules of the linter, one topic a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cabanas_perf.plans.facts import Tables
from cabanas_perf.plans.finding import Finding
from cabanas_perf.plans.node import Plan
from cabanas_perf.plans.rules import estimates, joins, order, scans, spills

Rule = Callable[[Plan, Tables], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    scans.find_selective_seq_scans,
    scans.find_removed_rows,
    scans.find_heap_fetches,
    scans.find_lossy_bitmaps,
    estimates.find_misestimates,
    joins.find_blown_up_loops,
    joins.find_subplans_per_row,
    order.find_sorts_that_an_index_could_spare,
    order.find_skipped_pages,
    spills.find_sorts_on_disk,
    spills.find_hashes_on_disk,
    spills.find_stores_on_disk,
    estimates.find_compilation,
)
"""Every rule takes a plan and the facts about its tables and passes over nodes that never ran."""
