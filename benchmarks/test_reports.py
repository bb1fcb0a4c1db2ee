"""Reports read, rendered and judged again, from a stored one of a whole profile.

pytest benchmarks/test_reports.py
"""

from pathlib import Path

import pytest

from cabanas_perf.renderers.html.page import render_html
from cabanas_perf.renderers.terminal import render
from cabanas_perf.report.files import read_report, render_json
from cabanas_perf.runners.gate import judge_again
from cabanas_perf.slo.file import find_slo_file, load_objectives
from cabanas_perf.slo.objective import DEFAULT_SET
from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS

STORED = Path(__file__).parent.parent / "tests" / "data" / "reports" / "profile.json"


@pytest.fixture(scope="module")
def report():
    return read_report(STORED)


def test_read(benchmark):
    benchmark(read_report, STORED)


def test_render_for_a_terminal(benchmark, report):
    assert "Verdict" in benchmark(render, report)


def test_render_json(benchmark, report):
    benchmark(render_json, report)


@pytest.mark.parametrize("lite", [True, False], ids=["lite", "full"])
def test_render_html(benchmark, report, lite):
    assert benchmark(render_html, report, lite=lite).startswith("<!doctype html>")


def test_judge_again(benchmark, report):
    objectives = load_objectives(find_slo_file(None), workloads=OBJECTIVE_WORKLOADS)
    benchmark(judge_again, report, objectives, DEFAULT_SET)
