"""Run the comparisons and write them down: ``python -m benchmarks.peers``, or ``nox -s peers``."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.peers import audio, hold, load, nlu, profilers, scaling, startup, webhooks
from benchmarks.peers.rows import FULL, QUICK, Effort, Section, Topic, render

from cabanas_perf.runners.databases import Backends
from cabanas_perf.runners.doctor import describe_noise
from cabanas_perf.runners.environment import describe_environment

RESULTS = Path(__file__).parents[1] / "RESULTS.md"
_QUIET_LOAD = 0.5
"""The load average at the start up to which times are a quiet machine's."""
TOPICS = (
    Topic("nlu", nlu.run),
    Topic("hold", hold.run),
    Topic("webhooks", webhooks.run),
    Topic("audio", audio.run),
    Topic("load", load.run),
    Topic("profilers", profilers.run),
    Topic("startup", startup.run),
    Topic("scaling", scaling.run),
)


def main() -> int:
    """1 when a topic ended in an error; the file is written after each, and says which."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="as few pairs as give an interval: to see that it works")
    parser.add_argument("--only", nargs="+", choices=[topic.name for topic in TOPICS], help="these topics alone")
    parser.add_argument("--output", type=Path, default=RESULTS, help="the file to write")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    chosen = [topic for topic in TOPICS if options.only is None or topic.name in options.only]
    load_average = os.getloadavg()
    busy = load_average[0] > _QUIET_LOAD
    head = "\n".join(_describe(effort, chosen, load_average))
    sections: list[Section] = []
    failed = []
    for topic in chosen:
        started_s = time.monotonic()
        try:
            sections.append(topic.run(effort))
        except Exception:  # noqa: BLE001 - the other topics are worth keeping
            traceback.print_exc()
            failed.append(topic.name)
        sys.stdout.write(f"{topic.name}: {time.monotonic() - started_s:.0f} s\n")
        sys.stdout.flush()
        lost = f"- **ended in an error, so that their rows are missing: {', '.join(failed)}**\n" if failed else ""
        options.output.write_text(f"{head}\n{lost}\n{render(sections, busy=busy)}", encoding="utf-8")
    sys.stdout.write(f"{options.output}\n")
    return 1 if failed else 0


def _describe(effort: Effort, chosen: list[Topic], load_average: tuple[float, ...]) -> Iterator[str]:
    environment = asyncio.run(describe_environment(Backends(None, None, "embedded"), embedded=True))
    left_out = [topic.name for topic in TOPICS if topic not in chosen]
    yield from ("# Beside what one would use instead", "")
    yield "`nox -s peers` wrote this file; nobody edits it. The sides of each row of the first table took turns in one"
    yield "run: a pair is one batch with one side first and one with the other first, and the ratio of the two sides is"
    yield "taken pair by pair. Below 1 the side is cheaper than what stands beside it, above 1 dearer; an interval that"
    yield "reaches over 1 proves neither. What each topic is given, and what else it shows, follows the two tables."
    yield ""
    yield f"- on {datetime.now(UTC):%Y-%m-%d}: {environment.cpu}, {environment.cores} cores, {environment.platform}"
    yield f"- Python {environment.python}; {', '.join(f'{name} {of}' for name, of in environment.versions.items())}"
    yield f"- load average at the start, over 1, 5 and 15 minutes: {' '.join(f'{one:.2f}' for one in load_average)}"
    if load_average[0] > _QUIET_LOAD:
        yield "- **the machine was busy: times, and bars on them, are worse than they would be alone; ratios stand**"
    if environment.noise is not None:
        yield f"- noise: {describe_noise(environment.noise)}"
    if effort is QUICK:
        yield "- **a quick run, to see that it works: too few pairs to quote**"
    if left_out:
        yield f"- left out by hand: {', '.join(left_out)}"


if __name__ == "__main__":
    sys.exit(main())
