"""Start the servers of one run under one guardian."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cabanas.embedded.accounts import find_server_account, require_passwd_entry
from cabanas.embedded.binaries import Origin, find_postgres, find_redis
from cabanas.embedded.cluster import ensure_template
from cabanas.embedded.errors import EmbeddedError
from cabanas.embedded.guard import Guard
from cabanas.embedded.handle import ServerHandle
from cabanas.embedded.instance import claim_disposable, claim_kept
from cabanas.embedded.places import open_cache
from cabanas.embedded.postgres import database_url, start_postgres
from cabanas.embedded.valkey import redis_url, start_redis


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which servers to start, and how; `provide_servers` explains the fields."""

    postgres: bool
    redis: bool
    data_dir: Path | None
    durable: bool
    postgres_settings: Mapping[str, str]


@dataclass(slots=True)
class Run:
    """What was started; None for what was not."""

    guardian_pid: int
    database_url: str | None = None
    redis_url: str | None = None
    postgres: ServerHandle | None = None
    redis: ServerHandle | None = None
    postgres_origin: Origin | None = None
    redis_origin: Origin | None = None


@contextmanager
def launched(wanted: Wanted) -> Iterator[Run]:
    """Give the wanted servers, running; on leaving they are stopped and disposable directories removed.

    Raises:
        EmbeddedError: one of them cannot be had.

    """
    with ExitStack() as stack:
        try:
            run = _start(wanted, stack)
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedError(
                f"Starting the embedded servers failed: {error}. DATABASE_URL and REDIS_URL name servers of "
                "your own, CABANAS_CACHE_DIR another place for the embedded ones."
            ) from error
        yield run


def _start(wanted: Wanted, stack: ExitStack) -> Run:
    """Start everything; `stack` gets what undoes it."""
    if wanted.postgres:
        require_passwd_entry()
    account = find_server_account()
    cache = open_cache(account)
    # What may be impossible here comes before anything that has to be undone.
    postgres_origin = find_postgres(account, cache) if wanted.postgres else None
    redis_program, redis_origin = find_redis(account, cache) if wanted.redis else (None, None)
    template = ensure_template(postgres_origin, account, cache) if postgres_origin else None

    claim = claim_kept(wanted.data_dir, account) if wanted.data_dir else claim_disposable(cache, account)
    instance, lock = stack.enter_context(claim)
    for name in ("postgres", "redis"):
        log = instance.log(name)
        if log.exists():
            log.replace(log.with_suffix(".log.previous"))
    guard = stack.enter_context(Guard(instance.log("guardian"), inherited_fd=lock.fileno()))
    # The guardian's copy holds the lock from here on. Processes that the command forks would inherit this one
    # and hold the lock for longer than the servers run.
    lock.close()
    guard.ask("dispose", directories=[str(directory) for directory in instance.disposable])

    run = Run(guardian_pid=guard.pid)
    if redis_program:
        run.redis = start_redis(instance, guard, program=redis_program, account=account)
        run.redis_url = redis_url(instance)
        run.redis_origin = redis_origin
    if postgres_origin and template:
        run.postgres = start_postgres(
            instance,
            guard,
            template=template,
            origin=postgres_origin,
            account=account,
            durable=wanted.durable,
            overrides=wanted.postgres_settings,
        )
        run.database_url = database_url(instance)
        run.postgres_origin = postgres_origin
    return run
