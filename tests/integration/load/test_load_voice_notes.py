"""Voice notes in a load: sent, heard and answered where that can be; else left out, and the run says so."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest
import typer
from typer.testing import CliRunner

from cabanas.audio import AudioUnavailable, has_audio
from cabanas_perf.cli.loadtest import loadtest
from cabanas_perf.load.scenario import find_scenario, load_scenario
from cabanas_perf.runners.databases import DataSize
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.target import TargetOptions, open_target
from cabanas_perf.runners.voice_notes import give_voice_notes
from cabanas_perf.workloads import transcription
from cabanas_perf.workloads.base import Need, Via

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

    def run(mix, *arguments, scenario=str(tmp_path / "notes.toml")):
        (tmp_path / "notes.toml").write_text(SCENARIO.replace("MIX", f'"{mix}"'))
        app = typer.Typer()
        app.command()(loadtest)
        mixed = ["--user-classes", f"{mix}:1"] if scenario == "capacity" else []
        return CliRunner().invoke(
            app, [scenario, *mixed, *arguments, "--output", str(tmp_path), "--no-abort", "--json"]
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


@pytest.mark.skipif(not has_audio(), reason="needs the audio extra")
@pytest.mark.parametrize("hears", [True, False])
def test_the_recogniser_is_ready_before_the_load_begins_where_it_is_needed(monkeypatch, hears):
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)
    with open_target(
        TargetOptions(Via.HTTP), needs=frozenset(Need), writes=True, size=DataSize(), say=lambda _: None, hears=hears
    ) as target:
        processes = psutil.Process(target.service.pid).children(recursive=True)
        recognisers = [each for each in processes if any("cabanas.audio.worker" in word for word in each.cmdline())]
        assert bool(recognisers) is hears
        notes = load_scenario(find_scenario("quick"))
        short, every = (
            give_voice_notes(target, replace(notes, voice_notes_up_to_s=up_to_s)) for up_to_s in (10, math.inf)
        )
        assert 0 < len(short) < len(every)
        with pytest.raises(RunError, match="as short as 1 s"):
            give_voice_notes(target, replace(notes, voice_notes_up_to_s=1))


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


def test_a_load_from_other_machines_leaves_them_out(run):
    result = run("WhatsAppWebhookUser.webhook-audio", "--master", "--expect-workers", "1")
    assert result.exit_code == 2
    assert "workers on other machines" in result.stderr


def test_a_search_leaves_them_out(run):
    result = run("WhatsAppWebhookUser.webhook-audio", scenario="capacity")
    assert result.exit_code == 2
    assert "a search would find" in result.stderr


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
