"""The embedded PostgreSQL: settings, command line, readiness, address."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from cabanas.embedded.accounts import Account, server_environment
from cabanas.embedded.binaries import Origin
from cabanas.embedded.cluster import DATABASE, SUPERUSER, Template, copy_template
from cabanas.embedded.errors import EmbeddedError
from cabanas.embedded.guard import Guard
from cabanas.embedded.handle import ServerHandle
from cabanas.embedded.instance import POSTGRES_LADDER, Instance

MARKER_NAME = "cabanas-data.json"
STATUS_LINE = 7  # of postmaster.pid, counted from 0


def server_settings(
    *, sockets: Path, durable: bool, extensions: frozenset[str], overrides: Mapping[str, str]
) -> dict[str, str]:
    """Return settings for the server's command line; `overrides` win."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "shared_buffers": "128MB",
        "max_connections": "200",
        # Only some builds have it, and plans and timings are to compare between machines.
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_destination": "stderr",
        "logging_collector": "off",
        "log_line_prefix": "%m [%p] ",
        "log_lock_waits": "on",
    }
    if "pg_stat_statements" in extensions:
        settings["shared_preload_libraries"] = "pg_stat_statements"
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return settings | dict(overrides)


def database_url(instance: Instance) -> str:
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={instance.sockets}"


def is_ready(data: Path, pid: int) -> bool:
    """Whether the server with that process id has written into its pid file that it takes connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > STATUS_LINE and lines[0].strip() == str(pid) and lines[STATUS_LINE].strip() == "ready"


def prepare_data(instance: Instance, template: Template, origin: Origin, account: Account | None) -> None:
    """Have a cluster in `instance.data`: the kept one, or a copy of the template.

    Raises:
        EmbeddedError: the kept one is of another major version or belongs to another account.

    """
    marker = instance.root / MARKER_NAME
    if not instance.data.exists():
        if instance.kept:
            marker.write_text(json.dumps({"postgres_major": origin.major}) + "\n")
        copy_template(template, instance.data, account)
        if instance.kept:
            os.sync()  # initdb and cp left that out
        return
    major = json.loads(marker.read_text())["postgres_major"]
    if major != origin.major:
        raise EmbeddedError(
            f"The data in {instance.root} is of PostgreSQL {major}, and this is {origin}. Set CABANAS_PG_BIN "
            f"to the programs of PostgreSQL {major}, or name another data directory."
        )
    server_uid = account.uid if account else os.geteuid()
    if (owner_uid := instance.data.stat().st_uid) != server_uid:
        raise EmbeddedError(
            f"The data in {instance.root} belongs to user id {owner_uid}, and the server would run as "
            f"{server_uid}. Run as the user who made it, or name another data directory."
        )


def start_postgres(
    instance: Instance,
    guard: Guard,
    *,
    template: Template,
    origin: Origin,
    account: Account | None,
    durable: bool,
    overrides: Mapping[str, str],
) -> ServerHandle:
    """Return a running PostgreSQL that answers at `database_url(instance)`."""
    prepare_data(instance, template, origin, account)
    settings = server_settings(
        sockets=instance.sockets, durable=durable, extensions=template.extensions, overrides=overrides
    )
    argv = [str(origin.directory / "postgres"), "-D", str(instance.data)]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    handle = ServerHandle(
        "PostgreSQL",
        guard=guard,
        argv=argv,
        environment=server_environment(os.environ),
        account=account,
        log_path=instance.log("postgres"),
        ladder=POSTGRES_LADDER,
        immediate_signal=signal.SIGQUIT,
        is_ready=lambda pid: is_ready(instance.data, pid),
    )
    handle.start()
    return handle
