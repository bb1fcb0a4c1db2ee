"""How long the command takes to say something: a new interpreter each time, on a warm disk cache."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("cabanas-perf")


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("profile", "--help"), ("loadtest", "--help")], ids=" ".join
)
def test_time_to_help(benchmark, arguments):
    benchmark.pedantic(
        lambda: subprocess.run([COMMAND, *arguments], check=True, capture_output=True), rounds=15, warmup_rounds=2
    )


def test_a_whole_profile_of_messages(benchmark, tmp_path):
    arguments = ["profile", "nlu", "--requests", "1000", "--quiet", "--output", str(tmp_path)]
    benchmark.pedantic(
        lambda: subprocess.run([COMMAND, *arguments], check=True, capture_output=True), rounds=5, warmup_rounds=1
    )


def test_bare_interpreter_for_comparison(benchmark):
    benchmark.pedantic(lambda: subprocess.run([sys.executable, "-c", ""], check=True), rounds=15, warmup_rounds=2)
