"""Every command that the documentation shows is run, page by page, in a fresh clone of this repository."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest
from tests.docs.console_blocks import ROOT, Command, Notes, find_commands, list_pages
from tests.objectives import write_patient_objectives

TIMEOUT_S = 120
PAGE_TIMEOUT_S = 480
"""A page is many commands, on a machine that has other tests to run."""

_STAMPED = re.compile(r"\S*YYYYMMDD_HHMMSS\S*")
_BUILDS_ON_OTHERS = re.compile(r"YYYYMMDD_HHMMSS|baseline|profiles/|plugins")


def choose_commands() -> dict[str, list[Command]]:
    """What to run of each page: each command once, on one page only unless the page builds on what it left behind."""
    chosen: dict[str, list[Command]] = {}
    seen: set[str] = set()
    for path in list_pages():
        page = str(path.relative_to(ROOT))
        commands = [one for one in find_commands(page, path.read_text(encoding="utf-8")) if one.notes.not_run is None]
        elsewhere = set() if any(_BUILDS_ON_OTHERS.search(one.text) for one in commands) else seen
        here = {one.text: one for one in reversed(commands) if one.text not in elsewhere}
        chosen[page] = sorted(here.values(), key=lambda one: one.line)
        seen |= set(here)
    return {page: commands for page, commands in chosen.items() if commands}


PAGES = choose_commands()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone at the last commit, so that pages may name its files, and no page sees another one's reports.

    No page is about how fast this machine is just now, so its objectives are patient.
    """
    folder = tmp_path / "checkout"
    subprocess.run(["git", "clone", "-q", "--shared", ROOT, folder], check=True, timeout=60)
    write_patient_objectives(folder)
    identity = ["-c", "user.name=someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, "commit", "-qa", "--amend", "--no-edit"], cwd=folder, check=True, timeout=60)
    return folder


def make_environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "COLUMNS": "100",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "PYTHONUNBUFFERED": "1",
    }


def name_files(text: str, folder: Path) -> str:
    """The text with stamps as in ``report_YYYYMMDD_HHMMSS.json`` for those of the newest file of that name."""

    def newest(match: re.Match[str]) -> str:
        files = sorted(folder.glob(match[0].replace("YYYYMMDD_HHMMSS", "????????_??????")))
        assert files, f"{text}: no command of the page before this one wrote {match[0]}"
        return str(files[-1].relative_to(folder))

    return _STAMPED.sub(newest, text)


@contextmanager
def started(text: str, folder: Path, *, stdout: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """The command in a shell and a process group of its own, of which nothing is left at the end."""
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", text],
        cwd=folder,
        env=make_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def run_to_its_end(text: str, folder: Path) -> tuple[int, str]:
    """Exit code and output."""
    with started(text, folder) as process:
        try:
            output, _ = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{text} took longer than {TIMEOUT_S} s")
        return process.returncode, output


def run_until(words: str, text: str, folder: Path) -> tuple[int, str]:
    """Exit code after SIGTERM, as a shell tells it, and what was printed until the words were there."""
    with started(text, folder) as process:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if words in line:
                break
        assert words in printed, f"{text} ended with {process.wait(30)}\n{printed}"
        code = stop(process)
        return (128 - code if code < 0 else code), printed


def stop(process: subprocess.Popen[str]) -> int:
    """Send SIGTERM to the whole group: the command, and the shell that a pipe may have left around it."""
    os.killpg(process.pid, signal.SIGTERM)
    return process.wait(30)


@contextmanager
def running_beside(notes: Notes, folder: Path) -> Iterator[Callable[[str], str]]:
    """While whatever belongs beside a block is up on a free port; gives what puts that port into a command."""
    if notes.beside is None:
        yield str
        return
    other, port = notes.beside
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = str(probe.getsockname()[1])

    def say_port(text: str) -> str:
        return re.sub(rf"\b{port}\b", free, text)

    with started(say_port(other), folder, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", int(free)), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, f"{other} ended with {process.returncode}"
                assert time.monotonic() < deadline, f"{other} does not answer"
                time.sleep(0.1)
        yield say_port
        stop(process)


def require_program(name: str, commands: Sequence[Command]) -> None:
    """Skip the page where it uses a program that this machine lacks."""
    if any(command.to_run.split()[0] == name for command in commands) and shutil.which(name) is None:
        pytest.skip(f"needs the system package {name}")


@pytest.mark.timeout(PAGE_TIMEOUT_S)
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_end_as_it_says(page, checkout):
    for _, block in groupby(PAGES[page], key=lambda command: command.block):
        commands = list(block)
        require_program("curl", commands)
        notes = commands[0].notes
        with running_beside(notes, checkout) as say_port:
            for command in commands:
                text = name_files(say_port(command.to_run), checkout)
                if notes.until is None:
                    code, output = run_to_its_end(text, checkout)
                else:
                    code, output = run_until(notes.until, text, checkout)
                assert code in notes.exits, f"{page}:{command.line}: {text} ended with {code}\n{output}"
