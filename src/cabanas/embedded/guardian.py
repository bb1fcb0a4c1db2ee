"""Parent of the embedded servers, as a process of its own: outlives the command just so long as to stop them.

Run as a script by `guard.Guard` with `python -I`; it must therefore import nothing but the standard library.
It speaks JSON lines: one request on stdin, one answer on stdout. When stdin ends, or the command that
started it is gone, it stops the servers and removes the directories that the command called disposable.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ORPHAN_CHECK_S = 1.0
REAP_S = 5.0
PR_SET_PDEATHSIG = 1


class Server:
    """One child process and the way to stop it: `(signal, seconds to wait for its effect)` steps."""

    def __init__(self, process: subprocess.Popen[bytes], ladder: list[tuple[int, float]]) -> None:
        self.process = process
        self.ladder = ladder


def die_with_parent(death_signal: int) -> Callable[[], None] | None:
    """Run in the child before exec: have the kernel send `death_signal` when the guardian is gone (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    # Loaded before the fork: the child of a fork must not import or allocate more than it has to.
    libc = ctypes.CDLL(None, use_errno=True)
    guardian_pid = os.getpid()

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != guardian_pid:  # it died between the fork and the call
            os._exit(1)

    return before_exec


def stop_all(servers: list[Server]) -> None:
    """Stop `servers` side by side; each climbs its own ladder, and SIGKILL is always the last rung."""
    climbing = {
        server.process: iter([*server.ladder, (signal.SIGKILL, REAP_S)])
        for server in servers
        if server.process.poll() is None
    }
    deadlines = dict.fromkeys(climbing, 0.0)
    while climbing:
        for process, rungs in list(climbing.items()):
            if process.poll() is not None:
                del climbing[process]
            elif time.monotonic() >= deadlines[process]:
                rung = next(rungs, None)
                if rung is None:
                    del climbing[process]
                    continue
                process.send_signal(rung[0])
                # A server that a failure test has paused acts on nothing but SIGKILL until it goes on.
                process.send_signal(signal.SIGCONT)
                deadlines[process] = time.monotonic() + rung[1]
        time.sleep(0.005)


class Guardian:
    def __init__(self) -> None:
        self.servers: dict[str, Server] = {}
        self.disposable: list[str] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        handlers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "dispose": self.dispose,
            "spawn": self.spawn,
            "status": self.status,
            "signal": self.signal,
            "stop": self.stop,
        }
        try:
            return handlers[request["do"]](request)
        except (OSError, subprocess.SubprocessError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def dispose(self, request: dict[str, Any]) -> dict[str, Any]:
        self.disposable = request["directories"]
        return {"pid": os.getpid()}

    def spawn(self, request: dict[str, Any]) -> dict[str, Any]:
        account = request["account"]
        identity: dict[str, Any] = (
            {"user": account["uid"], "group": account["gid"], "extra_groups": []} if account else {}
        )
        with Path(request["log"]).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the command line comes from the launcher
                request["argv"],
                cwd="/",
                env=request["env"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # Python changes the user before it runs this; the other order would lose the death signal.
                preexec_fn=die_with_parent(request["death_signal"]),  # noqa: PLW1509 - one thread only
                **identity,
            )
        ladder = [(number, wait_s) for number, wait_s in request["ladder"]]
        self.servers[request["name"]] = Server(process, ladder)
        return {"pid": process.pid}

    def status(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"returncode": self.servers[request["name"]].process.poll()}

    def signal(self, request: dict[str, Any]) -> dict[str, Any]:
        process = self.servers[request["name"]].process
        process.send_signal(request["signal"])
        if request["signal"] == signal.SIGKILL:
            process.wait(REAP_S)
        return {"returncode": process.poll()}

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        server = self.servers[request["name"]]
        stop_all([Server(server.process, [(number, wait_s) for number, wait_s in request["ladder"]])])
        return {"returncode": server.process.poll()}

    def clean_up(self) -> None:
        stop_all(list(self.servers.values()))
        for directory in self.disposable:
            shutil.rmtree(directory, ignore_errors=True)


def requests(parent_pid: int) -> Iterator[dict[str, Any]]:
    """Give requests until the command closes the pipe or is no longer there.

    The second condition is for a command that forked: its children hold copies of the pipe's end.
    """
    unread = b""
    while os.getppid() == parent_pid:
        readable, _, _ = select.select([0], [], [], ORPHAN_CHECK_S)
        if not readable:
            continue
        chunk = os.read(0, 1 << 16)
        if not chunk:
            return
        *lines, unread = (unread + chunk).split(b"\n")
        yield from map(json.loads, lines)


def end(signal_number: int, _frame: object) -> None:
    raise SystemExit(128 + signal_number)


def main(parent_pid: int) -> None:
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.umask(0o077)  # logs quote statements
    guardian = Guardian()
    try:
        for request in requests(parent_pid):
            answer = json.dumps(guardian.answer(request))
            # With the command gone nobody reads, which the next turn of the loop notices.
            with contextlib.suppress(BrokenPipeError):
                os.write(1, answer.encode() + b"\n")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        guardian.clean_up()


if __name__ == "__main__":
    main(int(sys.argv[1]))
