"""Running the stubs as a process of their own, so that their work is not counted as the service's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cabanas_perf.stubs.behaviour import Behaviour
from cabanas_perf.stubs.server import StubAddress

_STOP_TIMEOUT_S = 5.0


class StubsNotStarted(Exception):
    """The stubs' process ended before it could serve."""


@contextmanager
def start_stubs(behaviour: Behaviour) -> Iterator[StubAddress]:
    """The stubs for the block. They end with this process, however it ends.

    Raises:
        StubsNotStarted
    """
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [
            sys.executable,
            "-m",
            "cabanas_perf.stubs",
            "--port=0",
            "--exit-with-stdin",
            f"--behaviour={json.dumps(behaviour.to_json())}",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Ctrl-C is for the command; it stops them when it is done with them.
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise StubsNotStarted(f"the stubs for WhatsApp and Mercado Pago ended with code {process.wait()}")
        yield StubAddress(json.loads(line)["url"])
    finally:
        process.stdin.close()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
