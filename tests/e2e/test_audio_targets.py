"""Voice notes from the command line, with the extra and without it."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import cabanas_perf.report
from cabanas.audio import has_audio

SCHEMA = json.loads((Path(cabanas_perf.report.__file__).parent / "schema.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(not has_audio(), reason="the extra audio is not installed")
@pytest.mark.parametrize("via", ["direct", "http"])
def test_transcription_is_judged_by_its_words(command, via):
    ran = command("profile", "transcription", "--via", via, "--warmup", "1", "--profiler", "none", "--json")
    assert ran.code == 0, ran.err
    Draft202012Validator(SCHEMA).validate(ran.report)
    (workload,) = ran.report["workloads"]
    assert workload["ok"] == 13
    assert workload["wer"]["samples"] == 13
    assert workload["wer"]["low"] < workload["wer"]["ratio"] < workload["wer"]["high"] < 0.25
    assert [note.partition(":")[0] for note in workload["notes"]] == [
        "notes of under 10 s",
        "notes of 10 to 30 s",
        "notes of 30 s and more",
    ]
    stages = [stage["name"] for stage in workload["stages"]]
    assert set(stages) >= {"decode", "vad", "encode", "transcribe", "process_segments"}
    assert ("model_load" in stages) == (via == "direct")
    assert workload["cpu_ms_per_request"] is None
    (verdict,) = (one for one in ran.report["verdicts"] if one["objective"] == "transcription-wer")
    assert verdict["verdict"] == "met"


@pytest.mark.parametrize("target", ["transcription", "webhook-audio"])
def test_without_the_extra_the_target_says_what_to_install(command, without_audio, target):
    ran = command("profile", target, **without_audio)
    assert ran.code == 2
    assert f"{target} cannot be profiled here" in ran.err
    assert "pip install 'cabanas-perf[audio]'" in ran.err
