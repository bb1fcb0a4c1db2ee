"""Two versions of the core on disk: commits unpacked into a folder of their own, the working tree where it lies.

Commits come out of `git archive`, not as worktrees: the repository is only read, so that a run that is killed leaves
nothing behind in it.
"""

from __future__ import annotations

import io
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.git import ask_git, read_git

WORKING_TREE = "working tree"
_PROJECT = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Checkout:
    """One version. ``dirty``: tracked or new files of it are in no commit."""

    name: str
    commit: str
    dirty: bool
    root: Path
    dependencies: frozenset[str]
    """What its project file asks for."""

    @property
    def source(self) -> Path:
        """The folder that holds the package ``cabanas``."""
        return self.root / "src"


@contextmanager
def open_checkouts(base: str, head: str | None, *, folder: Path | None = None) -> Iterator[tuple[Checkout, Checkout]]:
    """Both versions for the block; ``head`` None is the working tree of the repository that ``folder`` lies in.

    Raises:
        RunError: outside a repository, for a revision that is none, and for one without the core.
    """
    top = ask_git("rev-parse", "--show-toplevel", folder=folder)
    if top is None:
        where = folder or Path.cwd()
        raise RunError(f"{where} is in no git repository", fix="change to a checkout of the service, and try again")
    repository = Path(top)
    with tempfile.TemporaryDirectory(prefix="cabanas-ab-") as scratch:
        first = _unpack(repository, base, Path(scratch) / "base")
        if head is None:
            changes = ask_git("status", "--porcelain", "--", "src", _PROJECT, folder=repository)
            commit = _find_commit(repository, "HEAD")
            second = Checkout(WORKING_TREE, commit, bool(changes), repository, _read_dependencies(repository))
        else:
            second = _unpack(repository, head, Path(scratch) / "head")
        for checkout in (first, second):
            if not (checkout.source / "cabanas" / "__init__.py").is_file():
                raise RunError(
                    f"{checkout.name} holds no src/cabanas", fix="compare revisions of the service's own repository"
                )
        yield first, second


def _find_commit(repository: Path, revision: str) -> str:
    commit = ask_git(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", folder=repository
    )
    if commit:
        return commit
    fix = "name a commit, a branch or a tag; `git log --oneline` shows some"
    if ask_git("rev-parse", "--is-shallow-repository", folder=repository) == "true":
        fix = "this clone is shallow: `git fetch --unshallow` brings the rest (in CI: fetch-depth: 0)"
    raise RunError(f"git knows no commit {revision!r}", fix=fix)


def _unpack(repository: Path, revision: str, target: Path) -> Checkout:
    commit = _find_commit(repository, revision)
    held = [
        path for path in ("src", _PROJECT) if ask_git("cat-file", "-e", f"{commit}:{path}", folder=repository) == ""
    ]
    archive = read_git("archive", "--format=zip", commit, "--", *held, folder=repository) if "src" in held else None
    target.mkdir()
    for path in ("src", _PROJECT):
        archive = read_git("archive", "--format=zip", commit, "--", path, folder=repository)
        if archive is not None:
            with zipfile.ZipFile(io.BytesIO(archive)) as files:
                files.extractall(target)
    return Checkout(revision, commit, False, target, _read_dependencies(target))


def _read_dependencies(root: Path) -> frozenset[str]:
    try:
        project = tomllib.loads((root / _PROJECT).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return frozenset()
    return frozenset(project.get("project", {}).get("dependencies", ()))
