"""Markdown, annotations, SARIF and Prometheus text."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from tests.unit.renderers.made_up_findings import finding, with_findings

from cabanas_perf.renderers import annotations, sarif
from cabanas_perf.renderers.annotations import render_annotations
from cabanas_perf.renderers.markdown import render_markdown
from cabanas_perf.renderers.prometheus import render_prometheus
from cabanas_perf.renderers.sarif import render_sarif
from cabanas_perf.report.files import read_report
from cabanas_perf.report.record import Audit, AuditCheck
from cabanas_perf.slo.verdict import Verdict

DATA = Path(__file__).parents[2] / "data"
COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\n]*)::([^\r\n]*)")
SAMPLE = re.compile(r'([a-z_]+)(?:\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+\})? (\S+)')


def many_missed(report, count):
    missed = next(one for one in report.verdicts if one.verdict is Verdict.MISSED)
    return report.model_copy(
        update={"verdicts": tuple(missed.model_copy(update={"objective": f"o-{n}"}) for n in range(count))}
    )


def test_markdown_shows_the_worst_first(report):
    text = render_markdown(report)
    order = [text.index(name) for name in ("prereservation-failures", "health-p95", "prereservation-p95 ")]
    assert order == sorted(order)
    assert text.startswith("## cabanas-perf: missed")
    assert "Not in scope: webhook-text-p95, webhook-audio-p95" in text


def test_markdown_keeps_to_its_limit_and_counts_what_it_leaves_out(report):
    long = many_missed(report, 3000)
    text = render_markdown(long, limit_bytes=20_000)
    assert len(text.encode()) <= 20_000
    left_out = int(re.search(r"_(\d+) more lines are left out", text)[1])
    whole = render_markdown(long).splitlines()
    # Two of the lines that are there say what is not.
    assert len(text.splitlines()) - 2 + left_out == len(whole)
    assert "left out here" not in "\n".join(whole)


def test_markdown_of_a_full_summary_is_a_note_alone(report):
    assert "left out here" in render_markdown(report, limit_bytes=100)


@given(text=st.text(min_size=1))
def test_no_text_breaks_out_of_its_row(text):
    report = read_report(DATA / "reports" / "profile.json")
    verdict = report.verdicts[0].model_copy(update={"objective": text, "reason": text})
    rows = [
        line for line in render_markdown(report.model_copy(update={"verdicts": (verdict,)})).split("\n") if "✓" in line
    ]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", rows[0])) == 7


def test_annotations_name_what_failed_and_how_severely(report):
    found = with_findings(report, finding(severity="info"))
    found = found.model_copy(
        update={"audit": Audit(source="database", passed=False, checks=(AuditCheck(name="no overlap", passed=False),))}
    )
    levels = [(match[1], match[2]) for match in COMMAND.finditer(render_annotations(found))]
    assert levels == [
        ("error", "Audit failed"),
        ("error", "prereservation-failures missed"),
        ("warning", "health-p95 inconclusive"),
        ("notice", "check_overlap%3A seq-scan"),
    ]


def test_annotations_over_the_limit_are_counted(report):
    lines = render_annotations(many_missed(report, 25)).splitlines()
    assert len(lines) == annotations.LIMIT
    assert "title=16 more::" in lines[-1]


@given(text=st.text(min_size=1))
def test_an_annotation_is_one_command_whatever_it_says(text):
    report = read_report(DATA / "reports" / "profile.json")
    verdict = report.verdicts[3].model_copy(update={"objective": text, "reason": text})
    rendered = render_annotations(report.model_copy(update={"verdicts": (verdict,), "workloads": ()}))
    assert COMMAND.fullmatch(rendered.removesuffix("\n"))


def test_annotations_of_a_good_report_are_none(report):
    good = tuple(one for one in report.verdicts if one.verdict is Verdict.MET)
    assert render_annotations(report.model_copy(update={"verdicts": good})) == ""


def test_sarif_validates_and_places_statements(report):
    schema = json.loads((DATA / "schemas" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    found = with_findings(
        report,
        finding("warning"),
        finding("error", rule="misestimate", fix="ANALYZE", node="Seq Scan on x", path=(0, 1)),
        workload_findings=[finding("error", rule="n-plus-1")],
    )
    document = json.loads(render_sarif(found, locate={"check_overlap": "sql/check_overlap.sql"}.get))
    Draft4Validator(schema).validate(document)
    results = document["runs"][0]["results"]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("misestimate", "error"),
        ("n-plus-1", "error"),
        ("seq-scan", "warning"),
    ]
    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "sql/check_overlap.sql"
    assert "physicalLocation" not in results[1]["locations"][0]
    assert all(
        document["runs"][0]["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"] for one in results
    )


def test_sarif_knows_a_finding_again(report):
    documents = [
        json.loads(render_sarif(with_findings(report, finding(message=text)), locate=lambda _: None))
        for text in ("reads 10 rows", "reads 12 rows")
    ]
    first, second = (one["runs"][0]["results"][0]["partialFingerprints"] for one in documents)
    assert first == second


def test_sarif_counts_what_is_over_the_limit(report, monkeypatch):
    monkeypatch.setattr(sarif, "RESULTS_LIMIT", 2)
    found = with_findings(report, *(finding(rule=f"r{n}") for n in range(5)))
    run = json.loads(render_sarif(found, locate=lambda _: None))["runs"][0]
    assert len(run["results"]) == 2
    assert "3 milder findings" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_without_findings_validates(report):
    schema = json.loads((DATA / "schemas" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    Draft4Validator(schema).validate(json.loads(render_sarif(report, locate=lambda _: None)))


def test_prometheus_text_is_in_base_units(report):
    lines = render_prometheus(report).splitlines()
    latency = report.workloads[0].latency_ms
    assert (
        f'cabanas_perf_latency_seconds{{workload="nlu",run="profile",quantile="0.95"}} {latency.p95 / 1000!r}' in lines
    )
    assert 'cabanas_perf_objective_met{objective="health-p95",workload="health"} -1.0' in lines
    assert 'cabanas_perf_objective_met{objective="prereservation-failures",workload="prereservation"} 0.0' in lines
    assert not any("webhook-audio-p95" in line for line in lines)


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_prometheus_lines_hold_whatever_a_name_is(text):
    report = read_report(DATA / "reports" / "profile.json")
    verdict = report.verdicts[0].model_copy(update={"objective": text})
    rendered = render_prometheus(report.model_copy(update={"verdicts": (verdict,)}))
    for line in rendered.split("\n")[:-1]:
        assert line.startswith("# ") or SAMPLE.fullmatch(line), line


@pytest.mark.parametrize("render", [render_markdown, render_annotations, render_prometheus])
def test_a_partial_report_says_so_or_shows_its_code(report, render):
    partial = report.model_copy(update={"run": report.run.model_copy(update={"complete": False})})
    assert "partial" in render(partial) or "exit_code 1" in render(partial)
