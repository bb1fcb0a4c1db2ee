"""What a runner cannot go on from, with the exit code that it deserves."""

from __future__ import annotations

from cabanas_perf.slo.exit_codes import ExitCode


class RunError(Exception):
    """Ends a command with a message that says what to do next; no stack trace."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, fix: str = "") -> None:
        self.fix = fix
        super().__init__(message)


class UnsafeTarget(RunError):
    """The run would write to, or load, something that is not ours."""


class TargetNotReached(RunError):
    """Nothing answered where the target should be."""

    exit_code = ExitCode.TARGET_NOT_REACHED
