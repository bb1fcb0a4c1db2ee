"""The stand-ins for WhatsApp and Mercado Pago as a process of their own, and what the service needs to use them."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cabanas_perf.runners.errors import RunError
from cabanas_perf.stubs import StubAddress

_STOP_TIMEOUT_S = 5.0


@contextmanager
def start_stub_process(latency_ms: tuple[float, ...] = ()) -> Iterator[StubAddress]:
    """The stubs for the block; without ``latency_ms`` (one time, or the shortest and the longest) they take the
    400 to 800 ms that the design document expects of WhatsApp. They end with this process, however it ends.

    Raises:
        RunError: when they do not start.
    """
    latency = ["--latency-ms", *map(str, latency_ms)] if latency_ms else []
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "cabanas_perf.stubs", "--port=0", "--exit-with-stdin", *latency],
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
            raise RunError(f"the stubs for WhatsApp and Mercado Pago ended with code {process.wait()}")
        yield StubAddress(json.loads(line)["url"])
    finally:
        process.stdin.close()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def provider_environment(stubs: StubAddress) -> dict[str, str]:
    """Settings of a service that takes the stubs for the providers, with secrets made for it."""
    return {
        "CABANAS_GRAPH_BASE_URL": stubs.graph_base_url,
        "CABANAS_MERCADOPAGO_BASE_URL": stubs.mercadopago_base_url,
        "CABANAS_WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "CABANAS_WHATSAPP_VERIFY_TOKEN": secrets.token_hex(16),
        "CABANAS_WHATSAPP_ACCESS_TOKEN": secrets.token_hex(16),
        "CABANAS_WHATSAPP_PHONE_NUMBER_ID": "0",
        "CABANAS_MERCADOPAGO_SECRET": secrets.token_hex(16),
        "CABANAS_MERCADOPAGO_ACCESS_TOKEN": secrets.token_hex(16),
    }
