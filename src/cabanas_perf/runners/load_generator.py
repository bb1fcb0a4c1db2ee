"""Locust as a process of its own, which nothing in the user's folders or environment can change."""

from __future__ import annotations

import os
import signal
import site
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cabanas_perf import load
from cabanas_perf.load.delta import Collected, Delta
from cabanas_perf.load.plan import PLAN_VARIABLE, LoadPlan, write_plan

_LOCUSTFILE = Path(load.__file__).parent / "entry" / "locustfile.py"
_POLL_S = 0.1
_STOP_TIMEOUT_S = 20.0
_OVERTIME_S = 90.0
"""Beyond the plan's own time, for start-up, the last answers and the last reports."""
_LOG_TAIL_BYTES = 4000


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the generator is spread over processes and machines."""

    processes: int = 1
    """Processes on this machine that send load."""
    expect_workers: int = 0
    """Workers that are started elsewhere; 0: none, this machine sends the load."""
    bind_host: str = "127.0.0.1"
    bind_port: int = 5557
    worker_wait_s: float = 60.0

    @property
    def workers(self) -> int:
        return self.expect_workers or self.processes


@dataclass(frozen=True, slots=True)
class GeneratorRun:
    """What the generator reported until it ended."""

    plan: LoadPlan
    collected: Collected
    exit_code: int | None
    """None when it had to be killed."""
    ended_early: bool
    """It was asked to stop before its time."""
    log_tail: str


def run_generator(
    plan: LoadPlan,
    *,
    host: str,
    environment: Mapping[str, str],
    distribution: Distribution,
    ui_port: int | None = None,
    on_progress: Callable[[Collected], bool] = lambda _: True,
) -> GeneratorRun:
    """Run the plan against the host and collect what is reported.

    `on_progress` sees everything so far about ten times a second; when it answers False, the run ends there.
    """
    with tempfile.TemporaryDirectory(prefix="cabanas-load-") as folder:
        results = Path(folder) / "results.jsonl"
        results.touch()
        plan = replace(plan, results=str(results), workers=distribution.workers)
        arguments = [*_shape(plan, host), *_topology(distribution), *_interface(ui_port)]
        collected, ended_early = Collected(), False
        deadline = time.monotonic() + plan.duration_s + plan.timeout_s + _OVERTIME_S
        tail = _Tail(results)
        with _start(plan, arguments, environment, Path(folder)) as (process, log_path):
            while process.poll() is None:
                collected.add_all(map(Delta.from_line, tail.lines()))
                if not on_progress(collected) or time.monotonic() > deadline:
                    ended_early = True
                    break
                time.sleep(_POLL_S)
            exit_code = _stop(process)
            collected.add_all(map(Delta.from_line, tail.lines()))
            return GeneratorRun(plan, collected, exit_code, ended_early, _read_tail(log_path))


def run_worker(
    plan: LoadPlan,
    *,
    environment: Mapping[str, str],
    master_host: str,
    master_port: int,
    keep_on: Callable[[], bool],
) -> int | None:
    """Be a worker of a master elsewhere until it says that the run is over; answers with Locust's exit code."""
    with tempfile.TemporaryDirectory(prefix="cabanas-load-") as folder:
        arguments = ["--worker", "--master-host", master_host, "--master-port", str(master_port)]
        with _start(plan, arguments, environment, Path(folder)) as (process, log_path):
            while process.poll() is None and keep_on():
                time.sleep(_POLL_S)
            exit_code = _stop(process)
            if exit_code:
                sys.stderr.write(_read_tail(log_path))
            return exit_code


def _shape(plan: LoadPlan, host: str) -> list[str]:
    return ["--host", host, "--users", str(plan.users), "--spawn-rate", f"{plan.spawn_rate_per_s:g}"]


def _topology(distribution: Distribution) -> list[str]:
    if distribution.expect_workers:
        return [
            "--master",
            "--master-bind-host", distribution.bind_host,
            "--master-bind-port", str(distribution.bind_port),
            "--expect-workers", str(distribution.expect_workers),
            "--expect-workers-max-wait", f"{distribution.worker_wait_s:.0f}",
        ]  # fmt: skip
    if distribution.processes > 1:
        # Left alone, Locust's master listens on every interface, and nothing asks workers who they are.
        port = str(_free_port())
        return [
            "--processes", str(distribution.processes),
            "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port,
        ]  # fmt: skip
    return []


def _interface(ui_port: int | None) -> list[str]:
    if ui_port is None:
        return ["--headless", "--only-summary"]
    return ["--autostart", "--web-host", "127.0.0.1", "--web-port", str(ui_port)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def _start(
    plan: LoadPlan, arguments: list[str], environment: Mapping[str, str], folder: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    plan_path, log_path = folder / "plan.json", folder / "locust.log"
    write_plan(plan, plan_path)
    # Locust reads locust.conf and pyproject.toml from the working directory, and a file from the home directory.
    home = folder / "home"
    home.mkdir()
    with log_path.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), "--loglevel", "WARNING", *arguments],
            cwd=home,
            env={**_clean_environment(home), **environment, PLAN_VARIABLE: str(plan_path)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C is for the command; it stops Locust when it is done with it.
            start_new_session=True,
        )
    try:
        yield process, log_path
    finally:
        _stop(process)


def _clean_environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    # Packages that were installed for the user lie below the real home directory; relative paths are resolved here.
    python_path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry and Path(entry).is_dir())
    return {**kept, "HOME": str(home), "PYTHONUSERBASE": site.getuserbase(), "PYTHONPATH": python_path}


def _stop(process: subprocess.Popen[bytes]) -> int | None:
    """Exit code; None when it had to be killed, with all of its workers."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


class _Tail:
    """Reads a growing file line by line; a line that is still being written waits for its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_bytes = 0

    def lines(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._read_bytes += len(line)
                yield line.decode()


def _read_tail(path: Path) -> str:
    return path.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
