"""The statements that the service runs, by name: each is one file under ``sql/``."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

_FOLDER = files("cabanas.db") / "sql"


@cache
def load_statement(name: str) -> str:
    """The SQL text of the statement ``name``, with PostgreSQL's own ``$1`` placeholders.

    Raises:
        KeyError: when there is no such statement.
    """
    file = _FOLDER / f"{name}.sql"
    if not file.is_file():
        raise KeyError(name)
    return file.read_text(encoding="utf-8")


def statement_path(name: str) -> Path | None:
    """The file of the statement ``name``; None when there is none, or none on disk."""
    file = _FOLDER / f"{name}.sql"
    return file if isinstance(file, Path) and file.is_file() else None


def statement_names() -> tuple[str, ...]:
    """The names of all statements, sorted."""
    return tuple(sorted(file.name.removesuffix(".sql") for file in _FOLDER.iterdir() if file.name.endswith(".sql")))


@cache
def statement_id(sql: str) -> str:
    """Twelve hexadecimal digits by which a statement's text can be told where the text itself is too long."""
    return hashlib.sha256(sql.encode()).hexdigest()[:12]
