"""The report as JSON, byte for byte what its file holds."""

from cabanas_perf.report.files import render_json

__all__ = ["render_json"]
