"""Profiles in the format of https://www.speedscope.app, which shows them as flame graphs."""

from __future__ import annotations

import json

from cabanas_perf.measurement.stacks import Frame, Stacks

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def render_speedscope(stacks: Stacks, *, name: str) -> str:
    """The stacks as one `sampled` profile in seconds: each is one sample with its weight."""
    indexes: dict[Frame, int] = {}
    samples = [[indexes.setdefault(frame, len(indexes)) for frame in stack] for stack in stacks]
    weights = list(stacks.values())
    return json.dumps(
        {
            "$schema": SCHEMA,
            "name": name,
            "exporter": "cabanas-perf",
            "activeProfileIndex": 0,
            "shared": {"frames": [_render_frame(frame) for frame in indexes]},
            "profiles": [
                {
                    "type": "sampled",
                    "name": name,
                    "unit": "seconds",
                    "startValue": 0,
                    "endValue": sum(weights),
                    "samples": samples,
                    "weights": weights,
                }
            ],
        }
    )


def _render_frame(frame: Frame) -> dict[str, str | int]:
    line = {"line": frame.line} if frame.line else {}
    return {"name": frame.name, "file": frame.file, **line}
