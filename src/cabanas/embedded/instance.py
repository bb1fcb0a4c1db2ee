"""One run's directories and the lock that says its servers are alive.

An instance has a root (below the cache, or the `data_dir` that the user keeps) and a short private socket
directory in /tmp, as a socket's path may have 107 bytes only. The guardian holds the lock for its life:
whoever can take it knows that the run is over and may clear what it left.
"""

import contextlib
import fcntl
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path

from cabanas.embedded.accounts import Account, closed_parent
from cabanas.embedded.copies import exclusive
from cabanas.embedded.errors import EmbeddedError
from cabanas.embedded.places import make_directory
from cabanas.embedded.processes import end_process, find_working_in, is_alive, read_pid

SOCKET_ROOT = Path("/tmp")  # noqa: S108 - private directories in it, made with mode 0700
TOKEN_PATTERN = re.compile(r"[0-9a-f]{8}")
LOCK_NAME = "cabanas.lock"
OWNER_NAME = "cabanas-owner.json"
OWNER_EXIT_WAIT_S = 30.0

# Signal and seconds to wait for its effect. PostgreSQL: fast shutdown, then immediate.
POSTGRES_LADDER: list[tuple[int, float]] = [(signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0)]
REDIS_LADDER: list[tuple[int, float]] = [(signal.SIGTERM, 5.0)]


@dataclass(frozen=True, slots=True)
class Instance:
    """Where one run keeps things; `token` names its socket directory."""

    root: Path
    token: str
    kept: bool

    @property
    def sockets(self) -> Path:
        return SOCKET_ROOT / f"cabanas-{self.token}"

    @property
    def data(self) -> Path:
        return self.root / "postgres"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def redis_pid_file(self) -> Path:
        return self.sockets / "redis.pid"

    def log(self, name: str) -> Path:
        return self.root / f"{name}.log"

    @property
    def disposable(self) -> list[Path]:
        """Directories to remove at the end. The root with its lock goes last: a sweep must still see it."""
        return [self.sockets] if self.kept else [self.sockets, self.root]


@contextmanager
def claim_disposable(cache: Path, account: Account | None) -> Iterator[tuple[Instance, FileIO]]:
    """Give a fresh instance and its lock, for the guardian to inherit, after clearing what dead runs left."""
    instances = cache / "instances"
    # No sweep may see a directory between its creation and its lock.
    with exclusive(instances / "lock"):
        _sweep(instances)
        instance = _new_instance(instances)
        lock = _try_lock(instance.root / LOCK_NAME)
        assert lock is not None
    with _owned(instance, lock, account):
        yield instance, lock


@contextmanager
def claim_kept(data_dir: Path, account: Account | None) -> Iterator[tuple[Instance, FileIO]]:
    """Give the instance in a directory that outlives the run; ends what a dead run left there.

    Raises:
        EmbeddedError: the directory is in use, holds something else, or cannot be used.

    """
    root = data_dir.absolute()
    try:
        make_directory(root, 0o755 if account else 0o700)
        foreign = any(root.iterdir()) and not (root / LOCK_NAME).exists()
    except OSError as error:
        raise EmbeddedError(f"The data directory {root} cannot be used: {error.strerror}") from error
    if foreign:
        raise EmbeddedError(f"{root} is not empty and no data directory of cabanas; name another one")
    if account and (closed := closed_parent(root / "postgres", account)):
        raise EmbeddedError(
            f"Account {account.name}, which runs the servers, may not pass {closed} on the way to {root}. "
            "Name a data directory elsewhere, for instance below /var/lib."
        )
    lock = _wait_for_lock(root)
    try:
        if token := _recorded_token(root):
            _clear(Instance(root, token, kept=True))
        instance = Instance(root, _new_token(), kept=True)
    except BaseException:
        lock.close()
        raise
    with _owned(instance, lock, account):
        yield instance, lock


