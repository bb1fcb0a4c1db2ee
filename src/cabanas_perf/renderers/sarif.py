"""Findings of plans and of statement counts as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC
from typing import Any

from cabanas_perf.renderers.severity import all_findings
from cabanas_perf.report.record import Finding, Report

RESULTS_LIMIT = 5000
"""GitHub reads no more results of one run."""
_VERSION = "2.1.0"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}

Locate = Callable[[str], str | None]
"""Path of the file that holds what has this name, relative to the repository; None where nothing does."""


def render_sarif(report: Report, *, locate: Locate) -> str:
    """One SARIF run. `locate` is asked for the names of statements and workloads; what it does not know has a logical
    location alone.
    """
    found = all_findings(report)
    rules = sorted({finding.rule for _, finding in found})
    results = [_result(name, finding, rules, locate) for name, finding in found[:RESULTS_LIMIT]]
    invocation: dict[str, Any] = {
        "executionSuccessful": report.run.complete,
        "exitCode": int(report.exit_code),
        "startTimeUtc": f"{report.run.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    if len(found) > RESULTS_LIMIT:
        text = f"{len(found) - RESULTS_LIMIT} milder findings are left out; the report has them all."
        invocation["toolExecutionNotifications"] = [{"level": "note", "message": {"text": text}}]
    driver = {
        "name": "cabanas-perf",
        "version": report.run.tool_version,
        "rules": [{"id": rule, "shortDescription": {"text": rule}} for rule in rules],
    }
    document = {
        "version": _VERSION,
        "runs": [{"tool": {"driver": driver}, "invocations": [invocation], "results": results}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _result(name: str, finding: Finding, rules: list[str], locate: Locate) -> dict[str, Any]:
    fix = f" Try: {finding.fix}" if finding.fix else ""
    where = f" ({finding.node})" if finding.node else ""
    location: dict[str, Any] = {"logicalLocations": [{"name": name, "kind": "function"}]}
    if (path := locate(name)) is not None:
        location["physicalLocation"] = {"artifactLocation": {"uri": path}, "region": {"startLine": 1}}
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{name}: {finding.message}{where}.{fix}"},
        "locations": [location],
        "partialFingerprints": {"finding/v1": _fingerprint(name, finding)},
    }


def _fingerprint(name: str, finding: Finding) -> str:
    """The same for the same finding in the next run, whose figures differ."""
    step = "/".join(map(str, finding.path))
    return hashlib.sha256(f"{name} {finding.rule} {step}".encode()).hexdigest()[:32]
