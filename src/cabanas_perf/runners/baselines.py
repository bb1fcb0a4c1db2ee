"""Baselines: reports kept under a name of their own, to compare with later, by hand or in CI."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from cabanas_perf.runners.errors import RunError

_FOLDER = "baselines"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def find_baseline(name_or_path: str, output: Path) -> Path:
    """The file of a baseline: a path as given, else the name in the folder's ``baselines``. Raises RunError."""
    path = Path(name_or_path)
    if path.is_file():
        return path
    named = output / _FOLDER / f"{name_or_path}.json"
    if _NAME.fullmatch(name_or_path) and named.is_file():
        return named
    fix = f"make one with --save-baseline {name_or_path}" if _NAME.fullmatch(name_or_path) else "check the path"
    raise RunError(f"there is no baseline {name_or_path!r}", fix=fix)


def save_baseline_as(name: str, report: Path, output: Path) -> Path:
    """Copy the report to the baseline of this name, in place of an earlier one. Raises RunError for a bad name."""
    if not _NAME.fullmatch(name):
        raise RunError(f"{name!r} is no name for a baseline", fix="letters, digits, dots, dashes and underscores")
    folder = output / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(report, folder / f"{name}.json"))
