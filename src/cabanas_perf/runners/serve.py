"""``serve``: the service with everything that it needs, until somebody stops it."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cabanas_perf.runners.databases import DataSize, open_backends
from cabanas_perf.runners.errors import RunError, TargetNotReached
from cabanas_perf.runners.service_process import is_running, start_service
from cabanas_perf.runners.stop import Stop
from cabanas_perf.workloads.base import Need

_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class ServeOptions:
    port: int
    workers: int
    size: DataSize
    data_folder: Path | None = None
    """Where the embedded PostgreSQL keeps its data; None: thrown away at the end."""
    database_url: str | None = None
    redis_url: str | None = None


def serve_until_stopped(
    options: ServeOptions, *, stop: Stop, say: Callable[[str], None], show: Callable[[dict[str, object]], None]
) -> None:
    """Serve until a stop is asked for; ``show`` is called once with addresses and secrets when all is ready.

    Raises:
        RunError: when the port is taken or the servers do not start.
        TargetNotReached: when the service ends by itself.
    """
    with open_backends(
        frozenset(Need),
        database_url=options.database_url,
        redis_url=options.redis_url,
        writes=False,
        size=options.size,
        data_folder=options.data_folder,
        say=say,
    ) as backends:
        assert backends.database_url is not None
        assert backends.redis_url is not None
        api_token = secrets.token_urlsafe(24)
        environment = {
            "DATABASE_URL": backends.database_url,
            "REDIS_URL": backends.redis_url,
            "CABANAS_API_TOKEN": api_token,
            # It is there to be driven; a limit of the user's own stays.
            "CABANAS_RATE_LIMIT_REQUESTS": os.environ.get("CABANAS_RATE_LIMIT_REQUESTS", "0"),
        }
        try:
            running = start_service(environment, workers=options.workers, port=options.port)
            with running as service:
                show(
                    {
                        "url": service.base_url,
                        "database_url": backends.database_url,
                        "redis_url": backends.redis_url,
                        "api_token": api_token,
                    }
                )
                while not stop:
                    if not is_running(service):
                        raise TargetNotReached("the service ended by itself", fix=f"read {service.log_path}")
                    time.sleep(_POLL_S)
        except OSError as error:
            fix = "choose another --port, or 0 for a free one"
            raise RunError(f"cannot serve on port {options.port}: {error.strerror}", fix=fix) from error
