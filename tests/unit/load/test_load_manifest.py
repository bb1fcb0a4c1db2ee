"""The example of a load run on Kubernetes: its commands are commands of this version."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from cabanas_perf.cli.main import app

MANIFEST = Path(__file__).parents[3] / "docs" / "examples" / "kubernetes" / "loadtest.yaml"


def test_every_option_of_the_manifest_exists():
    verb = typer.main.get_command(app).commands["loadtest"]
    known = {name for one in verb.params for name in one.opts}
    named = set(re.findall(r"(?<!kubectl )(?:- |, )(--[a-z-]+)", MANIFEST.read_text(encoding="utf-8")))
    assert {"--master", "--worker", "--expect-workers", "--audit-dsn"} <= named
    assert named <= known
