"""A check in which something went wrong never ends with 0; the same check without the sabotage does."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from cabanas_perf.cli.check import check
from cabanas_perf.cli.gate import gate
from cabanas_perf.load.scenario import Overrides, find_scenario, load_scenario, override
from cabanas_perf.report.files import read_report
from cabanas_perf.runners.check import CheckOptions, run_check
from cabanas_perf.runners.check_parts import choose_parts, part_names
from cabanas_perf.runners.stop import Stop
from cabanas_perf.runners.target import TargetOptions
from cabanas_perf.slo.file import find_slo_file, load_objectives
from cabanas_perf.slo.objective import DEFAULT_SET
from cabanas_perf.slo.verdict import Verdict
from cabanas_perf.workloads import transcription, webhook_audio
from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS, load_workload

MET, MISSED, USAGE, INCONCLUSIVE, NOT_REACHED = range(5)
NLU = '[[objective]]\nid = "nlu"\nworkload = "nlu"\nindicator = "{}"\nassert = "{}"\n'


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a verb in an empty folder; answers with its exit code and, where there is one, its report."""
    monkeypatch.chdir(tmp_path)
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)

    def run(verb, *arguments):
        app = typer.Typer()
        app.command()(verb)
        result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        return result.exit_code, json.loads(result.stdout) if result.stdout.startswith("{") else None

    return run


@pytest.fixture
def check_database(run, servers, copied_database):
    """Checks a copy of the database that the statements have spoilt."""

    def check_it(*arguments, spoilt_by=()):
        url = copied_database(*spoilt_by)
        return run(check, "--database-url", url, "--redis-url", servers.redis_url, *arguments)

    return check_it


def verdicts_of(report):
    return {one["objective"]: one["verdict"] for one in report["verdicts"] if one["verdict"] != "not_in_scope"}


def test_without_sabotage_the_service_passes(check_database, run, tmp_path):
    code, report = check_database("--only", "plans,prereservation,health,database")
    assert code == MET, report["verdicts"]
    assert verdicts_of(report) == dict.fromkeys(
        ("prereservation-p95", "health-p95", "database-p95", "prereservation-accepted", "plan-errors"), "met"
    )
    assert report["run"]["parts"] == ["plans", "prereservation", "health", "database"]
    assert report["run"]["skipped"] == ["nlu", "webhooks", "audio", "load"]
    (path,) = (tmp_path / "profiles").glob("profiling_report_*.json")
    again_code, again = run(gate, path)
    assert (again_code, verdicts_of(again)) == (MET, verdicts_of(report))


LOST_ROWS = """
CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN DELETE FROM reservations WHERE id = NEW.id; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER lose AFTER INSERT ON reservations DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION lose()
"""
DROPPED_CONSTRAINT = "ALTER TABLE reservations DROP CONSTRAINT no_overlap_reservations"


@pytest.mark.parametrize(
    ("part", "statements", "code"),
    [
        ("prereservation", [DROPPED_CONSTRAINT], MISSED),
        ("health", [DROPPED_CONSTRAINT], MISSED),
        ("plans", [DROPPED_CONSTRAINT], INCONCLUSIVE),
        ("prereservation", ["TRUNCATE accommodations CASCADE"], MISSED),
        ("prereservation", [LOST_ROWS], MISSED),
        ("plans", ["TRUNCATE reservations CASCADE"], INCONCLUSIVE),
        ("plans", ["DROP TABLE reservations CASCADE"], INCONCLUSIVE),
        ("prereservation", ["DROP TABLE reservations CASCADE"], MISSED),
    ],
)
def test_a_spoilt_database_does_not_pass(check_database, part, statements, code):
    found, report = check_database("--only", part, spoilt_by=statements)
    assert found == code, report


@pytest.mark.parametrize(
    ("mode", "path", "code"),
    [
        ("well", "", MET),
        ("well", "/elsewhere", MISSED),
        ("forbidden", "", MISSED),
        ("taken", "", MISSED),
        ("dying", "", MISSED),
    ],
)
def test_a_host_that_does_not_serve_does_not_pass(run, fake_service, mode, path, code):
    assert run(check, "--host", fake_service(mode) + path, "--only", "prereservation,health")[0] == code


def test_a_host_where_nobody_is_was_not_reached(run, unused_tcp_port_of):
    assert run(check, "--host", f"http://127.0.0.1:{unused_tcp_port_of()}", "--only", "health")[0] == NOT_REACHED


@pytest.fixture
def unused_tcp_port_of():
    def find():
        with socket.create_server(("127.0.0.1", 0)) as server:
            return server.getsockname()[1]

    return find


def test_what_a_host_does_not_show_is_inconclusive(run, fake_service):
    code, report = run(check, "--host", fake_service("well"), "--only", "health,plans,database")
    assert code == INCONCLUSIVE
    reasons = {one["objective"]: one["reason"] for one in report["verdicts"]}
    assert "--audit-dsn" in reasons["plans-ran"]
    assert "without --host" in reasons["database-p95"]


