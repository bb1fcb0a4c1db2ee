"""The wheel works as the checkout does, and other packages can add workloads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with what the wheel installs, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, ROOT], check=True, timeout=120
    )
    (wheel,) = folder.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", folder / "site", wheel], check=True, timeout=120
    )
    return folder / "site"


def test_the_wheel_brings_its_own_objectives_and_scenarios(command, installed):
    ran = command("profile", "health", "--requests", "100", "--json", PYTHONPATH=str(installed))
    assert ran.code == 0, ran.err
    assert Path(ran.report["run"]["slo_file"]).is_relative_to(installed)
    assert (installed / "cabanas_perf" / "_data" / "scenarios" / "quick.toml").is_file()


def test_the_wheel_carries_every_file_of_the_packages(installed):
    for package in ("cabanas", "cabanas_perf"):
        source = ROOT / "src" / package
        files = [path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        missing = [path for path in files if not (installed / package / path.relative_to(source)).is_file()]
        assert not missing


_PLUGIN = """
from contextlib import asynccontextmanager

from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.workloads.base import Reply, Via, WorkloadSpec


class Nap:
    def draw(self, count):
        return range(count)

    def call(self, request):
        return Reply(Outcome.OK)


@asynccontextmanager
async def open_nap(context):
    yield Nap()


SPEC = WorkloadSpec(name="nap", title="Nap", open=open_nap, default_requests=100, vias=(Via.DIRECT,))
"""
_SLO = '[[objective]]\nid = "nap"\nworkload = "nap"\nindicator = "latency_ms"\nassert = "p95 < 1s"\n'


def test_another_package_adds_a_workload(command, tmp_path):
    site = tmp_path / "site"
    info = site / "nap-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "nap.py").write_text(_PLUGIN, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nap\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[cabanas_perf.workloads]\nnap = nap:SPEC\n", encoding="utf-8")
    (tmp_path / "slo.toml").write_text(_SLO, encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    ran = command("profile", "nap", "--slo", "slo.toml", "--json", PYTHONPATH=path)
    assert ran.code == 0, ran.err
    assert [verdict["verdict"] for verdict in ran.report["verdicts"]] == ["met"]
    assert json.dumps(ran.report).count('"nap"') >= 2
