"""The command's side of the guardian: start it, ask it, close it."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cabanas.embedded.errors import EmbeddedError

# Longer than the guardian's longest ladder of stop signals.
CLOSE_TIMEOUT_S = 40.0


class Guard:
    """A running guardian. Closing it (or dying) stops every server it started.

    `inherited_fd` is kept open by the guardian for its life: the lock on the instance's directory.
    """

    def __init__(self, log_path: Path, inherited_fd: int) -> None:
        self._owner_pid = os.getpid()
        self._lock = threading.Lock()
        self._log_path = log_path
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                [sys.executable, "-I", str(Path(__file__).with_name("guardian.py")), str(self._owner_pid)],
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # A terminal's Ctrl-C goes to the foreground process group; the servers must see the end of
                # the command, not the key.
                start_new_session=True,
                pass_fds=(inherited_fd,),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Return the guardian's answer to one request.

        Raises:
            EmbeddedError: the guardian is gone, or reports that the operating system refused.

        """
        request = json.dumps({"do": do, **arguments}).encode() + b"\n"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            try:
                self._process.stdin.write(request)
                self._process.stdin.flush()
                line = self._process.stdout.readline()
            except (OSError, ValueError) as error:
                raise EmbeddedError(f"The guardian of the embedded servers is gone: {error}") from error
        if not line:
            raise EmbeddedError(f"The guardian of the embedded servers is gone; its log: {self._log_path}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise EmbeddedError(f"The operating system refused to {do} an embedded server: {answer['error']}")
        return answer

    def close(self) -> None:
        """Wait until the servers are stopped and disposable directories are gone."""
        # A forked child that leaves the `with` block must not end its parent's servers.
        if os.getpid() != self._owner_pid:
            return
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):  # what it did not read any more
            self._process.stdin.close()
        try:
            self._process.wait(CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
