from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest

from cabanas_perf.load.arrivals import RateStage
from cabanas_perf.runners.load_generator import Distribution, run_generator

# Timed against a clock, on all the cores that there are.
pytestmark = pytest.mark.serial

HERE = Path(__file__).parent
_PATIENCE_S = 20


def load_plan():
    spec = importlib.util.spec_from_file_location("lonely_parent", HERE / "lonely_parent.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return replace(module.PLAN, steady_s=4, stages=(RateStage(4, 20, 20),))


def wait_for(condition):
    deadline = time.monotonic() + _PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_the_generator_ends_with_a_command_that_is_killed(start_script):
    host, _ = start_script("bare_server.py")
    with subprocess.Popen([sys.executable, str(HERE / "lonely_parent.py"), host], stderr=subprocess.DEVNULL) as parent:
        try:
            family = wait_for(lambda: len(found := psutil.Process(parent.pid).children(recursive=True)) == 3 and found)
        finally:
            parent.kill()
    wait_for(lambda: not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in family))


def test_locusts_own_page_shows_the_run_and_ends_with_it(start_script):
    host, _ = start_script("bare_server.py")
    port = 20_000 + time.time_ns() % 20_000
    pages = []

    def look() -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not pages and time.monotonic() < deadline:
            try:
                pages.append(httpx.get(f"http://127.0.0.1:{port}/stats/requests", trust_env=False).json())
            except (httpx.HTTPError, ValueError):
                time.sleep(0.2)

    looking = threading.Thread(target=look)
    looking.start()
    run = run_generator(load_plan(), host=host, environment={}, distribution=Distribution(), ui_port=port)
    looking.join()
    assert pages[0]["state"]
    assert run.exit_code == 0
    assert run.collected.tally.requests == 80


def test_a_run_ends_when_its_watcher_says_so(start_script):
    host, _ = start_script("bare_server.py")
    run = run_generator(
        load_plan(),
        host=host,
        environment={},
        distribution=Distribution(),
        on_progress=lambda collected: collected.tally.requests < 20,
    )
    assert run.ended_early
    assert 20 <= run.collected.tally.requests < 80
    # What was on its way when it ended is counted, too.
    assert run.collected.issued == run.collected.tally.requests + run.collected.in_flight
