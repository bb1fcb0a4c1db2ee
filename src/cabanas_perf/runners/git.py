"""Questions to git. Nothing here changes a repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

_TIMEOUT_S = 30


def ask_git(*arguments: str, folder: Path | None = None) -> str | None:
    """What git answers, without blanks at its ends; None when it refuses, or is not installed."""
    answer = read_git(*arguments, folder=folder)
    return None if answer is None else answer.decode(errors="replace").strip()


def read_git(*arguments: str, folder: Path | None = None) -> bytes | None:
    """As `ask_git`, for answers that are no text."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            ["git", *arguments],  # noqa: S607 - the user's own git, wherever it is
            capture_output=True,
            cwd=folder,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
