"""Start the servers of one run under one guardian, in the order that failures are clearest."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cabanas.embedded.accounts import find_server_account, require_passwd_entry
from cabanas.embedded.binaries import Origin, find_postgres, find_redis
from cabanas.embedded.cluster import ensure_template
from cabanas.embedded.guard import Guard
from cabanas.embedded.handle import ServerHandle
from cabanas.embedded.instance import claim_disposable, claim_kept
from cabanas.embedded.places import open_cache
from cabanas.embedded.postgres import database_url, start_postgres
from cabanas.embedded.valkey import redis_url, start_redis


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
def launched(
    *,
    postgres: bool,
    redis: bool,
    data_dir: Path | None,
    durable: bool,
    postgres_settings: Mapping[str, str],
) -> Iterator[Run]:
    """The wanted servers, running; on leaving they are stopped and disposable directories removed."""
    if postgres:
        require_passwd_entry()
    account = find_server_account()
    cache = open_cache(account)
    postgres_origin = find_postgres(account, cache) if postgres else None
    redis_program, redis_origin = find_redis(account, cache) if redis else (None, None)
    template = ensure_template(postgres_origin, account, cache) if postgres_origin else None

    with ExitStack() as stack:
        claim = claim_kept(data_dir, account) if data_dir else claim_disposable(cache, account)
        instance, lock = stack.enter_context(claim)
        for name in ("postgres", "redis"):
            log = instance.log(name)
            if log.exists():
                log.replace(log.with_suffix(".log.previous"))
        guard = stack.enter_context(Guard(instance.log("guardian"), inherited_fd=lock))
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
                durable=durable,
                overrides=postgres_settings,
            )
            run.database_url = database_url(instance)
            run.postgres_origin = postgres_origin
        yield run
