"""One plan, as a frozen tree whose figures are totals over all loops.

PostgreSQL averages a node's figures over its loops, and a parallel worker's run is a loop too. A rule that forgets to
multiply calls a scan of 200,000 rows one of 100,000; here it is done once, when the tree is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Node:
    """A step of the plan. Rows and times are totals over loops; None: EXPLAIN ran without ANALYZE, or says nothing."""

    path: tuple[int, ...]
    """The way from the root, by the index of the child: () is the root, (0, 1) its first child's second."""
    kind: str
    """PostgreSQL's name of the step: ``Seq Scan``, ``Hash Join``."""
    planned_rows: float
    """What the planner expected of one loop."""
    total_cost: float
    loops: int | None = None
    """How often it was started, by whichever process; 0: never."""
    rows: float | None = None
    """Rows handed up."""
    time_ms: float | None = None
    """Busy time, children included, added up over parallel processes; None with TIMING OFF."""
    relation: str | None = None
    schema: str | None = None
    alias: str | None = None
    index: str | None = None
    join_type: str | None = None
    strategy: str | None = None
    parent_relationship: str | None = None
    """``Outer``, ``Inner``, ``InitPlan``, ``SubPlan``, ``Member``, ``Subquery``."""
    subplan_name: str | None = None
    cte_name: str | None = None
    filter: str | None = None
    index_condition: str | None = None
    recheck_condition: str | None = None
    join_condition: str | None = None
    join_filter: str | None = None
    sort_keys: tuple[str, ...] = ()
    presorted_keys: tuple[str, ...] = ()
    group_keys: tuple[str, ...] = ()
    rows_removed_by_filter: float = 0.0
    rows_removed_by_recheck: float = 0.0
    rows_removed_by_join_filter: float = 0.0
    sort_method: str | None = None
    sort_disk_bytes: int = 0
    """Written to disk by a sort, all processes together."""
    hash_batches: int = 1
    disk_bytes: int = 0
    """Written to disk by a hash aggregate."""
    heap_fetches: float = 0.0
    exact_heap_blocks: float = 0.0
    lossy_heap_blocks: float = 0.0
    shared_hit_blocks: int = 0
    shared_read_blocks: int = 0
    temp_written_blocks: int = 0
    parallel_aware: bool = False
    children: tuple[Node, ...] = ()

    @property
    def label(self) -> str:
        """The step in words, as in ``Index Scan using reservations_code_key on reservations r``."""
        words = f"Parallel {self.kind}" if self.parallel_aware else self.kind
        if self.join_type and self.join_type != "Inner":
            words = words.replace(" Join", f" {self.join_type} Join").replace("Loop", f"Loop {self.join_type} Join")
        if self.index:
            words += f" using {self.index}"
        if target := self.relation or self.cte_name:
            words += f" on {target}"
        if self.alias and self.alias != target:
            words += f" {self.alias}"
        return words

    @property
    def never_executed(self) -> bool:
        return self.loops == 0

    @property
    def rows_visited(self) -> float:
        """Rows that it looked at to hand up those that passed; 0 when it was not run."""
        return (self.rows or 0.0) + self.rows_removed_by_filter + self.rows_removed_by_recheck

    @property
    def blocks(self) -> int:
        """Shared blocks touched, in memory or not, children included."""
        return self.shared_hit_blocks + self.shared_read_blocks

    def walk(self) -> Iterator[Node]:
        """The node and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, path: tuple[int, ...]) -> Node:
        """The node at a path that starts at this one. Raises IndexError when there is none."""
        node = self
        for index in path:
            node = node.children[index]
        return node


@dataclass(frozen=True)
class Plan:
    """What EXPLAIN said about one statement. Times are None without ANALYZE."""

    root: Node
    planning_ms: float | None = None
    execution_ms: float | None = None
    jit_ms: float | None = None
    settings: Mapping[str, str] | None = None
    """Planner settings that differ from PostgreSQL's defaults."""

    @cached_property
    def parents(self) -> Mapping[tuple[int, ...], Node]:
        """Each node's parent by the node's path; the root has none."""
        return {child.path: node for node in self.root.walk() for child in node.children}

    def ancestors(self, node: Node) -> Iterator[Node]:
        """From the parent up to the root."""
        while (parent := self.parents.get(node.path)) is not None:
            yield parent
            node = parent

    @property
    def indexes_used(self) -> frozenset[str]:
        return frozenset(node.index for node in self.root.walk() if node.index and not node.never_executed)
