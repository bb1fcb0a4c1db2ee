"""Voice notes in a load: sent, heard and answered where that can be; else left out, and the run says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from cabanas.audio import AudioUnavailable, has_audio
from cabanas_perf.cli.loadtest import loadtest
from cabanas_perf.load.scenario import find_scenario
from cabanas_perf.workloads import transcription

# Timed against a clock, on all the cores that there are.
pytestmark = pytest.mark.serial

USERS = find_scenario("full").parent / "users"
SCENARIO = f"""
model = "open"
timeout_s = 5
warmup_s = 1
user_files = ["{USERS / "whatsapp.py"}"]

[mix]
MIX = 1

[[stage]]
duration_s = 7
rate_rps = 1
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)

    def run(mix, *arguments):
        (tmp_path / "notes.toml").write_text(SCENARIO.replace("MIX", f'"{mix}"'))
        app = typer.Typer()
        app.command()(loadtest)
        return CliRunner().invoke(
            app, [str(tmp_path / "notes.toml"), *arguments, "--output", str(tmp_path), "--no-abort", "--json"]
        )

    return run


@pytest.mark.skipif(not has_audio(), reason="needs the audio extra")
def test_voice_notes_are_heard_and_judged_by_their_replies(run):
    report = json.loads(run("WhatsAppWebhookUser.webhook-audio").stdout)
    (notes,) = report["workloads"]
    assert (notes["name"], notes["errors"]) == ("webhook-audio", 0)
    assert notes["ok"] >= 5
    # The download alone takes two seconds; WhatsApp is answered before it begins.
    assert notes["latency_ms"]["p50"] > 2000 > notes["ack_latency_ms"]["p50"]
    assert report["audit"]["passed"]
    (judged,) = (one for one in report["verdicts"] if one["objective"] == "webhook-audio-p95")
    assert judged["verdict"] != "not_in_scope"
    assert judged["samples"] == notes["ok"]


def test_where_nobody_hears_them_they_are_left_out_and_the_report_says_so(run, monkeypatch):
    def refuse():
        raise AudioUnavailable("install the extra")

    monkeypatch.setattr(transcription, "require_audio", refuse)
    report = json.loads(run("WhatsAppWebhookUser", "--rate", "20", "-t", "4s").stdout)
    (left_out,) = report["load"]["left_out"].items()
    assert left_out == ("webhook-audio", "install the extra")
    assert report["load"]["mix"] == {"webhook-text": 1.0}
    (judged,) = (one for one in report["verdicts"] if one["objective"] == "webhook-audio-p95")
    assert (judged["verdict"], judged["reason"]) == ("not_in_scope", left_out[1])


def test_a_load_of_nothing_else_is_refused_where_nobody_hears_it(run):
    result = run("WhatsAppWebhookUser.webhook-audio", "--host", "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert "take webhook-audio out of the mix" in result.stderr


@pytest.mark.parametrize(
    ("voice_notes", "tasks"), [("", {"send_text": 9}), ("sample-1,sample-2", {"send_text": 9, "send_voice_note": 1})]
)
def test_one_message_in_ten_is_a_voice_note_where_there_are_recordings(voice_notes, tasks):
    script = (
        "import json, sys; from collections import Counter; sys.path.insert(0, sys.argv[1]);"
        "from whatsapp import WhatsAppWebhookUser as User;"
        "print(json.dumps(Counter(task.__name__ for task in User.tasks)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(USERS)],
        env={**os.environ, "CABANAS_PERF_LOAD_VOICE_NOTES": voice_notes},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == tasks
