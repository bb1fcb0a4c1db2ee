"""The end of a log, for error messages."""

import os
from pathlib import Path

TAIL_LINES = 15
TAIL_BYTES = 8192


def read_tail(path: Path) -> str:
    """Return the last lines of the file at `path`, indented, or what keeps it from being read."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            return indent_tail(log.read().decode(errors="replace"))
    except OSError as error:
        return f"  ({path}: {error.strerror})"


def indent_tail(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.rstrip().splitlines()[-TAIL_LINES:])
