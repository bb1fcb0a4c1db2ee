"""What the command tells its caller by its exit status."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum

from cabanas_perf.slo.verdict import Judgement, Verdict


class ExitCode(IntEnum):
    """The one list of exit codes. Where several apply: the interruption, then 2, 5, 4, 1, 3, 0."""

    MET = 0
    """All objectives in scope are met, and there was at least one."""
    MISSED = 1
    """An objective is missed."""
    USAGE = 2
    """The command line, a scenario or the SLO file is wrong; nothing was measured."""
    INCONCLUSIVE = 3
    """Nothing is missed, but not everything is proven: too few samples, no data, no objective, a partial
    report.
    """
    TARGET_NOT_REACHED = 4
    """The target never answered."""
    INTERNAL_ERROR = 5
    """An error in this tool."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C (SIGINT); the report is partial."""
    TERMINATED = 143
    """Stopped by SIGTERM; the report is partial."""

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.MET: "all objectives in scope are met",
    ExitCode.MISSED: "an objective is missed",
    ExitCode.USAGE: "wrong usage",
    ExitCode.INCONCLUSIVE: "not enough evidence to judge",
    ExitCode.TARGET_NOT_REACHED: "the target was never reached",
    ExitCode.INTERNAL_ERROR: "internal error",
    ExitCode.INTERRUPTED: "interrupted, the report is partial",
    ExitCode.TERMINATED: "terminated, the report is partial",
}


def exit_code_for(
    judgements: Collection[Judgement],
    *,
    complete: bool = True,
    interrupted_by: ExitCode | None = None,
    usage_error: bool = False,
    internal_error: bool = False,
    target_reached: bool = True,
    audit_passed: bool | None = True,
) -> ExitCode:
    """Exit code of a run. Zero only when the run is complete and at least one objective was in scope and
    all of them were met. `audit_passed` is None when an audit was due and could not be made.
    """
    verdicts = {judgement.verdict for judgement in judgements} - {Verdict.NOT_IN_SCOPE}
    if interrupted_by is not None:
        return interrupted_by
    by_precedence = {
        ExitCode.USAGE: usage_error,
        ExitCode.INTERNAL_ERROR: internal_error,
        ExitCode.TARGET_NOT_REACHED: not target_reached,
        ExitCode.MISSED: Verdict.MISSED in verdicts or audit_passed is False,
        ExitCode.INCONCLUSIVE: not complete or verdicts != {Verdict.MET} or audit_passed is None,
    }
    return next((code for code, applies in by_precedence.items() if applies), ExitCode.MET)
