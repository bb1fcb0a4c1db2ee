"""The steps of the CI examples run as they are written, with smaller figures in their variables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from tests.docs.console_blocks import ROOT
from tests.objectives import write_patient_objectives

EXAMPLES = ROOT / "docs" / "examples"
SMALL = {"PARTS": "--only nlu", "BASE": "HEAD~1", "PAIRS": "5"}
SLOWER = """

_once = analyze


def analyze(text, **rest):
    _once(text, **rest)
    return _once(text, **rest)
"""


def read_github():
    (job,) = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text(encoding="utf-8"))["jobs"].values()
    return job["env"], [step["run"] for step in job["steps"] if "run" in step]


def read_gitlab():
    (job,) = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text(encoding="utf-8")).values()
    return job["variables"], [*job["before_script"], *job["script"]]


def git(folder, *arguments):
    identity = ("-c", "user.name=someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture
def checkout(tmp_path):
    """A clone whose last commit takes a slow-down back; two equal ones would differ by chance, one time in thirty."""
    folder = tmp_path / "checkout"
    subprocess.run(["git", "clone", "-q", "--shared", ROOT, folder], check=True, timeout=60)
    reading = folder / "src" / "cabanas" / "nlu" / "reading.py"
    reading.write_text(reading.read_text(encoding="utf-8") + SLOWER, encoding="utf-8")
    git(folder, "commit", "-qam", "a slow-down")
    git(folder, "revert", "--no-edit", "HEAD")
    write_patient_objectives(folder)
    return folder


@pytest.mark.parametrize("read", [read_github, read_gitlab])
def test_the_steps_run_as_they_are_written(read, checkout):
    variables, (install, *steps) = read()
    assert install == "pip install cabanas-perf"
    assert set(SMALL) <= set(variables)
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    summary = checkout / "summary.md"
    environment = {
        **kept,
        **SMALL,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    for step in steps:
        # As runners do: the first failing command ends the step.
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step],
            cwd=checkout, env=environment, capture_output=True, text=True, timeout=150, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{step}\n{done.stdout}\n{done.stderr}"
    cases = ET.parse(checkout / "reports" / "junit.xml").getroot().iter("testcase")
    assert "nlu-mean" in {case.get("name") for case in cases}
    if read is read_github:
        assert "nlu-mean" in summary.read_text(encoding="utf-8")
        assert (checkout / "reports" / "plans.sarif").is_file()


def test_a_step_that_misses_fails_the_job(checkout):
    (checkout / "profiles" / "slo.toml").write_text(
        '[[objective]]\nid = "nlu"\nworkload = "nlu"\nindicator = "latency_ms"\nassert = "p50 < 0.1us"\n',
        encoding="utf-8",
    )
    _, (_, check, *_) = read_gitlab()
    environment = {
        **os.environ,
        "PARTS": "--only nlu",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-e", "-c", check], cwd=checkout, env=environment, capture_output=True, timeout=100, check=False
    )
    assert done.returncode == 1
