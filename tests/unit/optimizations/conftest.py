from pathlib import Path

import pytest

from cabanas_perf.report.files import read_report


@pytest.fixture
def report():
    return read_report(Path(__file__).parents[2] / "data" / "reports" / "profile.json")
