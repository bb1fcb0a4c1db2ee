"""What the database says of a run: what was acknowledged must be there, and nothing may overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from cabanas.db.url import to_asyncpg_url

_MISSING = """
SELECT count(*) FROM unnest($1::text[]) AS acknowledged (code)
WHERE NOT EXISTS (SELECT FROM reservations r WHERE r.code = acknowledged.code)
"""
_ROWS = "SELECT count(*) FROM reservations WHERE contact_name = $1"
# Looks beyond the run's own rows: one of them may overlap a row that was there before. Written without the range
# operator that the constraint itself uses.
_OVERLAPS = """
SELECT count(*) FROM reservations a JOIN reservations b
  ON b.accommodation_id = a.accommodation_id AND b.id <> a.id AND b.check_in < a.check_out AND a.check_in < b.check_out
WHERE a.contact_name = $1
  AND a.reservation_status IN ('pre_reserved', 'confirmed') AND b.reservation_status IN ('pre_reserved', 'confirmed')
"""
_REMOVE = "DELETE FROM reservations WHERE contact_name = $1"


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What was acknowledged to clients against what the database holds, for one run."""

    acknowledged: int
    rows: int
    missing: int
    """Acknowledged codes without a row."""
    overlapping: int
    """Pairs of blocking reservations of which one is the run's own."""

    @property
    def clean(self) -> bool:
        """True when every acknowledged reservation is there, once, and no other row of the run is."""
        return self.missing == 0 and self.overlapping == 0 and self.rows == self.acknowledged


async def audit_reservations(database_url: str, codes: Sequence[str], *, marker: str, remove: bool) -> AuditResult:
    """Compare the codes that clients were given with the rows that carry the run's ``marker`` as contact name.

    With ``remove`` the run's rows are deleted afterwards, with what hangs on them.
    """
    connection = await asyncpg.connect(to_asyncpg_url(database_url))
    try:
        result = AuditResult(
            acknowledged=len(codes),
            rows=await connection.fetchval(_ROWS, marker),
            missing=await connection.fetchval(_MISSING, list(codes)),
            overlapping=await connection.fetchval(_OVERLAPS, marker),
        )
        if remove:
            await connection.execute(_REMOVE, marker)
    finally:
        await connection.close()
    return result
