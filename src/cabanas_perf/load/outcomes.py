"""How a request ended, from what Locust says about it."""

from __future__ import annotations

from cabanas_perf.measurement.samples import Outcome

_FIRST_REFUSAL = 400


def classify(exception: BaseException | None, status: int) -> tuple[Outcome, str]:
    """Outcome and kind; `status` is 0 without an answer.

    An answer that is an error by its status and that the user class took for an answer is an expected refusal.
    """
    if exception is None:
        return (Outcome.REFUSED, f"http_{status}") if status >= _FIRST_REFUSAL else (Outcome.OK, "")
    if status >= _FIRST_REFUSAL:
        return Outcome.ERROR, f"http_{status}"
    if status:
        # The user class looked at the answer and did not like it.
        return Outcome.ERROR, "wrong_answer"
    cause = _innermost(exception)
    name = type(cause).__name__
    is_timeout = isinstance(cause, TimeoutError) or "timeout" in name.lower()
    return (Outcome.TIMEOUT if is_timeout else Outcome.ERROR), name


def _innermost(exception: BaseException) -> BaseException:
    """What clients wrap in errors of their own: Locust's fast client says that its retries, none, are exceeded."""
    cause: BaseException | None = exception
    while cause is not None:
        exception = cause
        cause = getattr(exception, "original", None) or exception.__cause__
    return exception
