"""Opening a profile: cProfile's in snakeviz, any other's in speedscope."""

from __future__ import annotations

import pstats
import subprocess
import sys
import webbrowser
from pathlib import Path

from cabanas_perf.renderers.html.stack_profile import NoStacks, read_stacks
from cabanas_perf.renderers.html.viewers import load_speedscope
from cabanas_perf.runners.errors import RunError

_SPEEDSCOPE_SUFFIX = ".speedscope.json"


def is_speedscope(file: Path) -> bool:
    return file.name.endswith(_SPEEDSCOPE_SUFFIX)


def write_speedscope_page(file: Path) -> Path:
    """Write speedscope with the profile in it, one page that needs no network, beside the file; answers with its path.

    Raises:
        RunError: when the file is no profile.
    """
    try:
        text = file.read_text(encoding="utf-8")
        read_stacks(text)
    except FileNotFoundError:
        raise RunError(f"there is no file {file}", fix="look for *.speedscope.json in the folder profiles") from None
    except (OSError, UnicodeDecodeError, NoStacks) as error:
        fix = "give a .speedscope.json file that `cabanas-perf profile` wrote"
        raise RunError(f"{file} is not a profile ({error})", fix=fix) from error
    page = file.with_suffix(".html")
    page.write_text(load_speedscope().render_with(text), encoding="utf-8")
    return page


def open_page(page: Path) -> None:
    webbrowser.open(page.resolve().as_uri())


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
