"""Copies in the cache that appear whole or not at all."""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(lock_path: Path) -> Iterator[int]:
    """Hold the lock of that name against other commands, waiting for it; gives its file descriptor."""
    descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Give a path to make a directory at; it becomes `target` when the block ends well.

    The caller holds a lock. The path is a new one each time, as programs that a killed command had started
    may still be writing to theirs.
    """
    for remnant in target.parent.glob(f"{target.name}.*.unfinished"):
        shutil.rmtree(remnant, ignore_errors=True)
    unfinished = target.with_name(f"{target.name}.{secrets.token_hex(4)}.unfinished")
    try:
        yield unfinished
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def file_label(text: str, *distinguishing: object) -> str:
    """Return a recognisable directory name with a digest of everything that must make it differ."""
    digest = hashlib.sha256(repr(distinguishing).encode()).hexdigest()[:10]
    return f"{re.sub(r'[^A-Za-z0-9.]+', '-', text).strip('-')}-{digest}"


def copy_once(tree: Path, parts: tuple[str, ...], *, into: Path, label: str) -> Path:
    """Return a world-readable copy of those `parts` of `tree` that exist, under the same relative paths.

    A later call with an unchanged source gives the same copy.
    """
    present = [part for part in parts if (tree / part).exists()]
    copy = into / file_label(label, tree, [(part, (tree / part).stat().st_mtime_ns) for part in present])
    with exclusive(into / "lock"):
        if copy.exists():
            return copy
        with appearing(copy) as unfinished:
            for part in present:
                source, target = tree / part, unfinished / part
                target.parent.mkdir(parents=True, exist_ok=True)
                if source.is_dir():
                    shutil.copytree(source, target, symlinks=True)
                else:
                    shutil.copy2(source, target)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    executable = path.is_dir() or path.stat().st_mode & 0o100
                    path.chmod(0o755 if executable else 0o644)
    return copy
