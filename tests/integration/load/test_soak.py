"""Nothing grows under a steady load. Ten minutes, so behind `nox -s soak`."""

from __future__ import annotations

import json
from statistics import median

import pytest
import typer
from typer.testing import CliRunner

from cabanas_perf.cli.loadtest import loadtest

MINUTE_S = 60


def middle_of(points, name, start_s, end_s):
    return median(point[name] for point in points if start_s <= point["at_s"] < end_s and point[name] is not None)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_ten_minutes_of_load_leave_memory_connections_and_tables_as_they_were(tmp_path, monkeypatch):
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)
    app = typer.Typer()
    app.command()(loadtest)
    result = CliRunner().invoke(app, ["soak", "--output", str(tmp_path), "--json"])
    report = json.loads(result.stdout)
    assert result.exit_code == 0, report["verdicts"]
    points = report["load"]["timeline"]
    # After three minutes everything has been used that ever will be: pools, caches, the allocator's arenas. The spans
    # are more than twice as long as a connection may lie idle, so that one hiccup does not move their middles.
    early, late = (3 * MINUTE_S, 6 * MINUTE_S), (7 * MINUTE_S, 10 * MINUTE_S)
    for name, allowed_ratio, allowed in (
        ("server_memory_bytes", 0.05, 4 << 20),
        ("redis_memory_bytes", 0.05, 1 << 20),
        ("connections", 0.1, 2),
        ("pool_open", 0.1, 2),
        ("postgres_connections", 0.1, 2),
        ("redis_clients", 0.1, 2),
        # Vacuum lets dead rows stand until they are a fifth of a table.
        ("postgres_dead_rows", 0.5, 1000),
    ):
        before, after = middle_of(points, name, *early), middle_of(points, name, *late)
        assert after <= before * (1 + allowed_ratio) + allowed, (name, before, after)
