"""The boundary of every verb: errors become a message that says what to do next, and the right exit code."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

P = ParamSpec("P")
T = TypeVar("T")

TRACE_VARIABLE = "CABANAS_PERF_TRACE"
_INTERNAL_ERROR = 5
_INTERRUPTED = 130


def guarded(verb: Callable[P, T]) -> Callable[P, T]:
    """Translate what a verb raises: foreseen errors to their exit codes, anything else to 5."""

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return verb(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except KeyboardInterrupt:
            raise typer.Exit(_INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read our output has gone; so that the interpreter's own flush does not complain either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(_INTERNAL_ERROR) from None
        except Exception as error:  # noqa: BLE001 - the last boundary
            raise typer.Exit(_explain(error)) from None

    return run


def _explain(error: Exception) -> int:
    # Imported here: a command that ends well does not need them.
    from pydantic import ValidationError  # noqa: PLC0415

    from cabanas_perf.report.files import ReportError  # noqa: PLC0415
    from cabanas_perf.runners.errors import RunError  # noqa: PLC0415
    from cabanas_perf.slo.errors import SloError  # noqa: PLC0415
    from cabanas_perf.slo.exit_codes import ExitCode  # noqa: PLC0415

    match error:
        case RunError():
            print_error(str(error), fix=error.fix)
            return error.exit_code
        case SloError() | ReportError():
            print_error(str(error))
            return ExitCode.USAGE
        case ValidationError() if error.title == "Settings":
            for problem in error.errors():
                name = "_".join(str(part) for part in problem["loc"]).upper()
                print_error(f"setting {name}: {problem['msg']}")
            return ExitCode.USAGE
    if os.environ.get(TRACE_VARIABLE):
        traceback.print_exception(error)
    print_error(
        f"internal error: {type(error).__name__}: {error}",
        fix=f"this is a defect of cabanas-perf; {TRACE_VARIABLE}=1 shows where, please report it",
    )
    return ExitCode.INTERNAL_ERROR


def print_error(message: str, *, fix: str = "") -> None:
    """One error on standard error, with its next step on a line of its own."""
    typer.echo(f"error: {message}", err=True)
    if fix:
        typer.echo(f"  try: {fix}", err=True)
