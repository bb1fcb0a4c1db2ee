import json
from pathlib import Path

import pytest

from cabanas.audio import ModelUnavailable, models


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A machine without packages, caches and settings."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.delenv(models.DIRECTORY_VARIABLE, raising=False)
    monkeypatch.setattr(models, "_PACKAGES", ("no_such_package",))
    return tmp_path


@pytest.fixture
def packages(alone, monkeypatch):
    """Two small model packages with a digest of their own."""
    site = alone / "site"
    parts = {
        "whisper_one": {"model.bin.part1": b"abc"},
        "whisper_two": {"model.bin.part2": b"de", "config.json": b"{}"},
    }
    for name, files in parts.items():
        (site / name / "data").mkdir(parents=True)
        (site / name / "__init__.py").touch()
        for file, content in files.items():
            (site / name / "data" / file).write_bytes(content)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(models, "_PACKAGES", tuple(parts))
    monkeypatch.setattr(models, "_PACKAGED_BYTES", 5)
    monkeypatch.setattr(models, "_PACKAGED_SHA256", "36bbe50ed96841d10443bcb670d6554f0a34b761be67ec9c4a8ad2c0c44ca42c")
    return site


def folder_with(root: Path, *sizes: str) -> Path:
    for size in sizes:
        (root / size).mkdir(parents=True)
        (root / size / "model.bin").write_bytes(b"model")
    return root


def test_a_machine_without_models_is_told_what_to_do(alone):
    with pytest.raises(ModelUnavailable, match=r"cabanas-perf\[audio\].*CABANAS_WHISPER_DIR"):
        models.find_models()


def test_a_folder_per_size_is_found_by_argument_or_variable(alone, monkeypatch):
    folder = folder_with(alone / "models", "tiny", "small")
    expected = {"tiny": folder / "tiny", "small": folder / "small"}
    assert models.find_models(folder) == expected
    monkeypatch.setenv(models.DIRECTORY_VARIABLE, str(folder))
    assert models.find_models() == expected


def test_a_given_folder_without_models_is_an_error_and_not_ignored(packages, tmp_path):
    with pytest.raises(ModelUnavailable, match="holds no model"):
        models.find_models(tmp_path / "typo")


def test_packages_are_joined_once_and_fill_in_for_the_folder(packages, alone):
    folder = folder_with(alone / "models", "small")
    found = models.find_models(folder)
    assert found["small"] == folder / "small"
    assert (found["base"] / "model.bin").read_bytes() == b"abcde"
    assert json.loads((found["base"] / "config.json").read_text()) == {}
    joined_at_ns = (found["base"] / "model.bin").stat().st_mtime_ns
    assert models.find_models(folder) == found
    assert (found["base"] / "model.bin").stat().st_mtime_ns == joined_at_ns


def test_a_cached_model_cut_short_is_joined_again(packages):
    model = models.find_models()["base"] / "model.bin"
    model.write_bytes(b"abc")
    assert (models.find_models()["base"] / "model.bin").read_bytes() == b"abcde"


def test_packages_that_do_not_match_their_checksum_are_refused_and_leave_nothing(packages):
    (packages / "whisper_two" / "data" / "model.bin.part2").write_bytes(b"xx")
    with pytest.raises(ModelUnavailable, match="checksum"):
        models.find_models()
    assert [path.name for path in models.cache_directory().iterdir()] == [".lock"]


def test_a_cache_that_cannot_be_written_is_named(packages, monkeypatch):
    blocker = packages / "file"
    blocker.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocker))
    with pytest.raises(ModelUnavailable, match="XDG_CACHE_HOME"):
        models.find_models()


def test_the_local_hugging_face_cache_counts(alone):
    repository = alone / "hf" / "hub" / "models--Systran--faster-whisper-tiny"
    folder_with(repository / "snapshots", "abc123")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc123\n")
    assert models.find_models() == {"tiny": repository / "snapshots" / "abc123"}
