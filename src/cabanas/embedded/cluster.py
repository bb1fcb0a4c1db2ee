"""Database clusters: an initialised template in the cache for each PostgreSQL, and the copies for runs."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cabanas.embedded.accounts import Account, server_environment, subprocess_identity
from cabanas.embedded.binaries import Origin
from cabanas.embedded.copies import appearing, exclusive, file_label
from cabanas.embedded.errors import EmbeddedError
from cabanas.embedded.logs import indent_tail
from cabanas.embedded.places import make_directory

DATABASE = "cabanas"
SUPERUSER = "postgres"
STEP_TIMEOUT_S = 120.0
# Counts changes of how a template is made, so that caches filled by an earlier release are not used.
RECIPE_VERSION = 1

EXTENSIONS_QUERY = "SELECT name FROM pg_available_extensions WHERE name IN ('btree_gist', 'pg_stat_statements');\n"


@dataclass(frozen=True, slots=True)
class Template:
    """A stopped cluster with database `cabanas`, and the extensions that it has."""

    data: Path
    extensions: frozenset[str]


def initdb_arguments(major: int) -> list[str]:
    """Options that make a cluster the same on every machine, whatever its locales."""
    arguments = ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    if major >= 17:
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return arguments


def ensure_template(origin: Origin, account: Account | None, cache: Path) -> Template:
    """Return the template cluster for these programs, made on first need.

    Commands that start at once wait for one another; one that dies half-way leaves nothing that is used.

    Raises:
        EmbeddedError: it cannot be made; the text has the end of the failing program's output.

    """
    owner_uid = account.uid if account else os.geteuid()
    name = file_label(f"pg{origin.version}", origin.identity, owner_uid, RECIPE_VERSION)
    template = cache / "templates" / name
    with exclusive(cache / "templates" / "lock"):
        if not template.exists():
            with appearing(template) as unfinished:
                make_directory(unfinished, 0o755)
                make_data_directory(unfinished / "data", account)
                extensions = _initialise(unfinished / "data", origin, account)
                (unfinished / "template.json").write_text(json.dumps({"extensions": sorted(extensions)}))
    described = json.loads((template / "template.json").read_text())
    return Template(template / "data", frozenset(described["extensions"]))


def copy_template(template: Template, target: Path, account: Account | None) -> None:
    """Make `target` a cluster of its own; it appears whole or not at all.

    Raises:
        EmbeddedError: it cannot be copied, for instance because the disk is full.

    """
    with appearing(target) as unfinished:
        make_data_directory(unfinished, account)
        # `cp` shares blocks where the file system can; run as the server account it needs no chown after.
        _run(
            ["cp", "-R", "-p", f"{template.data}/.", str(unfinished)],
            account,
            doing="copying the template cluster",
        )


def make_data_directory(path: Path, account: Account | None) -> None:
    path.mkdir(mode=0o700)
    if account:
        os.chown(path, account.uid, account.gid)


def _initialise(data: Path, origin: Origin, account: Account | None) -> set[str]:
    initdb = [str(origin.directory / "initdb"), "-D", str(data), *initdb_arguments(origin.major)]
    _run(initdb, account, doing="initdb")
    # Single-user mode needs no socket and ends with its input, so an interrupted command leaves no server.
    single = [str(origin.directory / "postgres"), "--single", "-F", "-D", str(data), "-c", "exit_on_error=on"]
    available = _run(
        [*single, "postgres"],
        account,
        doing="creating the database",
        statements=f"CREATE DATABASE {DATABASE};\n{EXTENSIONS_QUERY}",
    )
    extensions = set(re.findall(r'name = "(\w+)"', available))
    if "btree_gist" not in extensions:
        raise EmbeddedError(
            f"{origin} has no extension btree_gist, which keeps stays from overlapping. Install the contrib "
            "modules of that PostgreSQL, set CABANAS_PG_BIN to another one, or DATABASE_URL to a server."
        )
    _run(
        [*single, DATABASE],
        account,
        doing="creating the extensions",
        statements="".join(f"CREATE EXTENSION {name};\n" for name in sorted(extensions)),
    )
    return extensions


def _run(command: list[str], account: Account | None, *, doing: str, statements: str = "") -> str:
    """Return what `command` printed.

    Raises:
        EmbeddedError: it failed.

    """
    try:
        finished = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - the launcher's own commands
            command,
            cwd="/",
            env=server_environment(os.environ),
            input=statements,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C reaches the command, whose death ends the input of this one.
            start_new_session=True,
            timeout=STEP_TIMEOUT_S,
            check=False,
            **subprocess_identity(account),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(f"Preparing the embedded PostgreSQL failed at {doing}: {error}") from error
    if finished.returncode:
        raise EmbeddedError(
            f"Preparing the embedded PostgreSQL failed at {doing} (exit status {finished.returncode}):\n"
            f"{indent_tail(finished.stdout)}\n"
            "CABANAS_CACHE_DIR names another place for embedded servers, DATABASE_URL a server of your own."
        )
    return str(finished.stdout)
