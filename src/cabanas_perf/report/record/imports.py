"""Where results came from that another tool measured."""

from __future__ import annotations

from typing import Literal

from cabanas_perf.report.record.base import Record


class Imported(Record):
    """Such a report can be judged by latency and error rate alone: nobody told refusals apart, or audited."""

    tool: str
    kind: Literal["profile", "load"]
    """The kind of run whose objectives it can be judged by."""
    file: str
