"""The embedded Redis-compatible server: command line, readiness, address."""

import os
import signal
import socket
from pathlib import Path

from cabanas.embedded.accounts import Account, server_environment
from cabanas.embedded.guard import Guard
from cabanas.embedded.handle import ServerHandle
from cabanas.embedded.instance import REDIS_LADDER, Instance

PING_TIMEOUT_S = 1.0


def redis_url(instance: Instance) -> str:
    return f"unix://{instance.redis_socket}?db=0"


def command_line(program: Path, instance: Instance) -> list[str]:
    """Return a server on a socket alone that never writes its data down."""
    options = {
        "port": "0",
        "unixsocket": str(instance.redis_socket),
        "unixsocketperm": "700",
        "pidfile": str(instance.redis_pid_file),
        "dir": str(instance.sockets),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "loglevel": "notice",
    }
    return [str(program), *(word for name, value in options.items() for word in (f"--{name}", value))]


def answers_ping(socket_path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PING_TIMEOUT_S)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def start_redis(instance: Instance, guard: Guard, *, program: Path, account: Account | None) -> ServerHandle:
    """Return a running server that answers at `redis_url(instance)`."""
    handle = ServerHandle(
        "Redis",
        guard=guard,
        argv=command_line(program, instance),
        environment=server_environment(os.environ),
        account=account,
        log_path=instance.log("redis"),
        ladder=REDIS_LADDER,
        immediate_signal=signal.SIGKILL,
        is_ready=lambda _pid: answers_ping(instance.redis_socket),
    )
    handle.start()
    return handle
