"""What is worth saying first, where there is no room to say everything."""

from __future__ import annotations

from collections.abc import Sequence

from cabanas_perf.report.record import Finding, Report, VerdictRecord
from cabanas_perf.slo.verdict import Verdict

_VERDICTS = (Verdict.MISSED, Verdict.INCONCLUSIVE, Verdict.MET, Verdict.NOT_IN_SCOPE)
_FINDINGS = ("error", "warning", "info")


def worst_first(verdicts: Sequence[VerdictRecord]) -> list[VerdictRecord]:
    """Missed before inconclusive before met before not in scope; otherwise in their order."""
    return sorted(verdicts, key=lambda one: _VERDICTS.index(one.verdict))


def all_findings(report: Report) -> list[tuple[str, Finding]]:
    """Findings of statements and of workloads with their names, the worst first."""
    found = [(query.name, finding) for query in report.queries for finding in query.findings]
    found += [(workload.name, finding) for workload in report.workloads for finding in workload.findings]
    return sorted(found, key=lambda one: _FINDINGS.index(one[1].severity))
