"""The search for the highest rate, against a server that lets through 100 requests a second at the most."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from cabanas_perf.cli.loadtest import loadtest

# Timed against a clock, on all the cores that there are.
pytestmark = pytest.mark.serial

SLO = """
[[objective]]
id = "health-p95"
workload = "health"
indicator = "latency_ms"
assert = "p95 < 300ms"
"""


def test_the_highest_rate_that_holds_is_found_and_proven(start_script, tmp_path):
    host, _ = start_script("fake_service.py", "narrow")
    (tmp_path / "slo.toml").write_text(SLO)
    app = typer.Typer()
    app.command()(loadtest)
    result = CliRunner().invoke(
        app,
        [
            "capacity", "--host", host, "--user-classes", "ReservationUser.health:1", "--rate", "40", "-t", "4s",
            "--slo", str(tmp_path / "slo.toml"), "--output", str(tmp_path), "--json",
        ],
    )  # fmt: skip
    report = json.loads(result.stdout)
    capacity = report["load"]["capacity"]
    assert result.exit_code == 0, report["verdicts"]
    # The door lets fewer than 100 through: every pass ends with a switch to the next request.
    assert 50 < capacity["confirmed_rps"] < 105
    failed = [step for step in capacity["steps"] if not step["held"]]
    assert failed
    # Others may have failed a guard, where the machine had more to do.
    assert any("health-p95" in step["failed"] for step in failed)
    assert (capacity["rate_rps_by_workers"], capacity["scalability"]) == ({}, None)
