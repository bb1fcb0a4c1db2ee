"""Users who think for some seconds find their connection open: the service closes none under a request on its way."""

from __future__ import annotations

import http.client
import time

from cabanas_perf.runners.databases import DataSize
from cabanas_perf.runners.target import TargetOptions, open_target
from cabanas_perf.workloads.base import Need, Via

THINKING_S = 7  # the longest pause of a shipped scenario's users


def test_a_connection_outlives_its_users_pause(monkeypatch):
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)
    with open_target(
        TargetOptions(Via.HTTP), needs=frozenset(Need), writes=True, size=DataSize(), say=lambda _: None
    ) as target:
        connection = http.client.HTTPConnection(target.base_url.removeprefix("http://"), timeout=5)
        connection.connect()
        socket = connection.sock
        for pause_s in (THINKING_S, 0):
            connection.request("GET", "/api/v1/livez")
            assert connection.getresponse().read()
            assert connection.sock is socket
            time.sleep(pause_s)
        connection.close()
