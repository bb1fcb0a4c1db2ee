"""What every run has: a name, a beginning, and seeds to hand out."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic

from cabanas_perf.report import record
from cabanas_perf.report.files import format_stamp
from cabanas_perf.runners.environment import git_state, tool_version
from cabanas_perf.slo.file import SloFile


class Run:
    """A run from its beginning on; ``id`` is its stamp and four random characters, as ``20251014_101500-3fa2``."""

    def __init__(self) -> None:
        self.started_at = datetime.now(UTC).astimezone()
        self.id = f"{format_stamp(self.started_at)}-{secrets.token_hex(2)}"
        self._started_s = monotonic()

    def elapsed_s(self) -> float:
        return monotonic() - self._started_s

    def describe(
        self,
        *,
        command: str,
        seed: int | None,
        complete: bool,
        slo: SloFile | None = None,
        slo_set: str | None = None,
        parts: Sequence[str] = (),
        skipped: Sequence[str] = (),
    ) -> record.Run:
        """Its record, with the time that it took until now and the commit of the current folder."""
        commit, dirty = git_state()
        return record.Run(
            id=self.id,
            command=command,
            tool_version=tool_version(),
            started_at=self.started_at,
            duration_s=self.elapsed_s(),
            git_commit=commit,
            git_dirty=dirty,
            seed=seed,
            slo_file=None if slo is None else str(slo.path),
            slo_set=slo_set,
            parts=tuple(parts),
            skipped=tuple(skipped),
            complete=complete,
        )


def derive_seed(seed: int, purpose: str) -> int:
    """A seed for one purpose, the same on every machine, unrelated to those for others."""
    return int.from_bytes(hashlib.sha256(f"{seed} {purpose}".encode()).digest()[:8])
