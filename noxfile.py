"""The one door to every check: ``nox`` runs them all, ``nox -s tests -- -k hold`` some of the tests.

Sessions use the environment that nox was started from: `pip install -c constraints.txt -e '.[audio,dev]'` made it;
only ``base``, which has to do without the extra, makes one of its own.
"""

import shutil
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "arrows", "tests", "base"]

# The slow tests lie side by side: dealt out beforehand, one process would get nearly all of them.
IN_PARALLEL = ["-n", "2", "--dist", "worksteal", "-m", "not serial and not soak"]

# What the audio extra could break by its absence; the rest never comes near it.
BASE_TESTS = [
    "tests/unit",
    "tests/integration/api",
    "tests/integration/webhooks/test_voice_notes.py",
    "tests/e2e/test_audio_targets.py",
]


def tool(name: str) -> str:
    """The program of that name in our own environment, whatever PATH says."""
    return str(Path(sys.executable).with_name(name))


@nox.session
def lint(session: nox.Session) -> None:
    """Style and defects that ruff knows."""
    session.run(tool("ruff"), "check", ".")
    session.run(tool("ruff"), "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict, over both packages."""
    session.run(tool("mypy"), *session.posargs)


@nox.session
def arrows(session: nox.Session) -> None:
    """Which package may import which."""
    session.run(tool("lint-imports"))


@nox.session
def tests(session: nox.Session) -> None:
    """Every test that ends soon; arguments go to pytest instead of the usual two rounds."""
    if session.posargs:
        session.run(tool("pytest"), *session.posargs)
        return
    session.run(tool("pytest"), *IN_PARALLEL)
    # What measures time against a known truth has the machine for itself.
    session.run(tool("pytest"), "-m", "serial and not soak")


@nox.session(venv_backend="venv", reuse_venv=True)
def base(session: nox.Session) -> None:
    """The base install, without audio: everything else works, and what needs audio says what to install."""
    session.install("-c", "constraints.txt", "-e", ".[dev]")
    session.run("python", "-c", "from cabanas.audio import has_audio; assert not has_audio()")
    session.run("cabanas-perf", "profile", "nlu", "--requests", "300", "--output", session.create_tmp())
    paths = session.posargs or BASE_TESTS
    session.run("pytest", *IN_PARALLEL, *paths)


@nox.session
def resilience(session: nox.Session) -> None:
    """Crashes, losses and contention at length: dozens of kills, 200 rounds of 32 rivals."""
    session.run(tool("pytest"), "-m", "soak", "tests/integration/resilience", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """The pytest-benchmark suites."""
    session.run(tool("pytest"), "benchmarks", "--benchmark-only", "-o", "python_files=test_*.py", *session.posargs)


@nox.session
def rules(session: nox.Session) -> None:
    """How often the rules of comparisons and verdicts are wrong, into benchmarks/RULES.md; a quarter of an hour."""
    session.run(tool("python"), "benchmarks/rules.py", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True)
def peers(session: nox.Session) -> None:
    """Ours beside what one would use instead, in turns; writes benchmarks/RESULTS.md. `-- --quick`: does it work?"""
    session.install("-c", "constraints.txt", "-e", ".[audio]", "-r", "benchmarks/peers/requirements.txt")
    packages = Path(session.create_tmp()).resolve()
    if shutil.which("npm"):
        shutil.copy("benchmarks/peers/package.json", packages)
        quietly = ["--silent", "--no-audit", "--no-fund", "--no-package-lock"]
        session.run("npm", "install", *quietly, "--prefix", str(packages), external=True)
    session.run(
        "python", "-m", "benchmarks.peers", *session.posargs, env={"PEERS_NODE_MODULES": str(packages / "node_modules")}
    )
