"""Peers that live in another process: programs on PATH, packages of node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cabanas_perf.runners.pairs import Turn

NODE_MODULES_VARIABLE = "PEERS_NODE_MODULES"
"""The folder with the packages of package.json, as `nox -s peers` installs them."""


def find_program(name: str) -> str | None:
    """A program beside this interpreter, or on PATH."""
    return shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)


def find_node_package(name: str) -> Path | None:
    """The folder of an installed package of node; None without node, or without it."""
    folder = Path(os.environ.get(NODE_MODULES_VARIABLE, "node_modules")) / name
    return folder.resolve() if find_program("node") and (folder / "package.json").is_file() else None


def read_node_version(package: Path) -> str:
    version: str = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    return version


class WorkerSide:
    """A side in another process, which times itself: gets a line of JSON, answers with nanoseconds."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    async def turn(self, batch: Sequence[Any]) -> Turn:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(list(batch), default=str) + "\n")
        self._process.stdin.flush()
        return Turn(int(self._process.stdout.readline()), ())


@contextmanager
def worker(command: Sequence[str]) -> Iterator[WorkerSide]:
    """A side for the block; the program ends when its input does."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield WorkerSide(process)
