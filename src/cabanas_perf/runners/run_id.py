"""The name of a run, and the seeds that it hands out."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from cabanas_perf.report.files import format_stamp


def make_run_id(started_at: datetime) -> str:
    """The start's stamp and four random characters, as ``20251014_101500-3fa2``."""
    return f"{format_stamp(started_at)}-{secrets.token_hex(2)}"


def derive_seed(seed: int, purpose: str) -> int:
    """A seed for one purpose, the same on every machine, unrelated to those for others."""
    return int.from_bytes(hashlib.sha256(f"{seed} {purpose}".encode()).digest()[:8])
