"""`provide_servers`: the user's own servers where URLs name them, embedded ones for the rest."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from cabanas.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from cabanas.embedded.binaries import Origin
    from cabanas.embedded.handle import ServerHandle

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Origins:
    """Which programs the embedded servers run; None where none was started."""

    postgres: "Origin | None" = None
    redis: "Origin | None" = None

    def __str__(self) -> str:
        started = [str(origin) for origin in (self.postgres, self.redis) if origin]
        return "; ".join(started) or "no embedded server"


@dataclass(frozen=True, slots=True)
class EmbeddedServers:
    """Addresses of the servers to use, and handles of those that were started for it."""

    database_url: str | None
    redis_url: str | None
    postgres: "ServerHandle | None" = None
    redis: "ServerHandle | None" = None
    origin: Origins = Origins()
    guardian_pid: int | None = None


@contextmanager
def provide_servers(
    database_url: str | None = None,
    redis_url: str | None = None,
    *,
    postgres: bool = True,
    redis: bool = True,
    data_dir: Path | None = None,
    durable: bool = True,
    postgres_settings: Mapping[str, str] = NO_SETTINGS,
) -> Iterator[EmbeddedServers]:
    """Have PostgreSQL and a Redis-compatible server for the time of the `with` block.

    A server whose URL is given is left alone and its URL passed on; one that is not wanted has the URL None.
    The others are started on private Unix sockets and stopped at the end, or within moments of this
    process's death, whatever its cause.

    Args:
        database_url: the user's own PostgreSQL; None or empty for an embedded one.
        redis_url: the user's own Redis-compatible server; None or empty for an embedded one.
        postgres: False when the caller needs no PostgreSQL.
        redis: False when the caller needs no Redis.
        data_dir: keep PostgreSQL's data here and use what an earlier run left; None throws it away.
            Redis never keeps anything.
        durable: False trades safety of commits for speed; for unit tests, never for measurements.
        postgres_settings: added to the server's settings, and stronger than ours.

    Raises:
        EmbeddedError: a server cannot be had; the text names the ways out.

    """
    start_postgres = postgres and not database_url
    start_redis = redis and not redis_url
    if not start_postgres and not start_redis:
        yield EmbeddedServers(database_url or None, redis_url or None)
        return
    if sys.platform == "win32":
        raise EmbeddedError(
            "Embedded servers exist for Linux and macOS only. Set DATABASE_URL and REDIS_URL to servers of your own."
        )
    # Imported on first need: with URLs given nothing of this is loaded, on any platform.
    from cabanas.embedded.launch import Wanted, launched  # noqa: PLC0415

    wanted = Wanted(start_postgres, start_redis, data_dir, durable, postgres_settings)
    with launched(wanted) as run:
        yield EmbeddedServers(
            database_url=run.database_url or database_url or None,
            redis_url=run.redis_url or redis_url or None,
            postgres=run.postgres,
            redis=run.redis,
            origin=Origins(run.postgres_origin, run.redis_origin),
            guardian_pid=run.guardian_pid,
        )


def find_origins() -> Origins:
    """Which programs embedded servers would run here, without starting any.

    Raises:
        EmbeddedError: one of them cannot be had; the text names the ways out.

    """
    from cabanas.embedded.accounts import find_server_account  # noqa: PLC0415
    from cabanas.embedded.binaries import find_postgres, find_redis  # noqa: PLC0415
    from cabanas.embedded.places import open_cache  # noqa: PLC0415

    account = find_server_account()
    cache = open_cache(account)
    return Origins(find_postgres(account, cache), find_redis(account, cache)[1])
