"""Results of other tools, as reports. What a source cannot say stays unsaid, and the report's notes say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cabanas_perf.report.importers.base import ForeignError, Source
from cabanas_perf.report.importers.build import build_imported
from cabanas_perf.report.importers.k6 import read_k6
from cabanas_perf.report.importers.locust import read_locust_csv, read_locust_json
from cabanas_perf.report.importers.pyperf import read_pyperf
from cabanas_perf.report.importers.pytest_benchmark import read_pytest_benchmark
from cabanas_perf.report.record import Report

__all__ = ["ForeignError", "convert"]

_READERS: dict[str, Callable[[Any], Source | None]] = {
    "pytest-benchmark": read_pytest_benchmark,
    "pyperf": read_pyperf,
    "Locust": read_locust_json,
    "Locust's CSV": read_locust_csv,
    "k6": read_k6,
}


def convert(content: object, path: Path) -> Report | None:
    """The report of what another tool wrote, a JSON document or the text of a CSV file; None when none of the known
    tools did.

    Raises:
        ForeignError: when one did, and it cannot be read.
    """
    for tool, read in _READERS.items():
        try:
            source = read(content)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ForeignError(f"looks like {tool}, but cannot be read ({type(error).__name__}: {error})") from error
        if source is not None:
            return build_imported(source, path)
    return None
