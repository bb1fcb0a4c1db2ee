"""A report as an HTML file, with the profiles that lie beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cabanas_perf.renderers.html.attachments import StackProfile
from cabanas_perf.renderers.html.page import render_html
from cabanas_perf.report.record import Profile, Report, Workload
from cabanas_perf.runners.compare import compare_with_baseline
from cabanas_perf.runners.errors import RunError

_MOST_BYTES = 50_000_000


def write_page(
    report: Report, page: Path, *, beside: Path, baseline: Report | None = None, lite: bool = False
) -> tuple[str, ...]:
    """Write the page, and answer with the names of the profiles that it would have shown and that were not there.

    ``beside`` is the folder of the report: profiles are looked for in it, by their names alone.

    Raises:
        RunError: when the file cannot be written.
    """
    found: list[StackProfile] = []
    missing: list[str] = []
    for workload, profile, path in _find_profiles(report, beside):
        text = _read_text(path)
        if text is None:
            missing.append(path.name)
        else:
            found.append(StackProfile(workload.name, profile.profiler, text))
    comparison = None if baseline is None else compare_with_baseline(report, baseline)
    html = render_html(report, found, baseline=comparison, lite=lite)
    try:
        page.write_text(html, encoding="utf-8")
    except OSError as error:
        fix = "name a file in a folder that exists and that you may write to"
        raise RunError(f"{page} cannot be written ({error.strerror})", fix=fix) from error
    return tuple(missing)


def _read_text(path: Path) -> str | None:
    """None where there is no such file, or none to make a picture of."""
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= _MOST_BYTES else None
    except (OSError, UnicodeDecodeError):
        return None


def _find_profiles(report: Report, folder: Path) -> Iterator[tuple[Workload, Profile, Path]]:
    """Only the file's name counts: the report may come from another machine, and a path in it leads anywhere."""
    for workload in report.workloads:
        for profile in workload.profiles or filter(None, (workload.profile,)):
            if profile.speedscope_file is not None:
                yield workload, profile, folder / Path(profile.speedscope_file).name
