"""Whom the servers run as: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cabanas.embedded.errors import EmbeddedError

# Numbers from capabilities(7).
CAPABILITIES_BY_BIT = {0: "CAP_CHOWN", 5: "CAP_KILL", 6: "CAP_SETGID", 7: "CAP_SETUID"}
ENVIRONMENT_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Account:
    """An account that root's servers are handed to."""

    name: str
    uid: int
    gid: int


def missing_capabilities(process_status: str) -> list[str]:
    """Names of the capabilities that handing servers over needs and the text of /proc/PID/status lacks."""
    for line in process_status.splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            effective = int(value, 16)
            return [name for bit, name in CAPABILITIES_BY_BIT.items() if not effective >> bit & 1]
    return []


def require_passwd_entry() -> None:
    """Refuse a user id without a name, as some container platforms hand out: initdb would."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise EmbeddedError(
            f"User id {os.geteuid()} has no entry in /etc/passwd, and PostgreSQL refuses to start without "
            "one. Set DATABASE_URL to a server of your own, or give the id a passwd entry."
        ) from None


def find_server_account() -> Account | None:
    """Return the account to hand servers to; None for an ordinary user, who runs them as itself.

    Raises:
        EmbeddedError: root here has nobody to hand them to, or may not.

    """
    if os.geteuid() != 0:
        return None
    status = Path("/proc/self/status")
    if status.exists() and (missing := missing_capabilities(status.read_text())):
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root, and this root may not hand it to another account: "
            f"{', '.join(missing)} missing. Set DATABASE_URL and REDIS_URL to servers of your own, run as an "
            "ordinary user, or give the container these capabilities."
        )
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, and this machine has neither an account `postgres` nor `nobody` "
        "to hand it to. Set DATABASE_URL and REDIS_URL to servers of your own, or run as an ordinary user."
    )


def subprocess_identity(account: Account | None) -> dict[str, object]:
    """Keyword arguments that have `subprocess` run a program as `account`."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def server_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return what servers and initdb see of the command's environment.

    Locale, time zone and PG* variables would change what a cluster is; secrets are none of their business.
    """
    kept = {name: inherited[name] for name in ENVIRONMENT_KEPT if name in inherited}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def may_pass(directory: os.stat_result, account: Account) -> bool:
    """Whether the permission bits let `account`, with no groups but its own, through the directory."""
    if directory.st_uid == account.uid:
        allowed = stat.S_IXUSR
    elif directory.st_gid == account.gid:
        allowed = stat.S_IXGRP
    else:
        allowed = stat.S_IXOTH
    return bool(directory.st_mode & allowed)


def closed_parent(path: Path, account: Account) -> Path | None:
    """Return the first directory on the way to `path` that `account` may not pass, if any."""
    for parent in reversed(path.parents):
        try:
            found = parent.stat()
        except FileNotFoundError:
            return None
        if not may_pass(found, account):
            return parent
    return None
