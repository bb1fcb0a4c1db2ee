"""O7 says what it lacks; with two models it is a measurement of its own."""

import pytest
from tests.unit.optimizations.test_ledger_bench import a_bench

from cabanas.audio import has_audio
from cabanas_perf.runners.optimizations.audio import measure_model_switching


async def test_without_a_folder_of_models_it_is_not_measured():
    measured = await measure_model_switching(a_bench(), None)
    assert (measured.points, measured.headline) == ((), None)
    assert "--models DIR" in measured.reason


@pytest.mark.parametrize(
    ("sizes", "words"), [(("base",), "no model tiny"), (("small",), "no model "), ((), "holds no model")]
)
async def test_a_folder_without_both_models_is_not_enough(tmp_path, monkeypatch, sizes, words):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "no cache"))
    for size in sizes:
        (tmp_path / size).mkdir()
        (tmp_path / size / "model.bin").touch()
    measured = await measure_model_switching(a_bench(), tmp_path)
    assert measured.points == ()
    assert (words if has_audio() else "the extra audio") in measured.reason
