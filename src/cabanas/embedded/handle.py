"""A running embedded server, as its user sees it."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from cabanas.embedded.accounts import Account
from cabanas.embedded.errors import EmbeddedError
from cabanas.embedded.guard import Guard
from cabanas.embedded.logs import read_tail

READY_TIMEOUT_S = 30.0
POLL_S = 0.005
IMMEDIATE_STOP_S = 5.0

# What PostgreSQL says while children of a killed postmaster are still on their way out.
SURVIVORS_MESSAGE = "pre-existing shared memory block"


class ServerHandle:
    """One server: its process, its log, and the switches that failure tests need.

    The address of the server stays the same over `stop` and `start`.
    """

    def __init__(
        self,
        name: str,
        *,
        guard: Guard,
        argv: list[str],
        environment: dict[str, str],
        account: Account | None,
        log_path: Path,
        ladder: list[tuple[int, float]],
        immediate_signal: int,
        is_ready: Callable[[int], bool],
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._guard = guard
        self._argv = argv
        self._environment = environment
        self._account = account
        self._ladder = ladder
        self._immediate_signal = immediate_signal
        self._is_ready = is_ready
        self._pid: int | None = None

    @property
    def pid(self) -> int:
        """Process id of the latest start."""
        assert self._pid is not None
        return self._pid

    @property
    def is_running(self) -> bool:
        return self._pid is not None and self._guard.ask("status", name=self.name)["returncode"] is None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            EmbeddedError: it runs already, ends at once, or is not ready within 30 s; with the log's end.

        """
        if self.is_running:
            raise EmbeddedError(f"The embedded {self.name} runs already (process {self._pid})")
        give_up = time.monotonic() + READY_TIMEOUT_S
        while not self._spawn_and_wait(give_up):
            time.sleep(0.1)

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server and wait for its end.

        `fast` ends sessions and writes everything down; `immediate` gives PostgreSQL a crash to recover from
        and kills Redis.
        """
        if self.is_running:
            ladder = self._ladder if mode == "fast" else [(self._immediate_signal, IMMEDIATE_STOP_S)]
            self._guard.ask("stop", name=self.name, ladder=ladder)

    def kill(self, signal_number: int = signal.SIGKILL) -> None:
        """Send a signal; SIGSTOP and SIGCONT pause and resume. SIGKILL is waited for."""
        if self.is_running:
            self._guard.ask("signal", name=self.name, signal=int(signal_number))

    def _spawn_and_wait(self, give_up: float) -> bool:
        """Return True when ready, False when another try may succeed."""
        log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        answer = self._guard.ask(
            "spawn",
            name=self.name,
            argv=self._argv,
            env=self._environment,
            account={"uid": self._account.uid, "gid": self._account.gid} if self._account else None,
            log=str(self.log_path),
            ladder=self._ladder,
            death_signal=int(self._ladder[0][0]),
        )
        pid: int = answer["pid"]
        self._pid = pid
        while not self._is_ready(pid):
            returncode = self._guard.ask("status", name=self.name)["returncode"]
            late = time.monotonic() > give_up
            if returncode is not None:
                said = self.log_path.read_bytes()[log_start:].decode(errors="replace")
                if SURVIVORS_MESSAGE in said and not late:
                    return False
                raise EmbeddedError(
                    f"The embedded {self.name} ended with status {returncode} instead of starting. "
                    f"The end of its log:\n{read_tail(self.log_path)}"
                )
            if late:
                raise EmbeddedError(
                    f"The embedded {self.name} is not ready after {READY_TIMEOUT_S:.0f} s. "
                    f"The end of its log:\n{read_tail(self.log_path)}"
                )
            time.sleep(POLL_S)
        return True