@pytest.mark.parametrize(
    ("slo", "arguments", "code"),
    [
        (NLU.format("latency_ms", "mean < 10ms"), [], MET),
        (NLU.format("latency_ms", "p50 < 0.1us"), [], MISSED),
        (NLU.format("latency_ms", "p99.9 < 1s"), [], INCONCLUSIVE),
        (NLU.format("speed", "mean < 10ms"), [], USAGE),
        (NLU.format("latency_ms", "median < 10ms"), [], USAGE),
        (NLU.format("latency_ms", "mean < 10ms").replace('"nlu"', '"nul"'), [], USAGE),
        # Nobody counts the words of a text.
        (NLU.format("wer", "rate < 10%"), [], INCONCLUSIVE),
        (NLU.format("latency_ms", "mean < 10ms"), ["--strict"], USAGE),
        # Nothing but the plans is in scope then, and no objective speaks of them.
        (NLU.format("latency_ms", "mean < 10ms").replace('"nlu"', '"health"', 2), [], INCONCLUSIVE),
    ],
)
def test_objectives_that_nothing_proves_do_not_pass(run, tmp_path, slo, arguments, code):
    (tmp_path / "mine.toml").write_text(slo, encoding="utf-8")
    assert run(check, "--slo", "mine.toml", "--only", "nlu", *arguments)[0] == code


@pytest.mark.parametrize("arguments", [["--only", "sound"], ["--skip", "sound"], ["--only", "nlu", "--skip", "nlu"]])
def test_an_unknown_part_is_wrong_usage(run, arguments):
    assert run(check, *arguments)[0] == USAGE


def test_a_missing_model_is_inconclusive_unless_audio_is_left_out(run, monkeypatch):
    for module in (transcription, webhook_audio):
        unavailable = replace(module.SPEC, why_unavailable=lambda: "install the extra audio")
        monkeypatch.setattr(module, "SPEC", unavailable)
    code, report = run(check, "--only", "nlu,audio")
    assert code == INCONCLUSIVE
    reasons = {one["objective"]: one["reason"] for one in report["verdicts"]}
    assert reasons["transcription-wer"] == "no data: install the extra audio"
    assert run(check, "--only", "nlu,audio", "--skip", "audio")[0] == MET


class Quiet:
    def say(self, message):
        pass

    def begin(self, title, total, unit="requests"):
        pass

    def advance(self, count):
        pass

    def wants_progress(self):
        return False


SLO = load_objectives(find_slo_file(), workloads=OBJECTIVE_WORKLOADS)


def options_for(tmp_path, *only, **fields):
    parts = choose_parts(part_names(SLO.objectives), only=only)
    defaults = {
        "parts": parts,
        "targets": [load_workload(name) for name in parts.workloads()],
        "scenario": load_scenario(find_scenario("check")),
        "command": "cabanas-perf check",
        "slo": SLO,
        "slo_set": DEFAULT_SET,
        "output": tmp_path,
    }
    return CheckOptions(**{**defaults, **fields})


def test_three_samples_prove_nothing(tmp_path):
    few = [replace(load_workload("nlu"), default_requests=3)]
    result = run_check(options_for(tmp_path, "nlu", targets=few), stop=Stop(), view=Quiet())
    assert result.report.exit_code == INCONCLUSIVE


def test_a_part_that_cannot_be_run_lets_the_others_run(tmp_path, servers):
    where = TargetOptions(database_url=servers.database_url.replace("/cabanas?", "/postgres?"), allow_writes="postgres")
    options = options_for(tmp_path, "plans", "nlu", where=where)
    result = run_check(options, stop=Stop(), view=Quiet())
    verdicts = {one.objective: one.verdict for one in result.report.verdicts}
    assert verdicts["plans-ran"] is Verdict.INCONCLUSIVE
    assert verdicts["nlu-mean"] is Verdict.MET
    assert result.report.exit_code == INCONCLUSIVE
    assert not result.report.run.complete


@pytest.mark.serial
def test_the_load_is_judged_and_audited_in_the_same_report(tmp_path, run):
    short = override(load_scenario(find_scenario("check")), Overrides(rate_rps=50.0, duration_s=9.0, warmup_s=1.0))
    result = run_check(options_for(tmp_path, "health", "load", scenario=short), stop=Stop(), view=Quiet())
    report = result.report
    verdicts = {one.objective: one.verdict for one in report.verdicts if one.verdict is not Verdict.NOT_IN_SCOPE}
    under_load = {"prereservation-p95@load", "webhook-text-p95@load", "webhook-payment-p95@load", "health-p95@load"}
    assert {"health-p95", "prereservation-accepted@load", "load-error-rate", *under_load} <= set(verdicts)
    assert report.exit_code in {MET, INCONCLUSIVE}, report.verdicts
    assert report.audit.passed
    assert any(check.name.startswith("load: ") for check in report.audit.checks)
    assert [one.name for one in report.workloads] == ["health"]
    assert {one.name for one in report.load.judged} >= {"prereservation", "webhook-text", "webhook-payment", "health"}
    code, again = run(gate, result.path)
    assert code == report.exit_code
    assert verdicts_of(again) == {name: verdict.value for name, verdict in verdicts.items()}


def test_an_interrupted_check_writes_a_partial_report_that_never_passes(run, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "cabanas_perf", "check", "--only", "nlu,webhooks"],
        cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if "WhatsApp" in line:
            process.send_signal(signal.SIGINT)
            break
    process.communicate(timeout=60)
    assert process.returncode == 130
    (path,) = (tmp_path / "profiles").glob("profiling_report_*.json")
    assert not read_report(path).run.complete
    assert run(gate, path)[0] != MET
