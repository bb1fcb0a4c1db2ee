"""How long a voice note takes, warm, in process. Needs the extra ``audio``; side by side runs: audio_speed.py."""

import pytest

pytest.importorskip("faster_whisper")

from cabanas.audio.decode import decode
from cabanas.audio.engine import Engine
from cabanas.audio.models import find_models
from cabanas_perf.workloads.clips import CLIPS_FOLDER


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine(find_models())
    engine.warm_up()
    return engine


@pytest.mark.parametrize("name", ["d05_00.ogg", "d15_01.ogg", "d40_02.ogg"])
def test_decode(benchmark, name):
    data = (CLIPS_FOLDER / name).read_bytes()
    assert benchmark(decode, data, max_duration_s=60).duration_s > 4


@pytest.mark.parametrize("name", ["d05_00.ogg", "d15_01.ogg", "d40_02.ogg"])
def test_transcribe(benchmark, engine, name):
    sound = decode((CLIPS_FOLDER / name).read_bytes(), max_duration_s=60)
    assert benchmark.pedantic(engine.transcribe, args=(sound,), rounds=3).text
