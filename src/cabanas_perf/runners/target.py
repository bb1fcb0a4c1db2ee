"""What a run sends its requests to: cores in this process, a service of our own, or somebody's host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from cabanas_perf.runners.databases import Backends, DataSize, open_backends
from cabanas_perf.runners.errors import TargetNotReached
from cabanas_perf.runners.hosts import check_host
from cabanas_perf.runners.providers import provider_environment
from cabanas_perf.runners.service_process import RunningService, start_service
from cabanas_perf.stubs import Behaviour, StubAddress, start_stubs
from cabanas_perf.workloads.base import Need, Via

_REACH_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """What the user said about where requests go."""

    via: Via = Via.DIRECT
    host: str | None = None
    yes_load: str | None = None
    database_url: str | None = None
    redis_url: str | None = None
    allow_writes: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, for the time of a run."""

    backends: Backends
    base_url: str | None = None
    """None: cores are called directly."""
    environment: dict[str, str] = field(default_factory=dict)
    """What the service was started with, when it is ours."""
    service: RunningService | None = None
    stubs: StubAddress | None = None


@contextmanager
def open_target(
    options: TargetOptions,
    *,
    needs: frozenset[Need],
    writes: bool,
    size: DataSize,
    say: Callable[[str], None],
    hears: bool = False,
) -> Iterator[Target]:
    """The target for the block, with everything behind it started, and stopped at its end. `hears`: a service of our
    own has its recogniser ready before the block begins.

    Raises:
        RunError: when it cannot be had, or must not be used.
    """
    if options.host is not None:
        check_host(options.host, yes_load=options.yes_load)
        check_answers(options.host)
        yield Target(Backends(None, None, "behind the given host"), base_url=options.host)
        return
    with open_backends(
        frozenset(Need) if options.via is Via.HTTP else needs,
        database_url=options.database_url,
        redis_url=options.redis_url,
        writes=writes,
        allow_writes=options.allow_writes,
        size=size,
        say=say,
    ) as backends:
        if options.via is Via.DIRECT:
            yield Target(backends)
            return
        with start_stubs(Behaviour()) as stubs:
            environment = service_environment(backends, stubs, hears=hears)
            with start_service(environment) as service:
                yield Target(backends, service.base_url, environment, service, stubs)


def service_environment(backends: Backends, stubs: StubAddress, *, hears: bool = False) -> dict[str, str]:
    """The settings of a service that a run starts: its own servers, stubs for the providers, no rate limit, stages
    told to the client, and where it is to hear voice notes, the recogniser loaded at its start.
    """
    assert backends.database_url is not None
    assert backends.redis_url is not None
    return {
        # Loaded for the first voice note, in the middle of a run, models take seconds of every core from all others.
        **({"CABANAS_AUDIO_ENABLED": "on"} if hears else {}),
        "DATABASE_URL": backends.database_url,
        "REDIS_URL": backends.redis_url,
        "CABANAS_RATE_LIMIT_REQUESTS": "0",
        "CABANAS_SERVER_TIMING": "1",
        **provider_environment(stubs),
    }


def check_answers(host: str) -> None:
    """Raise TargetNotReached unless something at the host speaks HTTP; what it answers is for the run to judge."""
    try:
        httpx.get(host, timeout=_REACH_TIMEOUT_S, trust_env=False)
    except httpx.HTTPError as error:
        fix = "start the service, or leave --host out and one is started"
        raise TargetNotReached(f"nothing answers at {host} ({type(error).__name__})", fix=fix) from error
