"""A stored report judged again: by what it measured, and never better than it was."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cabanas_perf.cli.main import app
from cabanas_perf.load.guards import GuardResult, judge_guards
from cabanas_perf.report.build import build_verdict
from cabanas_perf.report.files import read_report, render_json
from cabanas_perf.report.observe import read_judgement
from cabanas_perf.report.record import Audit, Finding, Load, Overall, Query, VerdictRecord
from cabanas_perf.runners.gate import judge_again
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.file import find_slo_file, load_objectives
from cabanas_perf.slo.verdict import Verdict
from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS

SLO = load_objectives(find_slo_file(), workloads=OBJECTIVE_WORKLOADS)


@pytest.fixture
def report():
    """A good run of NLU and health."""
    stored = read_report(Path(__file__).parents[2] / "data" / "reports" / "profile.json")
    (nlu,) = (one for one in stored.workloads if one.name == "nlu")
    return stored.model_copy(update={"workloads": (nlu,), "verdicts": (), "audit": None})


def judged(report, slo_set="default"):
    again = judge_again(report, SLO, slo_set)
    return {one.objective: one.verdict for one in again.verdicts if one.verdict is not Verdict.NOT_IN_SCOPE}, again


def guard(name="cpu"):
    return build_verdict(judge_guards([GuardResult(name, passed=False, detail="busy")])[0])


def test_a_good_report_passes(report):
    verdicts, again = judged(report)
    assert verdicts == {"nlu-mean": Verdict.MET}
    assert (again.exit_code, again.verdict) == (ExitCode.MET, Overall.MET)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"complete": False}, ExitCode.INCONCLUSIVE),
        ({"audit": Audit(source="database", passed=False)}, ExitCode.MISSED),
        ({"audit": Audit(source="http", passed=None)}, ExitCode.INCONCLUSIVE),
        ({"exit_code": ExitCode.TARGET_NOT_REACHED}, ExitCode.TARGET_NOT_REACHED),
        ({"workloads": ()}, ExitCode.INCONCLUSIVE),
        ({"verdicts": (guard(),)}, ExitCode.INCONCLUSIVE),
        ({"parts": ("nlu", "audio")}, ExitCode.INCONCLUSIVE),
        ({"parts": ("nlu", "load")}, ExitCode.INCONCLUSIVE),
        ({"parts": ("nlu",)}, ExitCode.MET),
    ],
)
def test_what_was_not_earned_does_not_pass(report, changes, code):
    of_run = {name: changes.pop(name) for name in ("complete", "parts") if name in changes}
    changed = report.model_copy(update={**changes, "run": report.run.model_copy(update=of_run)})
    assert judged(changed)[1].exit_code is code


def test_failures_miss_in_a_profile(report):
    failed = report.workloads[0].model_copy(update={"errors": 1, "outcomes": {"ok": 299, "error/500": 1}})
    verdicts, again = judged(report.model_copy(update={"workloads": (failed,)}))
    assert verdicts["nlu-failures"] is Verdict.MISSED
    assert again.exit_code is ExitCode.MISSED


def test_what_no_file_asks_for_stays_as_it_was(report):
    changed = guard().model_copy(update={"objective": "plan-changes", "verdict": Verdict.MISSED, "reason": "2 plans"})
    verdicts, again = judged(report.model_copy(update={"verdicts": (changed,)}))
    assert verdicts["plan-changes"] is Verdict.MISSED
    assert again.exit_code is ExitCode.MISSED
    assert judge_again(again, SLO, "default") == again


def test_a_verdict_of_its_own_survives_the_way_there_and_back():
    record = guard()
    assert record.built_in
    assert build_verdict(read_judgement(record)) == record


def test_an_objective_of_the_old_file_is_not_kept(report):
    old = judge_again(report, SLO, "default").verdicts
    assert {
        one.objective
        for one in judge_again(report.model_copy(update={"verdicts": old}), SLO, "strict").verdicts
        if "strict" not in one.objective
    } == set()


def test_a_workload_that_could_not_be_measured_stays_in_scope(report):
    missing = next(one for one in judge_again(report, SLO, "default").verdicts if one.objective == "transcription-wer")
    asked = missing.model_copy(update={"verdict": Verdict.INCONCLUSIVE})
    verdicts, again = judged(report.model_copy(update={"verdicts": (asked,)}))
    assert verdicts["transcription-wer"] is Verdict.INCONCLUSIVE
    assert again.exit_code is ExitCode.INCONCLUSIVE


def explained(*severities, is_explained=True):
    findings = tuple(Finding(rule="seq-scan", severity=one, message="m") for one in severities)
    return Query(name="q", statement="SELECT 1", findings=findings, explained=is_explained)


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        (explained(), Verdict.MET),
        (explained("warning"), Verdict.MET),
        (explained("warning", "error"), Verdict.MISSED),
        (explained(is_explained=False), Verdict.INCONCLUSIVE),
    ],
)
def test_plans_are_judged_from_their_findings(report, query, verdict):
    plans = report.model_copy(update={"workloads": (), "queries": (query,)})
    verdicts, _ = judged(plans, "strict")
    assert verdicts == {"strict-database-plans": verdict}


def load_report(report, **changes):
    load = Load(scenario="s", model="open", duration_s=10, **changes)
    workload = report.workloads[0].model_copy(update={"name": "prereservation", "via": "http"})
    return report.model_copy(update={"workloads": (workload,), "load": load})


def test_a_load_report_is_judged_as_a_load(report):
    verdicts, _ = judged(load_report(report))
    assert verdicts == {
        "prereservation-p95": Verdict.MET,
        "prereservation-accepted": Verdict.MET,
        "load-error-rate": Verdict.MET,
    }


def test_what_a_scenario_is_not_meant_to_meet_is_left_out(report):
    verdicts, _ = judged(load_report(report, out_of_scope=("prereservation-accepted",)))
    assert "prereservation-accepted" not in verdicts


def test_the_parts_of_a_check_are_judged_apart(report):
    slow = report.workloads[0].model_copy(update={"name": "prereservation", "errors": 100, "requests": 1100})
    whole = report.model_copy(
        update={
            "run": report.run.model_copy(update={"parts": ("nlu", "load"), "skipped": ("audio",)}),
            "load": Load(scenario="check", model="open", duration_s=10, judged=(slow,)),
        }
    )
    verdicts, again = judged(whole)
    assert verdicts["nlu-mean"] is Verdict.MET
    assert verdicts["prereservation-p95@load"] is Verdict.MET
    assert verdicts["load-error-rate"] is Verdict.MISSED
    assert "webhook-audio-p95" not in verdicts
    assert again.exit_code is ExitCode.MISSED


def test_the_command_writes_every_surface(report, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "report.json"
    path.write_text(
        render_json(load_report(report).model_copy(update={"queries": (explained("error"),)})), encoding="utf-8"
    )
    (tmp_path / "summary.md").write_text("before\n", encoding="utf-8")
    ran = CliRunner().invoke(
        app,
        ["gate", str(path), "--json", "--junit", "out/junit.xml", "--summary", "summary.md", "--sarif", "plans.sarif",
         "--prometheus", "metrics.prom", "--annotations"],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["schema"] == "cabanas-perf/report/1"
    assert "::error title=q%3A seq-scan" in ran.stderr
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("before\n## cabanas-perf")
    assert "prereservation-p95" in (tmp_path / "out" / "junit.xml").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "plans.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "cabanas_perf_exit_code 0.0" in (tmp_path / "metrics.prom").read_text(encoding="utf-8")


def test_a_statement_is_placed_in_the_checkout(report, monkeypatch, tmp_path):
    root = Path(__file__).parents[3]
    monkeypatch.chdir(root)
    path = tmp_path / "report.json"
    query = explained("error").model_copy(update={"name": "check_overlap"})
    path.write_text(render_json(report.model_copy(update={"queries": (query,)})), encoding="utf-8")
    CliRunner().invoke(app, ["gate", str(path), "--sarif", str(tmp_path / "s.sarif")])
    (result,) = json.loads((tmp_path / "s.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert (root / uri).name == "check_overlap.sql"
    assert (root / uri).is_file()


def test_old_reports_without_the_flag_can_be_read():
    fields = json.loads(guard().model_dump_json())
    del fields["built_in"]
    assert VerdictRecord.model_validate(fields).built_in is False
