"""Reports as files: written whole or not at all, never over another one, read with errors that say what to
do.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import ValidationError

from cabanas_perf.report.record import SCHEMA, Report

REPORT_PREFIX = "profiling_report"

_STAMPED = re.compile(
    r"(?P<family>.+)_(?P<stamp>\d{8}_\d{6})(?:_(?P<nth>\d+))?(?P<suffix>(?:\.speedscope)?\.json|\.prof)"
)
_ERRORS_SHOWN = 3


class ReportError(Exception):
    """A report that cannot be read; the text names the file, the reason and the next step."""


def format_stamp(moment: datetime) -> str:
    """Render the `YYYYMMDD_HHMMSS` of file names."""
    return f"{moment:%Y%m%d_%H%M%S}"


def write_report(report: Report, folder: Path) -> Path:
    """Write `profiling_report_YYYYMMDD_HHMMSS.json` into the folder, made when missing, and return its path.

    The time is the run's start. A second report of the same second gets `_2` behind it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=".report-", delete=False) as draft:
        draft.write(render_json(report))
    draft_path = Path(draft.name)
    draft_path.chmod(0o666 & ~_umask())
    path = reserve_path(folder, REPORT_PREFIX, format_stamp(report.run.started_at), ".json")
    try:
        return draft_path.replace(path)
    except OSError:
        draft_path.unlink()
        path.unlink()
        raise


def render_json(report: Report) -> str:
    return report.model_dump_json(indent=2) + "\n"


def reserve_path(folder: Path, prefix: str, stamp: str, suffix: str) -> Path:
    """Create an empty file with a name that no other run has, and return its path."""
    for nth in count(1):
        path = folder / f"{prefix}_{stamp}{'' if nth == 1 else f'_{nth}'}{suffix}"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise AssertionError("count() does not end")


def _umask() -> int:
    # The mask can only be read by setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def read_report(path: Path) -> Report:
    """Report in the file; what pytest-benchmark, pyperf, Locust or k6 wrote is taken for one, not judged yet.

    Raises ReportError when it is missing, cut short, or neither of ours nor of theirs.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReportError(f"{path}: no such file; look for {REPORT_PREFIX}_*.json") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: cannot be read ({error}); give the path of a report") from error
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        if (report := _import(text, path)) is not None:
            return report
        raise ReportError(f"{path}: {_describe_syntax(text, error)}; run the command that wrote it again") from error
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        if (report := _import(document, path)) is not None:
            return report
        raise ReportError(f"{path}: its schema is {found!r}, not {SCHEMA!r}; give a report that this version wrote")
    try:
        return Report.model_validate_json(text)
    except ValidationError as error:
        raise ReportError(f"{path}: not a valid report ({_describe_errors(error)}); it was changed by hand?") from error


def _import(content: object, path: Path) -> Report | None:
    # Imported here: reports of our own do not need it.
    from cabanas_perf.report.importers import ForeignError, convert  # noqa: PLC0415

    try:
        return convert(content, path)
    except ForeignError as error:
        raise ReportError(f"{path}: {error}; have that tool write it again") from error


def _describe_syntax(text: str, error: json.JSONDecodeError) -> str:
    if not text.strip():
        return "the file is empty"
    # An unterminated string is reported where it begins, but only the end of the text leaves one open.
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return f"cut short at line {error.lineno}"
    return f"not JSON at line {error.lineno} ({error.msg})"


def _describe_errors(error: ValidationError) -> str:
    # Without the values: a broken file may hold anything.
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [
        f"{'.'.join(map(str, problem['loc'])) or 'report'}: {problem['msg']}" for problem in problems[:_ERRORS_SHOWN]
    ]
    if len(problems) > _ERRORS_SHOWN:
        shown.append(f"and {len(problems) - _ERRORS_SHOWN} more")
    return "; ".join(shown)


def prune(folder: Path, *, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest `keep` reports and profiles of each name, and return what was removed.

    Only files whose names end in the stamp of a run are touched, and none in subfolders. Raises ValueError
    when `keep` is below 1.
    """
    if keep < 1:
        raise ValueError(f"at least the newest file is kept, not {keep}")
    families: defaultdict[tuple[str, str], list[tuple[str, int, Path]]] = defaultdict(list)
    for path in folder.iterdir():
        match = _STAMPED.fullmatch(path.name)
        if match is not None and path.is_file():
            families[match["family"], match["suffix"]].append((match["stamp"], int(match["nth"] or 1), path))
    removed = []
    for files in families.values():
        for _, _, path in sorted(files)[:-keep]:
            path.unlink()
            removed.append(path)
    return tuple(removed)
