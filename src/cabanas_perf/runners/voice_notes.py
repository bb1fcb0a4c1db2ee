"""Whether a load run can send voice notes, and the recordings that they refer to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import uvloop

from cabanas_perf.load.scenario import Scenario
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.load_session import find_endpoints
from cabanas_perf.runners.target import Target, TargetOptions
from cabanas_perf.workloads.base import CannotRun
from cabanas_perf.workloads.transcription import why_audio_is_unavailable
from cabanas_perf.workloads.webhook_audio import SPEC, give_clips_to_stub

_ELSEWHERE = "the recordings lie with the stubs of a service that the run starts itself"


def choose_endpoints(scenario: Scenario, where: TargetOptions) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The endpoints that the scenario's users send requests to, and those that they leave out here with the reason:
    voice notes, where nobody would hear them.

    Raises:
        RunError: when its users do not exist, or the mix asks by name for what must be left out.
    """
    endpoints = find_endpoints(scenario)
    if SPEC.name not in endpoints:
        return endpoints, {}
    why = why_audio_is_unavailable() if where.host is None else _ELSEWHERE
    if why is None:
        return endpoints, {}
    if any(stream.endpoint == SPEC.name for stream in scenario.mix):
        raise RunError(f"no voice notes can be sent: {why}", fix=f"take {SPEC.name} out of the mix")
    return tuple(endpoint for endpoint in endpoints if endpoint != SPEC.name), {SPEC.name: why}


def give_voice_notes(target: Target, endpoints: Collection[str]) -> Sequence[str]:
    """Let the target's stub have the recordings when the endpoints are to be sent voice notes; answers with their
    media ids.

    Raises:
        RunError: when the stub does not take them.
    """
    if SPEC.name not in endpoints or target.stubs is None:
        return ()
    try:
        return uvloop.run(give_clips_to_stub(target.stubs.graph_base_url))
    except CannotRun as error:
        raise RunError(str(error)) from error
