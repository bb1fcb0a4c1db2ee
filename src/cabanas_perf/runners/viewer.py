"""Opening a profile in snakeviz."""

from __future__ import annotations

import pstats
import subprocess
import sys
from pathlib import Path

from cabanas_perf.runners.errors import RunError


def open_snakeviz(file: Path, *, server: bool = False, port: int | None = None) -> int:
    """Serve the profile until interrupted; answers with snakeviz' exit code.

    Raises:
        RunError: when the file is no profile.
    """
    check_profile(file)
    command = [sys.executable, "-m", "snakeviz", "--hostname", "127.0.0.1"]
    if server:
        command.append("--server")
    if port is not None:
        command += ["--port", str(port)]
    try:
        return subprocess.run([*command, str(file)], check=False).returncode  # noqa: S603 - our own interpreter
    except KeyboardInterrupt:
        return 0


def check_profile(file: Path) -> None:
    """Raise RunError unless pstats can read the file."""
    try:
        pstats.Stats(str(file))
    except FileNotFoundError:
        raise RunError(f"there is no file {file}", fix="look for *.prof in the folder profiles") from None
    except (OSError, ValueError, TypeError, EOFError, AttributeError) as error:
        fix = "give a .prof file that `cabanas-perf profile` wrote"
        raise RunError(f"{file} is not a profile ({type(error).__name__})", fix=fix) from error
