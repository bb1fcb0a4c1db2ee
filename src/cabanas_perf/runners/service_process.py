"""The service as a process of its own, started for a run and stopped with it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cabanas.parent_watch import VARIABLE as EXIT_WITH_PARENT
from cabanas_perf.runners.errors import TargetNotReached

_START_TIMEOUT_S = 60.0
"""A busy machine takes half a minute over two processes, and more with the recogniser's models."""
_STOP_TIMEOUT_S = 12.0
_POLL_S = 0.02
_LOG_TAIL_LINES = 12


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service that answers at ``base_url``; ``process`` is its main process, whose children are its workers."""

    base_url: str
    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def pid(self) -> int:
        return self.process.pid


@contextmanager
def start_service(
    environment: Mapping[str, str],
    *,
    workers: int = 1,
    port: int = 0,
    host: str = "127.0.0.1",
    program: tuple[str, ...] = ("-m", "cabanas"),
) -> Iterator[RunningService]:
    """Run ``python -m cabanas api`` for the block, on a free port unless one is given.

    ``environment`` is added to ours. ``program`` replaces ``-m cabanas``, for the service under a profiler. The
    process ends with this one, however this one ends.

    Raises:
        TargetNotReached: when the service does not answer; the message ends with the tail of its log.
        OSError: when the port is taken.
    """
    with (
        tempfile.TemporaryDirectory(prefix="cabanas-service-") as folder,
        socket.create_server((host, port), backlog=2048) as listener,
    ):
        log_path = Path(folder) / "service.log"
        listener.set_inheritable(True)
        fd = listener.fileno()
        with log_path.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, *program, "api", "--fd", str(fd), "--workers", str(workers)],
                env={**os.environ, EXIT_WITH_PARENT: "1", **environment},
                pass_fds=(fd,),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the command; it stops the service when it is done with it.
                start_new_session=True,
            )
        port = listener.getsockname()[1]
        try:
            _wait_until_alive(process, host, port, log_path)
            yield RunningService(f"http://{host}:{port}", process, log_path)
        finally:
            _stop(process)


def is_running(service: RunningService) -> bool:
    return service.process.poll() is None


def _wait_until_alive(process: subprocess.Popen[bytes], host: str, port: int, log_path: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if _answers(host, port):
            return
        time.sleep(_POLL_S)
    tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:])
    state = f"ended with code {process.returncode}" if process.returncode is not None else "does not answer"
    raise TargetNotReached(f"the service {state}; its last words:\n{tail}")


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=1.0)
    try:
        connection.request("GET", "/api/v1/livez")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        # Its session is its own, so this reaches its workers too.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