@contextmanager
def _owned(instance: Instance, lock: FileIO, account: Account | None) -> Iterator[None]:
    try:
        owner = {"pid": os.getpid(), "command": shlex.join(sys.orig_argv), "token": instance.token}
        owner_file = instance.root / OWNER_NAME
        owner_file.touch(mode=0o600)
        owner_file.write_text(json.dumps(owner))
        instance.sockets.mkdir(mode=0o700)
        if account:
            os.chown(instance.sockets, account.uid, account.gid)
        yield
    finally:
        lock.close()
        # The guardian has removed these, unless it was never started or was killed.
        with contextlib.suppress(FileNotFoundError):
            if (remaining := _try_lock(instance.root / LOCK_NAME)) is not None:
                _clear(instance)
                remaining.close()


def _new_instance(instances: Path) -> Instance:
    token = _new_token()
    instance = Instance(instances / token, token, kept=False)
    make_directory(instance.root, instances.stat().st_mode & 0o777)
    return instance


def _new_token() -> str:
    while (SOCKET_ROOT / f"cabanas-{(token := secrets.token_hex(4))}").exists():
        pass
    return token


def _try_lock(path: Path) -> FileIO | None:
    """Return the open lock file, or None while another process holds the lock."""
    lock = FileIO(path, "a", opener=partial(os.open, mode=0o600))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _wait_for_lock(root: Path) -> FileIO:
    give_up = time.monotonic() + OWNER_EXIT_WAIT_S
    while True:
        try:
            lock = _try_lock(root / LOCK_NAME)
        except OSError as error:
            raise EmbeddedError(f"The data directory {root} cannot be used: {error.strerror}") from error
        if lock is not None:
            return lock
        owner = _read_owner(root)
        pid = owner.get("pid")
        # A command that was killed has left its guardian stopping the servers.
        if not isinstance(pid, int) or is_alive(pid) or time.monotonic() > give_up:
            raise EmbeddedError(
                f"The data directory {root} is in use by process {pid} ({owner.get('command')}). "
                "End it, or name another directory."
            )
        time.sleep(0.02)


def _read_owner(root: Path) -> dict[str, object]:
    try:
        owner = json.loads((root / OWNER_NAME).read_text())
    except (OSError, ValueError):
        return {}
    return owner if isinstance(owner, dict) else {}


def _recorded_token(root: Path) -> str | None:
    token = _read_owner(root).get("token")
    # It becomes part of a path that is removed.
    return token if isinstance(token, str) and TOKEN_PATTERN.fullmatch(token) else None


def _sweep(instances: Path) -> None:
    """Clear what dead runs left: their servers, socket directories and data."""
    for root in instances.iterdir():
        if not TOKEN_PATTERN.fullmatch(root.name):
            continue
        # A guardian may be removing the very directory.
        with contextlib.suppress(FileNotFoundError):
            lock = _try_lock(root / LOCK_NAME)
            if lock is None:
                continue
            _clear(Instance(root, root.name, kept=False))
            lock.close()


def _clear(instance: Instance) -> None:
    """End the servers of a dead run and remove what need not stay. Needs the instance's lock."""
    pid_file = instance.data / "postmaster.pid"
    if pid := read_pid(pid_file):
        end_process(pid, f"-D {instance.data} ", POSTGRES_LADDER)
        for child in find_working_in(instance.data, "postgres: "):
            end_process(child, "postgres: ", [(signal.SIGQUIT, 2.0)])
        # The server gets over a file that names no process by itself. One with a number that somebody else
        # has by now, or that nobody has reaped (a container without an init process), keeps it from starting.
        if is_alive(pid):
            pid_file.unlink(missing_ok=True)
    if pid := read_pid(instance.redis_pid_file):
        end_process(pid, str(instance.redis_socket), REDIS_LADDER)
    for directory in instance.disposable:
        if not directory.is_symlink():
            shutil.rmtree(directory, ignore_errors=True)
