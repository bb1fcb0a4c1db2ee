from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.renderers.junit import render_junit
from cabanas_perf.report.files import read_report
from cabanas_perf.report.record import Audit, AuditCheck, Overall
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.verdict import Verdict

DATA = Path(__file__).parents[2] / "data"


def cases_of(report):
    return {case.get("name"): case for case in ET.fromstring(render_junit(report)).iter("testcase")}


def colour_of(case):
    return next((child.tag for child in case), "green")


def test_one_case_an_objective_and_what_is_not_proven_is_red(report):
    cases = cases_of(report)
    assert {name: colour_of(case) for name, case in cases.items()} == {
        "prereservation-p95": "green",
        "webhook-text-p95": "skipped",
        "webhook-audio-p95": "skipped",
        "health-p95": "error",
        "nlu-mean": "green",
        "prereservation-accepted": "green",
        "prereservation-failures": "failure",
        "audit": "green",
    }
    assert "more sample" in cases["health-p95"][0].get("message")


def test_the_counts_are_those_of_the_cases(report):
    suite = ET.fromstring(render_junit(report)).find("testsuite")
    counted = {"failure": 0, "error": 0, "skipped": 0}
    for case in suite.iter("testcase"):
        for child in case:
            counted[child.tag] += 1
    assert {
        "failure": int(suite.get("failures")),
        "error": int(suite.get("errors")),
        "skipped": int(suite.get("skipped")),
    } == counted
    assert int(suite.get("tests")) == len(list(suite.iter("testcase")))


@pytest.mark.parametrize(
    ("audit", "colour"),
    [
        (Audit(source="database", passed=True), "green"),
        (Audit(source="database", passed=None, detail="gone"), "error"),
        (
            Audit(
                source="database",
                passed=False,
                checks=(AuditCheck(name="no overlap", passed=False, expected=0, found=1),),
            ),
            "failure",
        ),
    ],
)
def test_the_audit_is_a_case(report, audit, colour):
    assert colour_of(cases_of(report.model_copy(update={"audit": audit}))["audit"]) == colour


def test_a_partial_report_has_a_red_case(report):
    partial = report.model_copy(update={"run": report.run.model_copy(update={"complete": False})})
    assert colour_of(cases_of(partial)["complete"]) == "error"


@pytest.mark.parametrize("code", [code for code in ExitCode if code is not ExitCode.MET])
def test_no_bad_end_is_all_green(report, code):
    bare = report.model_copy(update={"verdicts": (), "audit": None, "exit_code": code, "verdict": Overall.INCONCLUSIVE})
    assert [colour_of(case) for case in cases_of(bare).values()] == ["error"]


def test_a_good_end_has_no_case_of_its_own(report):
    good = tuple(one for one in report.verdicts if one.verdict is Verdict.MET)
    met = report.model_copy(update={"verdicts": good, "exit_code": ExitCode.MET, "verdict": Overall.MET})
    assert {colour_of(case) for case in cases_of(met).values()} == {"green"}


@given(text=st.text())
def test_any_text_makes_xml_that_can_be_read(text):
    report = read_report(DATA / "reports" / "profile.json")
    verdict = report.verdicts[3].model_copy(update={"reason": text, "objective": text})
    run = report.run.model_copy(update={"command": text})
    ET.fromstring(render_junit(report.model_copy(update={"verdicts": (verdict,), "run": run})))


def test_it_validates_against_the_schema(report, tmp_path):
    schema = xmlschema.XMLSchema(DATA / "schemas" / "junit-10.xsd")
    run = report.run.model_copy(update={"complete": False, "started_at": datetime(2025, 1, 2, 3, 4, 5, 678900, UTC)})
    for each in (report, report.model_copy(update={"run": run}), report.model_copy(update={"verdicts": ()})):
        schema.validate(render_junit(each))
