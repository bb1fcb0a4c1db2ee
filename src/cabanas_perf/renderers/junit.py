"""The verdicts as JUnit XML, one case an objective, for the test page of a CI service.

What is not proven is an error there, not a skipped case: skipped cases look as if all were well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from cabanas_perf.renderers.numbers import format_interval, format_value
from cabanas_perf.renderers.wording import PARTIAL, explain_verdict, summarise_verdicts
from cabanas_perf.report.record import Report, VerdictRecord
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.verdict import Verdict

_SUITE = "cabanas-perf"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_Kind = Literal["failure", "error", "skipped"]
_KINDS: dict[Verdict, _Kind] = {
    Verdict.MISSED: "failure",
    Verdict.INCONCLUSIVE: "error",
    Verdict.NOT_IN_SCOPE: "skipped",
}


@dataclass(frozen=True, slots=True)
class _Case:
    group: str
    name: str
    kind: _Kind | None = None
    """None: all is well."""
    type: str = ""
    message: str = ""


def render_junit(report: Report) -> str:
    """JUnit XML of one suite. Whenever the exit code is not 0, at least one case is red."""
    cases = list(_cases(report))
    if report.exit_code is not ExitCode.MET and not any(case.kind in {"failure", "error"} for case in cases):
        cases.append(_Case("run", "verdict", "error", report.verdict.value, summarise_verdicts(report)))
    counts = {kind: sum(case.kind == kind for case in cases) for kind in ("failure", "error", "skipped")}
    root = ET.Element("testsuites")
    # Some readers ask for every one of these attributes, and for the two empty elements at the end.
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": _SUITE,
            "id": "0",
            "package": _SUITE,
            "hostname": "localhost",
            "tests": str(len(cases)),
            "failures": str(counts["failure"]),
            "errors": str(counts["error"]),
            "skipped": str(counts["skipped"]),
            "time": f"{report.run.duration_s:.3f}",
            "timestamp": f"{report.run.started_at:%Y-%m-%dT%H:%M:%S}",
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(report):
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for case in cases:
        element = ET.SubElement(
            suite, "testcase", {"classname": f"{_SUITE}.{_clean(case.group)}", "name": _clean(case.name), "time": "0"}
        )
        if case.kind == "skipped":
            ET.SubElement(element, "skipped", {"message": _clean(case.message)})
        elif case.kind is not None:
            problem = ET.SubElement(element, case.kind, {"type": case.type, "message": _clean(case.message)})
            problem.text = _clean(case.message)
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _cases(report: Report) -> Iterator[_Case]:
    for verdict in report.verdicts:
        kind = _KINDS.get(verdict.verdict)
        yield _Case(verdict.workload, verdict.objective, kind, verdict.verdict.value, _describe(verdict))
    if report.audit is not None and report.audit.source != "none":
        problems = [check.name for check in report.audit.checks if check.passed is False]
        if report.audit.passed:
            yield _Case("run", "audit")
        elif report.audit.passed is None:
            yield _Case("run", "audit", "error", "inconclusive", report.audit.detail or "it could not be made")
        else:
            yield _Case("run", "audit", "failure", "missed", f"failed: {', '.join(problems) or report.audit.detail}")
    if not report.run.complete:
        yield _Case("run", "complete", "error", "partial", PARTIAL)


def _describe(verdict: VerdictRecord) -> str:
    interval = verdict.interval
    bounds = "" if interval is None else f" ({format_interval(interval.low, interval.high, verdict.unit)})"
    observed = "" if verdict.observed is None else f"observed {format_value(verdict.observed, verdict.unit)}{bounds}; "
    return f"{verdict.assertion}: {observed}{explain_verdict(verdict)}"


def _properties(report: Report) -> Iterator[tuple[str, str]]:
    yield "run", report.run.id
    yield "command", report.run.command
    yield "verdict", summarise_verdicts(report)
    yield "exit_code", str(int(report.exit_code))
    if report.run.git_commit is not None:
        yield "git_commit", report.run.git_commit


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return _NOT_XML.sub("?", text)
