"""What holds for all tests."""

import os
from collections.abc import Generator

import pytest

SYSTEM_PACKAGE = "needs the system package"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI set, nothing may be skipped for want of a system package: `.ci/run` has installed them all."""
    report = yield
    if report.skipped and SYSTEM_PACKAGE in str(report.longrepr) and os.environ.get("CI"):
        report.outcome = "failed"
    return report
