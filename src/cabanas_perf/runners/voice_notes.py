"""Whether a load run can send voice notes, and the recordings that they refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import uvloop

from cabanas_perf.load.scenario import Scenario
from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.load_session import LoadOptions, find_endpoints
from cabanas_perf.runners.target import Target
from cabanas_perf.workloads.base import CannotRun
from cabanas_perf.workloads.clips import load_clips
from cabanas_perf.workloads.transcription import why_audio_is_unavailable
from cabanas_perf.workloads.webhook_audio import SPEC, give_clips_to_stub

_ELSEWHERE = "the recordings lie with the stubs of a service that the run starts itself"
_UNTOLD = "workers on other machines are not told which recordings there are"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the scenario's users send requests to, and what they leave out here."""

    sent: tuple[str, ...]
    left_out: Mapping[str, str]
    """With the reason."""

    @property
    def hears(self) -> bool:
        """Whether there are voice notes among what is sent."""
        return SPEC.name in self.sent


def choose_endpoints(options: LoadOptions, *, texts_alone: str | None = None) -> Endpoints:
    """Voice notes are left out where nobody would hear them, or for the reason `texts_alone`.

    Raises:
        RunError: when the scenario's users do not exist, or its mix asks by name for what must be left out.
    """
    scenario = options.scenario
    endpoints = find_endpoints(scenario)
    why = (texts_alone or _why_unheard(options)) if SPEC.name in endpoints else None
    if why is None:
        return Endpoints(endpoints, {})
    if any(stream.endpoint == SPEC.name for stream in scenario.mix):
        raise RunError(f"no voice notes can be sent: {why}", fix=f"take {SPEC.name} out of the mix")
    return Endpoints(tuple(endpoint for endpoint in endpoints if endpoint != SPEC.name), {SPEC.name: why})


def _why_unheard(options: LoadOptions) -> str | None:
    if options.where.host is not None:
        return _ELSEWHERE
    if options.distribution.expect_workers:
        return _UNTOLD
    return why_audio_is_unavailable()


def give_voice_notes(target: Target, scenario: Scenario) -> Sequence[str]:
    """Let the target's stub have the recordings of the scenario; answers with their media ids.

    Raises:
        RunError: when there are none that are short enough, or the stub does not take them.
    """
    assert target.stubs is not None
    clips = [clip for clip in load_clips() if clip.duration_s <= scenario.voice_notes_up_to_s]
    if not clips:
        raise RunError(
            f"no recording is as short as {scenario.voice_notes_up_to_s:g} s", fix="write a longer voice_notes_up_to_s"
        )
    try:
        return uvloop.run(give_clips_to_stub(target.stubs.graph_base_url, clips))
    except CannotRun as error:
        raise RunError(str(error)) from error
