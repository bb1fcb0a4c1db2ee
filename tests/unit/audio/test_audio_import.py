import json
import subprocess
import sys

import pytest

import cabanas.audio
from cabanas.audio import AudioUnavailable, Transcriber, availability, errors, transcribe

HEAVY = ["av", "ctranslate2", "faster_whisper", "huggingface_hub", "numpy", "onnxruntime", "tokenizers"]


def test_importing_the_package_loads_nothing_heavy():
    script = f"import cabanas.audio, json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == []


@pytest.mark.parametrize("start", [lambda: transcribe(b"some bytes"), Transcriber])
def test_without_the_extra_the_error_says_what_to_install(monkeypatch, start):
    monkeypatch.setattr(availability, "_NEEDED", ("no_such_library",))
    with pytest.raises(AudioUnavailable, match=r"pip install 'cabanas-perf\[audio\]'"):
        start()


def test_every_error_keeps_its_kind_across_processes():
    kinds = [errors.AudioRejected, *errors.AudioError.__subclasses__(), *errors.AudioRejected.__subclasses__()]
    assert len(kinds) > 10
    for kind in kinds:
        rebuilt = errors.error_named(kind.__name__, "why")
        assert type(rebuilt) is kind
        assert str(rebuilt) == "why"


def test_a_foreign_error_becomes_a_failure_that_names_it():
    rebuilt = errors.error_named("MemoryError", "")
    assert type(rebuilt) is errors.TranscriptionFailed
    assert "MemoryError" in str(rebuilt)


def test_everything_public_is_there():
    assert all(hasattr(cabanas.audio, name) for name in cabanas.audio.__all__)
