"""``serve``: the service with everything that it needs, until somebody stops it."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cabanas_perf.runners.databases import Backends, DataSize, open_backends
from cabanas_perf.runners.errors import RunError, TargetNotReached
from cabanas_perf.runners.providers import provider_environment
from cabanas_perf.runners.service_process import is_running, start_service
from cabanas_perf.runners.stop import Stop
from cabanas_perf.stubs import Behaviour, StubAddress, start_stubs
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
    stubs: Behaviour | None = None
    """How the stand-ins for the providers behave. None: no stand-ins, and no webhooks."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a script must know to drive the service; the last four are None without stand-ins for the providers."""

    url: str
    database_url: str
    redis_url: str
    api_token: str
    stubs: str | None
    whatsapp_app_secret: str | None
    whatsapp_verify_token: str | None
    mercadopago_secret: str | None


def serve_until_stopped(
    options: ServeOptions, *, stop: Stop, say: Callable[[str], None], show: Callable[[Ready], None]
) -> None:
    """Serve until a stop is asked for; ``show`` is called once, when all is ready.

    Raises:
        RunError: when the port is taken or the servers do not start.
        TargetNotReached: when the service ends by itself.
    """
    with ExitStack() as stack:
        backends = stack.enter_context(
            open_backends(
                frozenset(Need),
                database_url=options.database_url,
                redis_url=options.redis_url,
                writes=False,
                size=options.size,
                data_folder=options.data_folder,
                say=say,
            )
        )
        stubs = None
        if options.stubs is not None:
            stubs = stack.enter_context(start_stubs(options.stubs))
        environment = _make_environment(backends, stubs)
        try:
            service = stack.enter_context(start_service(environment, workers=options.workers, port=options.port))
        except OSError as error:
            fix = "choose another --port, or 0 for a free one"
            raise RunError(f"cannot serve on port {options.port}: {error.strerror}", fix=fix) from error
        show(
            Ready(
                url=service.base_url,
                database_url=environment["DATABASE_URL"],
                redis_url=environment["REDIS_URL"],
                api_token=environment["CABANAS_API_TOKEN"],
                stubs=stubs.url if stubs else None,
                whatsapp_app_secret=environment.get("CABANAS_WHATSAPP_APP_SECRET"),
                whatsapp_verify_token=environment.get("CABANAS_WHATSAPP_VERIFY_TOKEN"),
                mercadopago_secret=environment.get("CABANAS_MERCADOPAGO_SECRET"),
            )
        )
        while not stop:
            if not is_running(service):
                raise TargetNotReached("the service ended by itself", fix=f"read {service.log_path}")
            time.sleep(_POLL_S)


def _make_environment(backends: Backends, stubs: StubAddress | None) -> dict[str, str]:
    assert backends.database_url is not None
    assert backends.redis_url is not None
    return {
        "DATABASE_URL": backends.database_url,
        "REDIS_URL": backends.redis_url,
        "CABANAS_API_TOKEN": secrets.token_urlsafe(24),
        # It is there to be driven; a limit of the user's own stays.
        "CABANAS_RATE_LIMIT_REQUESTS": os.environ.get("CABANAS_RATE_LIMIT_REQUESTS", "0"),
        **(provider_environment(stubs) if stubs else {}),
    }
