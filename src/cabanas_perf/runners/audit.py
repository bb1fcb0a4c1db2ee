"""What the database says of a run: what was acknowledged must be there, and nothing may overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import asyncpg
import httpx

from cabanas.db.url import to_asyncpg_url
from cabanas_perf.report.record import Audit, AuditCheck

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


async def audit_reservations(database_url: str, codes: Sequence[str], *, marker: str, unanswered: int = 0) -> Audit:
    """Compare the codes that clients were given with the rows that carry the run's ``marker`` as contact name.

    ``unanswered`` requests may or may not have left a row. The run's rows are removed afterwards, with what hangs on
    them.
    """
    connection = await asyncpg.connect(to_asyncpg_url(database_url))
    try:
        missing = await connection.fetchval(_MISSING, list(codes))
        rows = await connection.fetchval(_ROWS, marker)
        overlaps = await connection.fetchval(_OVERLAPS, marker)
        await connection.execute(_REMOVE, marker)
    finally:
        await connection.close()
    return _build_audit(
        "database",
        [
            _check("acknowledged reservations are rows", expected=len(codes), found=len(codes) - missing),
            AuditCheck(
                name="no row without an acknowledgement",
                passed=len(codes) <= rows <= len(codes) + unanswered,
                expected=len(codes),
                found=rows,
                detail=f"{unanswered} requests had no answer" if unanswered else "",
            ),
            _check("no overlapping stays", expected=0, found=overlaps),
        ],
    )


async def audit_over_http(base_url: str, codes: Sequence[str], *, timeout_s: float) -> Audit:
    """Ask the service itself for each acknowledged reservation; what only its database knows stays unchecked."""
    found = 0
    async with httpx.AsyncClient(base_url=base_url, timeout=timeout_s, trust_env=False) as client:
        for code in codes:
            try:
                answer = await client.get(f"/api/v1/reservations/{code}")
            except httpx.HTTPError:
                continue
            found += answer.status_code == httpx.codes.OK and answer.json().get("code") == code
    unseen = "the database is not within reach; name it with --audit-dsn"
    return _build_audit(
        "http",
        [
            _check("acknowledged reservations can be read", expected=len(codes), found=found),
            AuditCheck(name="no row without an acknowledgement", passed=None, detail=unseen),
            AuditCheck(name="no overlapping stays", passed=None, detail=unseen),
        ],
    )


def merge_audits(audits: Mapping[str, Audit]) -> Audit | None:
    """The audits of a run's parts as one, each check under its part's name; None without any."""
    if not audits:
        return None
    (source, *others) = {audit.source for audit in audits.values()}
    return Audit(
        # What only one of them could ask was not asked of all.
        source="http" if others else source,
        passed=all_passed(audits.values()),
        checks=tuple(
            check.model_copy(update={"name": f"{part}: {check.name}"})
            for part, audit in audits.items()
            for check in audit.checks
        ),
    )


def all_passed(audits: Iterable[Audit]) -> bool | None:
    """False when one failed, else None when one could not be made."""
    found = {audit.passed for audit in audits}
    return False if False in found else None if None in found else True


def _check(name: str, *, expected: int, found: int) -> AuditCheck:
    return AuditCheck(name=name, passed=expected == found, expected=expected, found=found)


def _build_audit(source: Literal["database", "http"], checks: Sequence[AuditCheck]) -> Audit:
    """The audit failed when a check did; checks that could not be made are listed, and do not fail it."""
    return Audit(source=source, passed=all(check.passed is not False for check in checks), checks=tuple(checks))
