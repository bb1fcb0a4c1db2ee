import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cabanas.embedded.accounts import find_server_account, subprocess_identity

HOLDER = Path(__file__).with_name("holder.py")
SOURCE = Path(__file__).parents[3] / "src"


def process_is_there(pid: int) -> bool:
    """Whether the process runs; one that has ended and only waits to be reaped does not."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(shown.stdout.strip()) and not shown.stdout.strip().startswith("Z")


def command_lines() -> str:
    """The command lines of all processes."""
    if not Path("/proc/self").exists():
        return subprocess.run(["ps", "-ww", "-A", "-o", "command="], capture_output=True, text=True, check=True).stdout
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return "\n".join(lines)


@dataclass
class Holder:
    """A running holder.py and what it said."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]

    @property
    def sockets(self) -> Path:
        return Path(re.search(r"/tmp/cabanas-[0-9a-f]{8}", self.ready["redis_url"])[0])

    @property
    def pids(self) -> dict[str, int]:
        return {name: self.ready[name] for name in ("guardian", "postgres", "redis") if self.ready[name]}

    def end(self, number: int | None = None) -> None:
        """Let the holder end, or send it a signal, and wait for its end."""
        if number is not None:
            self.process.send_signal(number)
        self.process.communicate(timeout=30)

    def wait_until_gone(self, *names: str, within_s: float = 5.0) -> None:
        give_up = time.monotonic() + within_s
        watched = {name: pid for name, pid in self.pids.items() if name in (names or self.pids)}
        while left := [name for name, pid in watched.items() if process_is_there(pid)]:
            assert time.monotonic() < give_up, f"still there after {within_s} s: {left}"
            time.sleep(0.02)


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A directory that the account which runs root's servers can reach; pytest's own is closed to it."""
    directory = Path(tempfile.mkdtemp(prefix="embedded-tests-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def shared_cache(place: Path) -> Iterator[Path]:
    """A cache that keeps its template over the session; checked for leftovers at the end."""
    cache = place / "cache"
    yield cache
    if cache.exists():
        assert [path.name for path in (cache / "instances").iterdir() if path.name != "lock"] == []
        assert f"-D {cache}" not in command_lines()


@pytest.fixture
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CABANAS_CACHE_DIR", str(shared_cache))
    return shared_cache


@pytest.fixture
def fresh_dir(place: Path) -> Iterator[Path]:
    """An empty directory of this test, reachable as `place` is."""
    directory = Path(tempfile.mkdtemp(dir=place))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def start_holder(cache: Path) -> Iterator[Callable[..., Any]]:
    """Start a command that holds servers; gives its Holder, or the running process with `wait=False`."""
    started: list[subprocess.Popen[str]] = []

    def spawn(
        *, env: dict[str, str] | None = None, identity: dict[str, Any] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(HOLDER), json.dumps(options, default=str)],
            env={**os.environ, "PYTHONPATH": str(SOURCE), **(env or {})},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **(identity or {}),
        )
        started.append(process)
        return process

    def start(**options: Any) -> Holder:
        return await_ready(spawn(**options))

    def await_ready(process: subprocess.Popen[str]) -> Holder:
        line = process.stdout.readline()
        assert line, f"the holder ended with status {process.wait()}"
        return Holder(process, json.loads(line))

    start.spawn = spawn
    start.await_ready = await_ready
    yield start
    for process in started:
        process.communicate(timeout=60)


@pytest.fixture
def start_stranger() -> Iterator[Callable[[], int]]:
    """Start a process of the servers' account that has nothing to do with them; gives its id."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> int:
        process = subprocess.Popen(["sleep", "60"], **subprocess_identity(find_server_account()))
        started.append(process)
        return process.pid

    yield start
    for process in started:
        process.send_signal(signal.SIGKILL)
        process.wait()
