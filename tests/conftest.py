"""What holds for all tests."""

import os
import signal
from collections.abc import Generator

import pytest

SYSTEM_PACKAGE = "needs the system package"

# A script that runs the tests in its background has them ignore SIGINT, and so would all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI set, nothing may be skipped for want of a system package: `.ci/run` has installed them all."""
    report = yield
    if report.skipped and SYSTEM_PACKAGE in str(report.longrepr) and os.environ.get("CI"):
        report.outcome = "failed"
    return report
