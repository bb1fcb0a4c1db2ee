"""The command as users run it: a process of its own, with its own folder."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from cabanas.embedded import EmbeddedServers, provide_servers

TIMEOUT_S = 120


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(self.out)


def clean_environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return {**kept, "COLUMNS": "80", **extra}


Command = Callable[..., Ran]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run ``cabanas-perf`` in an empty folder and wait for its end."""

    def run(*arguments: str, **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "cabanas_perf", *arguments],
            cwd=tmp_path,
            env=clean_environment(**environment),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``cabanas-perf`` in the background; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "cabanas_perf", *arguments],
            cwd=tmp_path,
            env=clean_environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture(scope="session")
def own_servers() -> Iterator[EmbeddedServers]:
    """Somebody's own servers, as far as the command can tell."""
    with provide_servers(durable=False) as servers:
        yield servers


def descendants(pid: int) -> list[psutil.Process]:
    """The processes that a command started, its guardian and its servers included."""
    return psutil.Process(pid).children(recursive=True)


@pytest.fixture
def family() -> Callable[[int], list[psutil.Process]]:
    return descendants


@pytest.fixture
def without_audio(tmp_path: Path) -> dict[str, str]:
    """Environment of an interpreter that finds none of the extra's libraries."""
    folder = tmp_path / "hidden"
    folder.mkdir()
    hidden = "import sys\nfor name in ('av', 'ctranslate2', 'faster_whisper', 'numpy'):\n    sys.modules[name] = None\n"
    (folder / "sitecustomize.py").write_text(hidden)
    return {"PYTHONPATH": str(folder)}
