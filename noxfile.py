"""The one door to every check: ``nox`` runs them all, ``nox -s tests -- -k hold`` some of the tests.

Sessions use the environment that nox was started from: `pip install -c constraints.txt -e '.[dev]'` made it.
"""

import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "arrows", "tests"]


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
    session.run(tool("pytest"), "-n", "2", "-m", "not serial and not soak")
    # What measures time against a known truth has the machine for itself.
    session.run(tool("pytest"), "-m", "serial and not soak")


@nox.session
def resilience(session: nox.Session) -> None:
    """Crashes, losses and contention at length: dozens of kills, 200 rounds of 32 rivals."""
    session.run(tool("pytest"), "-m", "soak", "tests/integration/resilience", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """The pytest-benchmark suites."""
    session.run(tool("pytest"), "benchmarks", "--benchmark-only", "-o", "python_files=test_*.py", *session.posargs)
